"""What is saved from the page: the frame as JSON after its schema, figures as SVG and PNG."""

from __future__ import annotations

import json
import struct
from base64 import b64encode
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from tests.web.browser.conftest import Open, state
from tests.web.browser.runs import RUN

from graphtutor.web.frame_schema import frame_schema

pytestmark = pytest.mark.browser

DRAWING = "[data-testid=subgraph] svg"
SVG = "{http://www.w3.org/2000/svg}"

FIGURES = {
    "graph": (f"#/inference?run={RUN}&phase=rsft", DRAWING, "graph"),
    "accuracy": (f"#/training?run={RUN}", "[data-testid=accuracy-plot] .point", "accuracy-panel"),
    "loss": (f"#/training?run={RUN}", "[data-testid=loss-plot] .series", "loss-panel"),
    "by-hop": (f"#/distribution?run={RUN}", "[data-testid=by-hop-right] .point", "by-hop"),
    "matrix": (f"#/distribution?run={RUN}", ".matrix-cell", "matrix-panel"),
}


def saved(page: Any, panel: str, name: str) -> bytes:
    """Press the button and return the file."""
    with page.expect_download() as told:
        page.click(f"[data-testid={panel}] button:has-text('{name}')")
    assert told.value.suggested_filename.endswith(f".{name.lower()}")
    return told.value.path().read_bytes()


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_figure_is_saved_as_svg_and_as_png_twice_its_size(
    visit: Open, figure: str, theme: str
) -> None:
    where, ready, panel = FIGURES[figure]
    page = visit(f"?theme={theme}{where}", ready=ready)
    texts = page.locator(f"[data-testid={panel}] svg[data-export] text").all_text_contents()
    text = saved(page, panel, "SVG").decode()
    drawing = ElementTree.fromstring(text)
    assert drawing.tag == f"{SVG}svg"
    assert [one.text for one in drawing.iter(f"{SVG}text")] == texts
    assert len(texts) > 4
    # It needs nothing of the page: no names of colours, no styles, nothing from elsewhere.
    assert "var(" not in text
    assert "class=" not in text
    assert "href" not in text
    data = saved(page, panel, "PNG")
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    size = [float(drawing.get(side, "0")) for side in ("width", "height")]
    assert (width, height) == (round(2 * size[0]), round(2 * size[1]))
    colours = page.evaluate(
        """async (data) => {
          const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
          const image = await createImageBitmap(new Blob([bytes]));
          const canvas = new OffscreenCanvas(image.width, image.height);
          const context = canvas.getContext('2d');
          context.drawImage(image, 0, 0);
          const seen = new Set(new Uint32Array(
            context.getImageData(0, 0, image.width, image.height).data.buffer));
          return seen.size;
        }""",
        b64encode(data).decode(),
    )
    assert colours > 20, "the picture shows something"


def test_the_frame_is_saved_as_its_schema_says(visit: Open) -> None:
    schema = frame_schema()
    judge = jsonschema.Draft202012Validator(schema)
    jsonschema.Draft202012Validator.check_schema(schema)
    for run, phase in ((RUN, "base"), (RUN, "sft"), (RUN, "rsft"), ("hostile", "rsft")):
        page = visit(f"#/inference?run={run}&phase={phase}", ready=DRAWING)
        for _ in range(4):
            told = json.loads(saved(page, "graph", "JSON"))
            judge.validate(told)
            frame, layout = told["frame"], told["layout"]
            assert {"version": told["version"], "frame": frame, "layout": layout} == {
                name: state(page)[name] for name in ("version", "frame", "layout")
            }
            boxes = {one["id"]: one["box"] for one in layout["nodes"]}
            assert set(boxes) == {one["id"] for one in frame["graph"]["nodes"]}
            assert all(box["w"] > 0 and box["h"] > 0 for box in boxes.values())
            assert len(layout["edges"]) == len(frame["graph"]["edges"])
            assert any(one["label"] for one in layout["edges"])
            page.keyboard.press("ArrowRight")
            page.wait_for_function(
                "(at) => window.__state().frame?.i === at && window.__state().layout",
                arg=frame["i"] + 1,
            )
    told["layout"]["nodes"][0]["box"]["w"] = "wide"
    assert list(judge.iter_errors(told)), "the schema refuses what is wrong"


def test_the_server_publishes_the_same_schema(visit: Open) -> None:
    page = visit()
    told = page.evaluate("fetch('api/frame.schema.json').then((r) => r.json())")
    assert told == frame_schema()
