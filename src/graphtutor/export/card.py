"""The model card: what the model is, how good it is and what says so, and how it is used.

Everything in it is taken from records: meta.json, metrics.json, audit.json, and what the export has
measured itself. A model is named by its hub id or by its folder's own name; no path of the machine
that made it stands in the card.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from graphtutor.config import RunConfig
from graphtutor.export.check import Comparison
from graphtutor.report.audit_page import verdict
from graphtutor.report.figures import ABSENT, phase_label, rate
from graphtutor.runs.audit import AuditRecord
from graphtutor.runs.meta import RunMeta
from graphtutor.runs.metrics import PhaseMetrics, RunMetrics

__all__ = ["Card", "card_text", "public_name"]

_HUB_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_LIBRARIES: Final = {"hf": "transformers", "mlx": "mlx", "gguf": "gguf", "ollama": "gguf"}


@dataclass(frozen=True, slots=True)
class Card:
    """What a card tells. None, or an empty text, stands for what is not known.

    ``base`` names the base model, ``hub`` says that a hub knows it under that name.
    ``files`` are digests (SHA-256) by file name; ``main_file`` is the GGUF file, where there is
    one. ``template`` is the digest of the chat template. ``unchecked`` says why there is no
    ``check``.
    """

    target: str
    base: str
    hub: bool
    run_id: str
    phase: str
    dtype: str
    config: RunConfig
    meta: RunMeta | None
    metrics: RunMetrics | None
    audit: AuditRecord | None
    check: Comparison | None
    unchecked: str
    shift: float | None
    license: str
    template: str
    files: Mapping[str, str]
    main_file: str = ""
    ids_only: bool = False


def public_name(name: str) -> str:
    """Return a model's or a graph's name without the folders of this machine.

    >>> public_name("HuggingFaceTB/SmolLM-135M-Instruct"), public_name("/home/me/models/mine/")
    ('HuggingFaceTB/SmolLM-135M-Instruct', 'mine')
    """
    return name if _HUB_ID.fullmatch(name) else PurePath(name.replace("\\", "/")).name


def card_text(card: Card) -> str:
    """Return README.md."""
    parts = (_front(card), _about(card), _figures(card), _checks(card), _use(card), _origin(card))
    return "\n".join(line for part in parts for line in part)


def _front(card: Card) -> Iterator[str]:
    yield "---"
    if card.hub:
        yield f"base_model: {card.base}"
    if card.license:
        yield f"license: {card.license}"
    yield f"library_name: {_LIBRARIES[card.target]}"
    yield "pipeline_tag: text-generation"
    yield "tags: [graphtutor, knowledge-graph, multi-hop]"
    yield "---"
    yield ""


def _about(card: Card) -> Iterator[str]:
    config, training = card.config, card.config.sft
    yield f"# {card.base} after {phase_label(card.phase)} ({card.run_id})"
    yield ""
    yield (
        "Answers multiple-choice questions about chains of a knowledge graph, without the graph: "
        "a trace of single facts, then one letter. Trained and evaluated with graphtutor."
    )
    yield ""
    how = (
        "all weights"
        if training.method == "full"
        else (f"LoRA, r {training.lora_r}, alpha {training.lora_alpha}, merged in float32")
    )
    rows = [
        ("base model", card.base),
        ("licence of the base model", card.license or "see the base model"),
        ("run, phase, seed", f"{card.run_id}, {phase_label(card.phase)}, {config.seed}"),
        ("trained", "nothing: the base model" if card.phase == "base" else how),
        ("weights here", card.dtype),
    ]
    if card.meta and card.meta.graph:
        graph = card.meta.graph
        rows.append(("graph", f"{public_name(graph.name)}, {graph.edges} edges"))
    yield from _table(("", ""), rows)


def _figures(card: Card) -> Iterator[str]:
    yield "## Figures"
    yield ""
    phases = card.metrics.phases if card.metrics else None
    if phases is None or card.phase not in phases:
        yield "This phase has not been evaluated."
        yield ""
        return
    upto = list(phases)[: list(phases).index(card.phase) + 1]
    shown = [name for name in upto if name in ("base", "sft", card.phase)]
    yield (
        "On the evaluation questions of the run, none of whose chains was trained on; 95 % "
        "intervals in brackets. Right: the letter. Grounded: the letter, and a trace of true "
        "statements that form the chain asked for."
    )
    yield ""
    header = ("phase", "n", "right", "grounded", "in format")
    yield from _table(header, [_row(name, phases[name]) for name in shown])


def _row(name: str, found: PhaseMetrics) -> tuple[str, ...]:
    ends = found.intervals
    return (
        phase_label(name),
        str(found.n) if found.n is not None else ABSENT,
        rate(found.accuracy, ends.get("accuracy")),
        rate(found.grounded_accuracy, ends.get("grounded_accuracy")),
        rate(found.format_rate, ends.get("format_rate")),
    )


def _checks(card: Card) -> Iterator[str]:
    yield "## Checks"
    yield ""
    told = verdict(card.audit) if card.audit else "The data has not been audited."
    yield f"- Audit of the data: {told}"
    if card.shift is not None:
        yield f"- Merging moved no logit by more than {card.shift:.1e}."
    yield f"- Export: {card.check}." if card.check else f"- Export: not run, {card.unchecked}."
    if card.ids_only:
        yield (
            "- **Give this file token ids, not text.** llama.cpp splits text otherwise than the "
            "tokenizer that the model was trained with."
        )
    if card.target == "ollama":
        yield "- The Modelfile was written by rule; Ollama itself has not been run on it."
    yield ""


def _use(card: Card) -> Iterator[str]:
    yield "## Use"
    yield ""
    limit = card.config.evaluation.max_new_tokens
    chat = card.template != ""
    asked = "tok.apply_chat_template([{'role': 'user', 'content': prompt}], "
    if card.target == "hf":
        ids = (
            f"{asked}add_generation_prompt=True, return_dict=True, return_tensors='pt')"
            if chat
            else "tok(prompt, return_tensors='pt')"
        )
        code = [
            "from transformers import AutoModelForCausalLM, AutoTokenizer",
            "tok, model = (k.from_pretrained('.') for k in (AutoTokenizer, AutoModelForCausalLM))",
            f"print(tok.decode(model.generate(**{ids}, max_new_tokens={limit})[0]))",
        ]
        yield from _code("python", code)
    elif card.target == "mlx":
        text = f"{asked}add_generation_prompt=True)" if chat else "prompt"
        code = [
            "from mlx_lm import generate, load",
            "model, tok = load('.')",
            f"print(generate(model, tok, {text}, max_tokens={limit}))",
        ]
        yield from _code("python", code)
    elif card.target == "gguf":
        flags = f"-n {limit} --temp 0 --repeat-penalty 1"
        mode = "--single-turn" if chat else "-no-cnv"
        code = [
            f'llama-cli -m {card.main_file} -p "$PROMPT" {flags} {mode}',
            "# or as an OpenAI-compatible server:",
            f"llama-server -m {card.main_file}",
        ]
        yield from _code("sh", code)
    else:
        name = re.sub(r"[^a-z0-9._-]", "-", card.run_id.lower())
        code = [f"ollama create {name} -f Modelfile", f'ollama run {name} "$PROMPT"']
        yield from _code("sh", code)
    yield "A prompt is the `prompt` of a task, word for word; `graphtutor harness` exports them."
    yield ""


def _origin(card: Card) -> Iterator[str]:
    yield "## Digests"
    yield ""
    rows = [(f"`{name}`, here", digest) for name, digest in card.files.items()]
    if card.meta:
        trained = {name for phase in card.meta.phases.values() for name in phase.trained}
        data = {n: d for phase in card.meta.phases.values() for n, d in phase.files.items()}
        for name, digest in data.items():
            role = "trained on" if name in trained else "evaluated on"
            rows.append((f"`{name}`, {role}", digest))
        if card.meta.graph:
            rows.append(("the graph's content", card.meta.graph.digest))
        if card.meta.model.weights:
            rows.append(("the base model's weights", card.meta.model.weights))
    rows.append(("chat template", card.template or "none: prompts are plain text"))
    yield from _table(("what", "SHA-256"), rows)


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def _code(language: str, lines: list[str]) -> Iterator[str]:
    yield f"```{language}"
    yield from lines
    yield "```"
    yield ""
