"""Takes the pictures of docs/web: python -m tests.web.browser.screenshots ADDRESS RUN OUT."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.web.browser.conftest import FLAGS, chromium

WIDE, TALL, PHONE = (1920, 1080), (1080, 1920), (390, 844)
DRAWING = "[data-testid=subgraph] svg"


def pictures(run: str) -> dict[str, tuple[tuple[int, int], str, str]]:
    """Size, address and what to wait for, by name."""
    answer = f"#/inference?run={run}&phase=sft&ex=eval_000005"
    return {
        "runs": (WIDE, f"#/runs?run={run}", "[data-testid=run-figures]"),
        "inference": (WIDE, answer, DRAWING),
        "inference-dark": (WIDE, f"?theme=dark{answer}", DRAWING),
        "compare": (WIDE, f"{answer}&mode=compare", "[data-testid=compare] .reward"),
        "training": (WIDE, f"#/training?run={run}", "[data-testid=loss-plot] svg"),
        "candidates": (WIDE, f"#/training?run={run}&part=pool", "[data-testid=sample]"),
        "distribution": (WIDE, f"#/distribution?run={run}", "[data-testid=rotation]"),
        "audit": (WIDE, f"#/audit?run={run}", "[data-testid=audit-verdict]"),
        "recording": (WIDE, f"?clean=1{answer}", DRAWING),
        "recording-vertical": (TALL, f"?clean=1&theme=dark{answer}", DRAWING),
        "phone-recording": (PHONE, f"?clean=1{answer}", DRAWING),
        "phone-runs": (PHONE, f"#/runs?run={run}", "[data-testid=run-figures]"),
        "phone-inference": (PHONE, answer, DRAWING),
    }


def take(address: str, run: str, out: Path) -> None:
    """Take every picture into ``out``."""
    from playwright.sync_api import sync_playwright

    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        for name, ((width, height), where, ready) in pictures(run).items():
            page = browser.new_page(
                viewport={"width": width, "height": height}, reduced_motion="reduce"
            )
            page.goto(address + where)
            page.wait_for_selector(ready)
            page.wait_for_timeout(500)
            page.screenshot(path=out / f"{name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    take(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
