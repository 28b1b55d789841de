"""The README.md of an export: what is in the folder, what is scored, the commands that run it."""

from __future__ import annotations

from typing import Final

from graphtutor.harness.manifest import Kind, Manifest

__all__ = ["readme"]

_LM_EVAL: Final = """\
    pip install "lm-eval[hf]"
    lm_eval run --model hf --model_args pretrained=MODEL --include_path . --tasks {name}_generate

Run it in this folder. Three groups, to be named after `--tasks`, each with one task per hop length:

- `{name}_generate`:
  the completion, read with the strict pattern (`exact_match,strict`, `format,strict`){grounded}.
- `{name}_letter`:
  log-likelihood of the letter right after the prompt and `ANSWER:`, without a trace (`acc`; the
  four letters have one length, so `acc_norm` would say the same).
- `{name}_name`:
  log-likelihood of the option's name after the bare question (`acc`, `acc_norm`).

Log-likelihoods need a model that gives them; chat APIs do not. Generation stops at the end token or
after 160 tokens. Standard errors are lm-eval's: they take tasks to be independent, which tasks with
the same start are not.
"""
_INSPECT: Final = """\
    pip install inspect-ai torch transformers accelerate
    inspect eval inspect_task.py --model hf/local -M model_path=MODEL -M do_sample=false

The prompt is sent as a user's message. To a model without a chat template the provider `hf` would
write `user: ` before it. To leave it as it is, add

    -M 'chat_template="{{{{ messages[0].content }}}}"'

Each sample is scored by `letter`, `format`{grounded}.
Means come with standard errors clustered by start entity. inspect-ai wants other versions of fsspec
and python-dateutil than graphtutor's tested set has: an environment of its own serves best.
"""
_GYM: Final = """\
    pip install 'graphtutor[harness]'
    python -c "import gym_data, reasoning_gym as r; print(r.create_dataset(gym_data.NAME)[0])"

Run it in this folder. `create_dataset(NAME, seed=1, size=500)` deals out the tasks of the file;
`source="graph"` makes new ones from the graph, with `hops=(2, 3)` of other lengths than the file's.
None of them repeats a question, or a start with its answer, of the {held_out} held-out questions in
held_out.jsonl.

`score_answer` takes the whole completion, trace and letter: 1 for a grounded answer, 0 for a wrong
letter or a broken format, between for a right letter without its chain.
"""
_VERIFIERS: Final = """\
    pip install .
    vf-eval {package} -n 10 --model MODEL \\
        --client.base-url http://HOST:PORT/v1 --no-push

verifiers 0.4 (`verifiers.v1`). Without `--no-push`, vf-eval uploads its traces to its maker's
platform, if it is logged in there. The reward `chain` is the share of the best total under
grounded-1.0, between 0 and 1; `letter`, `format` and `grounded` are metrics beside it. The package
brings its own harness (one request, no tools), so no sandbox is needed.
"""
_TRL: Final = """\
    pip install 'graphtutor[harness]'
    python trl_grpo.py MODEL OUT

`prompts.jsonl` has plain prompts, `prompts_chat.jsonl` conversational ones (`--chat`); the column
`id` tells `graphtutor.harness.trl.TaskReward` which task a row is. The reward is the total under
grounded-1.0, {worst:g} (no valid format) to {best:g} (grounded).
"""
_COMMANDS: Final[dict[Kind, str]] = {
    "lm-eval": _LM_EVAL,
    "inspect": _INSPECT,
    "reasoning-gym": _GYM,
    "verifiers": _VERIFIERS,
    "trl": _TRL,
}


def readme(manifest: Manifest, package: str, held_out: int) -> str:
    """Render README.md; ``package`` is the verifiers package, ``held_out`` counts questions."""
    reward = manifest.reward.grounded
    with_graph = manifest.graph is not None
    grounded = {
        "lm-eval": "; `grounded,graph` where graphtutor is installed",
        "inspect": ", and `grounded` where graphtutor is installed",
    }
    commands = _COMMANDS[manifest.kind].format(
        name=manifest.name,
        package=package,
        held_out=held_out,
        grounded=grounded.get(manifest.kind, "") if with_graph else "",
        worst=reward.invalid_format,
        best=reward.weight_correctness * reward.correct
        + reward.weight_path * min(1.0, reward.max_path_reward),
    )
    hops = ", ".join(str(length) for length in manifest.hops)
    graph = f"graph {manifest.domain} ({manifest.graph[:12]})" if manifest.graph else "no graph"
    warning = (
        "" if _trainable(manifest) else "\nThese are evaluation tasks: do not train on them.\n"
    )
    return (
        f"# {manifest.name}\n\n"
        f"{manifest.tasks} tasks of {hops} hops, split {manifest.split}, {graph}.\n"
        f"Exported for {manifest.kind} by graphtutor {manifest.graphtutor}.\n"
        f"{warning}\n{commands}"
    )


def _trainable(manifest: Manifest) -> bool:
    return all(part.startswith("train") for part in manifest.split.split("+"))
