"""The YAML files of an lm-evaluation-harness export: three variants, one task per hop length each.

``letter``   log-likelihood of the letter right after the prompt and ``ANSWER:``, without a trace:
             what the model says when it may not reason.
``name``     log-likelihood of the option's name after the bare question: what it would say without
             letters and format; ``acc_norm`` divides by the name's length.
``generate`` the completion in full, read with the strict pattern; exact match of the letter, and
             groundedness where graphtutor is installed.

Files are written as text, not dumped: ``!function`` is lm-eval's own tag.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from graphtutor.harness.pattern import STRICT_ANSWER

__all__ = ["VARIANTS", "yaml_files"]

_LETTER: Final = """\
output_type: multiple_choice
doc_to_text: letter_context
doc_to_choice: letters
doc_to_target: gold
target_delimiter: " "
metric_list:
  - {metric: acc, aggregation: mean, higher_is_better: true}
"""
_NAME: Final = """\
output_type: multiple_choice
doc_to_text: name_context
doc_to_choice: names
doc_to_target: gold
target_delimiter: " "
metric_list:
  - {metric: acc, aggregation: mean, higher_is_better: true}
  - {metric: acc_norm, aggregation: mean, higher_is_better: true}
"""
_GENERATE: Final = f"""\
output_type: generate_until
doc_to_text: prompt
doc_to_target: letter
generation_kwargs:
  until: []
  do_sample: false
  max_gen_toks: 160
filter_list:
  - name: strict
    filter:
      - function: regex
        regex_pattern: '{STRICT_ANSWER}'
        fallback: "[invalid]"
      - function: take_first
  - name: graph
    filter:
      - function: custom
        filter_fn: !function lm_eval_tasks.judge
      - function: take_first
process_results: !function lm_eval_tasks.score
metric_list:
  - {{metric: exact_match, aggregation: mean, higher_is_better: true}}
  - {{metric: format, aggregation: mean, higher_is_better: true}}
  - {{metric: grounded, aggregation: mean, higher_is_better: true}}
"""
VARIANTS: Final[Mapping[str, tuple[str, tuple[tuple[str, str], ...]]]] = {
    "letter": (_LETTER, (("acc", "none"),)),
    "name": (_NAME, (("acc", "none"), ("acc_norm", "none"))),
    "generate": (
        _GENERATE,
        (("exact_match", "strict"), ("format", "strict"), ("grounded", "graph")),
    ),
}
"""Variant to the settings of its tasks, and its figures as (metric, filter)."""


def yaml_files(name: str, hops: Sequence[int]) -> Iterator[tuple[str, str]]:
    """Yield (file name, text) of every task and of the group of each variant."""
    for variant, (settings, figures) in VARIANTS.items():
        group = f"{name}_{variant}"
        members = [f"{group}_{length}hop" for length in hops]
        for member, length in zip(members, hops, strict=True):
            yield f"{member}.yaml", _task(member, length, settings)
        yield f"{group}.yaml", _group(group, members, figures)


def _task(task: str, length: int, settings: str) -> str:
    return (
        f"task: {task}\n"
        "custom_dataset: !function lm_eval_tasks.load\n"
        f"dataset_kwargs: {{hops: {length}}}\n"
        "test_split: test\n"
        f"num_fewshot: 0\n{settings}"
        "metadata: {version: 1.0}\n"
    )


def _group(group: str, members: Sequence[str], figures: Sequence[tuple[str, str]]) -> str:
    lines = [f"group: {group}", "task:", *(f"  - {member}" for member in members)]
    lines.append("aggregate_metric_list:")
    lines += [
        f"  - {{metric: {metric}, filter_list: [{filter_name}], weight_by_size: true}}"
        for metric, filter_name in figures
    ]
    return "\n".join([*lines, "metadata: {version: 1.0}", ""])
