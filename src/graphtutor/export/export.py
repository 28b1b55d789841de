"""Write a phase's model for another program: merge, save, ask the same tasks again, describe.

Everything is made in a folder beside the wanted one, which is put in place by one rename when all
of it stands and the check has passed. What fails the check is thrown away.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from graphtutor.backends.base import Backend, TextModel
from graphtutor.config import ModelConfig, RunConfig
from graphtutor.errors import ModelError
from graphtutor.export.card import Card, card_text, public_name
from graphtutor.export.check import Comparison, answers, compare, refuse_different
from graphtutor.export.llama_cpp import LlamaCpp, can_run
from graphtutor.export.modelfile import MARK, modelfile, prompt_frame
from graphtutor.export.request import Request, checked
from graphtutor.io.atomic import write_text
from graphtutor.io.digest import digest_bytes, digest_file
from graphtutor.io.jsonl import read_jsonl
from graphtutor.models.gguf import write_gguf
from graphtutor.models.gguf_tensors import KINDS
from graphtutor.models.merge import Merged, merge, save_merged
from graphtutor.models.registry import resolve_model
from graphtutor.runs.audit import AuditRecord
from graphtutor.runs.meta import RunMeta
from graphtutor.runs.metrics import RunMetrics
from graphtutor.runs.record_file import RunRecord, read_record
from graphtutor.tasks.task import Task

__all__ = ["Engines", "Exported", "export_run"]

_SHIFT_PROMPTS: Final = 4
"""Prompts on which merging is measured."""


@dataclass(frozen=True, slots=True)
class Engines:
    """What answers the tasks: ``own`` the run's model, ``reader`` an exported folder.

    ``reader_name`` is how the card calls it. GGUF files are run by llama.cpp and need no reader.
    """

    own: Backend
    own_config: ModelConfig
    reader: Backend
    reader_config: ModelConfig
    reader_name: str


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and what was found on the way; ``unchecked`` says why ``check`` is None."""

    out: Path
    check: Comparison | None
    unchecked: str
    shift: float | None


@dataclass(frozen=True, slots=True)
class _Own:
    """What the run's own model says: completions, prompts as tokens, where it cuts an answer."""

    tasks: tuple[Task, ...]
    completions: tuple[str, ...]
    ids: Mapping[str, tuple[int, ...]]
    limit: int


@dataclass(frozen=True, slots=True)
class _Written:
    """The GGUF file's name, empty for a folder; whether it can only be given token ids."""

    name: str = ""
    ids_only: bool = False


def export_run(request: Request, engines: Engines, tell: Callable[[str], None]) -> Exported:
    """Export as ``request`` says; ``tell`` hears a line before each step that may take long.

    Raises ModelError, and leaves nothing behind, when the export does not answer as the run's own
    model does.
    """
    config = checked(request)
    own = _ask_own(request, config, engines, tell)
    trained = None if request.phase == "base" else request.run.model(request.phase)
    tell("merging in float32" if trained else "loading the base model in float32")
    texts = [task.prompt for task in own.tasks[:_SHIFT_PROMPTS]]
    merged = merge(config.model.name, trained, texts, config.model.revision)
    meta = _record(request.run.meta, RunMeta)
    _check_template(merged, meta)
    request.out.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=request.out.parent, prefix=f".{request.out.name}."))
    try:
        written = _write(request, config, merged, draft, tell)
        found, unchecked = _check(request, engines, own, merged, draft / written.name, tell)
        if found:
            refuse_different(
                found,
                exact=request.dtype == "fp32",
                tolerance=request.tolerance,
                ids_only=request.token_ids,
            )
        tell("writing the model card")
        card = _card(request, config, merged, meta, found, draft, written)
        text = card_text(replace(card, unchecked=unchecked))
        write_text(draft / "README.md", text)
        draft.chmod(0o777 & ~_umask())
        draft.rename(request.out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Exported(request.out, found, unchecked, merged.shift)


def _ask_own(
    request: Request, config: RunConfig, engines: Engines, tell: Callable[[str], None]
) -> _Own:
    """Ask the model as it was trained, base and adapter apart, and let go of it again."""
    limit = config.evaluation.max_new_tokens
    if not request.check:
        return _Own((), (), {}, limit)
    tasks = tuple(read_jsonl(request.run.tasks / "eval.jsonl", Task)[: request.check])
    adapter = None if request.phase == "base" else request.run.model(request.phase)
    tell(f"asking the run's own model {len(tasks)} tasks")
    model = engines.own.load(engines.own_config, adapter)
    completions = answers(model, tasks, limit)
    return _Own(
        tasks, tuple(completions), {task.prompt: _ids(model, task.prompt) for task in tasks}, limit
    )


def _ids(model: TextModel, prompt: str) -> tuple[int, ...]:
    example = model.encode(prompt, "")
    return tuple(t for t, trained in zip(example.tokens, example.mask, strict=True) if not trained)


def _check_template(merged: Merged, meta: RunMeta | None) -> None:
    """Refuse a template other than that of the run: a model asked otherwise answers otherwise."""
    known = meta.model.chat_template if meta else None
    got = digest_bytes(merged.template.encode())
    if known and known != got:
        raise ModelError(
            "chat template",
            wanted=f"that of the run, {known[:12]}",
            got=f"{got[:12]}: the base model's files have changed since",
            remedy="put back the tokenizer files that the run was trained with",
        )


def _write(
    request: Request, config: RunConfig, merged: Merged, draft: Path, tell: Callable[[str], None]
) -> _Written:
    """Write the model into ``draft``."""
    if request.target in ("hf", "mlx"):
        tell(f"writing the weights, {request.dtype}")
        save_merged(merged, draft, request.dtype, layout="mlx" if request.target == "mlx" else "pt")
        return _Written()
    ollama = request.target == "ollama"
    name = "model.gguf" if ollama else f"model-{KINDS[request.dtype].lower()}.gguf"
    whole = Path(tempfile.mkdtemp(dir=draft))
    try:
        tell("writing the weights, fp32")
        save_merged(merged, whole)
        tell(f"writing {name}")
        title = f"{public_name(config.model.name)} {request.run.run_id} {request.phase}"

        def on_tensor(done: int, total: int) -> None:
            if done % 50 == 0:
                tell(f"writing {name}: {done} of {total} tensors")

        vocabulary = write_gguf(whole, draft / name, request.dtype, name=title, on_tensor=on_tensor)
    finally:
        shutil.rmtree(whole, ignore_errors=True)
    if not (vocabulary.exact or request.token_ids):
        raise ModelError(
            f"--to {request.target}",
            wanted="a tokenizer that splits text as one of llama.cpp's does",
            got="one with a pattern of its own",
            remedy="export it with --to hf; --to gguf --token-ids writes a file for programs that "
            "send token ids",
        )
    if ollama:
        begin = merged.token_text(vocabulary.specials["bos"]) if vocabulary.begins else ""
        text = modelfile(
            name,
            prompt_frame(merged.rendered(MARK), begin=begin if merged.template else ""),
            [merged.token_text(end) for end in merged.ends],
            limit=config.evaluation.max_new_tokens,
            window=min(merged.window, 4096),
        )
        write_text(draft / "Modelfile", text)
    return _Written(name, not vocabulary.exact)


def _check(
    request: Request,
    engines: Engines,
    own: _Own,
    merged: Merged,
    written: Path,
    tell: Callable[[str], None],
) -> tuple[Comparison | None, str]:
    """Ask what was written the same tasks; return what was found, or why it was not asked."""
    if not own.tasks:
        return None, "as it was asked for" if not request.check else "there is no evaluation task"
    if request.target in ("hf", "mlx"):
        tell(f"asking the export {len(own.tasks)} tasks, by {engines.reader_name}")
        found = engines.reader_config.model_copy(update={"name": str(written), "revision": ""})
        completions = answers(engines.reader.load(found), own.tasks, own.limit)
        return compare(engines.reader_name, own.tasks, own.completions, completions), ""
    if not can_run():
        return None, "llama.cpp (the package xllamacpp) is not installed"
    tell(f"asking the export {len(own.tasks)} tasks, by llama.cpp")
    engine = LlamaCpp(
        written,
        lambda prompt: own.ids[prompt],
        merged.decoded,
        window=max(map(len, own.ids.values())) + own.limit,
        threads=engines.own_config.threads,
    )
    plain = not merged.template
    others = sum(
        tuple(engine.token_ids(merged.rendered(prompt), add_special=plain)) != ids
        for prompt, ids in own.ids.items()
    )
    completions = answers(engine, own.tasks, own.limit)
    return compare("llama.cpp", own.tasks, own.completions, completions, others), ""


def _card(
    request: Request,
    config: RunConfig,
    merged: Merged,
    meta: RunMeta | None,
    found: Comparison | None,
    draft: Path,
    written: _Written,
) -> Card:
    name = config.model.name
    weights = [path for path in sorted(draft.iterdir()) if path.suffix in (".safetensors", ".gguf")]
    return Card(
        target=request.target,
        base=public_name(name),
        hub=name != "nano" and resolve_model(name) == name and not Path(name).exists(),
        run_id=request.run.run_id,
        phase=request.phase,
        dtype=request.dtype,
        config=config,
        meta=meta,
        metrics=_record(request.run.metrics, RunMetrics),
        audit=_record(request.run.audit, AuditRecord),
        check=found,
        unchecked="",
        shift=merged.shift,
        license=merged.license,
        template=digest_bytes(merged.template.encode()) if merged.template else "",
        files={path.name: digest_file(path) for path in weights},
        main_file=written.name,
        ids_only=written.ids_only or bool(found and found.read_otherwise),
    )


_Record = TypeVar("_Record", bound=RunRecord)


def _record(path: Path, record: type[_Record]) -> _Record | None:
    return read_record(path, record) if path.is_file() else None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
