"""One episode as the app reads it: every field may be missing, none may be wrong.

Reads the records of this program and those of the seed's format, which lack the right letter, the
options and the claims. What can be told from the rest (options from the prompt, a right answer from
the sign of its reward) is; what cannot be is None.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from graphtutor.runs.episodes import Verdict
from graphtutor.tasks.task import LETTERS
from graphtutor.web.values import flag, integer, mapping, number, records, text, texts
from graphtutor.web.values import texts_by_name as named

__all__ = [
    "HopView",
    "LogEpisode",
    "RewardView",
    "asked_in",
    "oddities",
    "read_episode",
    "read_hops",
    "read_reward",
]

_OPTION: Final = re.compile(r"([A-D])\)\s*(.*)")
_VERDICTS: Final[Mapping[str, Verdict]] = {verdict: verdict for verdict in get_args(Verdict)}


@dataclass(frozen=True, slots=True)
class HopView:
    """One claimed triple by ids, None for what is missing, with the graph's verdict."""

    source: str | None
    relation: str | None
    target: str | None
    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True)
class RewardView:
    """A recorded reward: its components, penalties positive; None where not recorded."""

    correctness: float | None
    path_coverage: float | None
    path_reward: float | None
    spam_penalty: float | None
    false_edge_penalty: float | None
    format_penalty: float | None
    total: float | None


@dataclass(frozen=True, slots=True)
class LogEpisode:
    """One line of episodes.jsonl. ``hops`` None means not recorded, empty that nothing is claimed.

    ``options`` and ``answer_star`` are read from the prompt and the reward where the line has none.
    """

    phase: str
    ex_id: str
    split: str
    question: str
    options: Mapping[str, str]
    answer: str | None
    answer_star: str | None
    valid: bool
    right: bool
    grounded: bool | None
    cut: bool | None
    completion: str
    trace: str
    trace_entities: tuple[str, ...]
    path: tuple[str, ...]
    relations: tuple[str, ...]
    hops: tuple[HopView, ...] | None
    hop_len: int | None
    tier: int | None
    tokens: int | None
    reward: RewardView | None
    grounded_total: float | None
    probe: str | None

    @property
    def total(self) -> float | None:
        """The recorded total reward."""
        return self.reward.total if self.reward else None


def read_episode(line: Mapping[str, Any]) -> LogEpisode | str:
    """Read one line, or say why it is no episode."""
    phase, ex_id = text(line.get("phase")), text(line.get("ex_id"))
    if not phase or not ex_id:
        missing = "phase" if not phase else "ex_id"
        return f"wanted the field {missing} with text in it"
    parsed = mapping(line.get("parsed"))
    reward = read_reward(line.get("reward"))
    question, asked = asked_in(text(line.get("prompt")) or "")
    options = _letters(named(line.get("options"))) or asked
    letter = text(parsed.get("answer"))
    answer = letter if letter in LETTERS else None
    # Without the parser's word a letter counts as an answer.
    valid = flag(parsed.get("valid_format"))
    valid = answer is not None if valid is None else valid
    path = texts(parsed.get("path_entities"))
    star = text(line.get("answer_star"))
    if star not in LETTERS:
        star = _right_letter(options, path, answer if valid else None, reward)
    relations = texts(line.get("relations"))
    recorded = integer(line.get("hop_len"))
    return LogEpisode(
        phase=phase,
        ex_id=ex_id,
        split=text(line.get("split")) or "eval",
        question=question,
        options=options,
        answer=answer if valid else None,
        answer_star=star,
        valid=valid,
        right=_right(valid, answer, star, reward),
        grounded=flag(line.get("grounded")),
        cut=flag(line.get("cut")),
        completion=text(line.get("completion")) or "",
        trace=text(parsed.get("trace_text")) or "",
        trace_entities=texts(parsed.get("trace_entities")),
        path=path,
        relations=relations,
        hops=read_hops(line["hops"]) if isinstance(line.get("hops"), list) else None,
        hop_len=_small(len(path) - 1 if recorded is None and len(path) > 1 else recorded),
        tier=_small(integer(line.get("tier"))),
        tokens=_small(integer(line.get("tokens"))),
        reward=reward,
        grounded_total=number(line.get("grounded_reward")),
        probe=text(line.get("probe")),
    )


def read_reward(value: object) -> RewardView | None:
    """Read the components of a reward; None where there is none."""
    found = mapping(value)
    if not found:
        return None
    return RewardView(
        correctness=number(found.get("correctness")),
        path_coverage=number(found.get("path_coverage")),
        path_reward=number(found.get("path_reward")),
        spam_penalty=number(found.get("spam_penalty")),
        false_edge_penalty=number(found.get("false_edge_penalty")),
        format_penalty=number(found.get("format_penalty")),
        total=number(found.get("total")),
    )


def read_hops(value: object) -> tuple[HopView, ...]:
    """Read recorded claims; one whose verdict is not known is left out."""
    return tuple(hop for hop in map(_hop, records(value)) if hop is not None)


def asked_in(prompt: str) -> tuple[str, dict[str, str]]:
    r"""Return question and options as they stand in a prompt.

    >>> asked_in("Rules.\n\nQuestion: Which?\nA) Rain\nB) Wind\n")
    ('Which?', {'A': 'Rain', 'B': 'Wind'})
    """
    _, found, rest = prompt.rpartition("Question: ")
    lines = (rest if found else prompt).splitlines()
    options: dict[str, str] = {}
    question: list[str] = []
    for line in lines:
        option = _OPTION.fullmatch(line.strip())
        if option:
            options.setdefault(option[1], option[2].strip())
        elif not options:
            question.append(line)
    return "\n".join(question).strip(), options


def oddities(line: Mapping[str, Any]) -> Iterator[str]:
    """Say which figures of a line cannot be shown: NaN, infinity, text where a number is due."""
    if not isinstance(line.get("reward"), dict):
        yield "no reward is recorded"
    for name, value in mapping(line.get("reward")).items():
        if isinstance(value, float) and not math.isfinite(value):
            yield f"reward.{name} is {value}: shown as absent"
        elif value is not None and number(value) is None:
            yield f"reward.{name} is no number: shown as absent"


def _hop(hop: Mapping[str, Any]) -> HopView | None:
    verdict = _VERDICTS.get(str(hop.get("verdict")))
    if verdict is None:
        return None
    return HopView(
        source=text(hop.get("source")),
        relation=text(hop.get("relation")),
        target=text(hop.get("target")),
        verdict=verdict,
        text=text(hop.get("text")) or "",
    )


def _letters(options: Mapping[str, str]) -> dict[str, str]:
    return {letter: options[letter] for letter in LETTERS if letter in options}


def _right(valid: bool, answer: str | None, star: str | None, reward: RewardView | None) -> bool:
    if not valid or answer is None:
        return False
    if star is not None:
        return answer == star
    return bool(reward and reward.correctness is not None and reward.correctness > 0)


def _right_letter(
    options: Mapping[str, str],
    path: tuple[str, ...],
    answer: str | None,
    reward: RewardView | None,
) -> str | None:
    """Tell the right letter of a record that lacks it: a rewarded answer, or the path's end."""
    paid = reward.correctness if reward else None
    if answer and paid is not None and paid > 0:
        return answer
    ends = [letter for letter, name in options.items() if path and name == path[-1]]
    punished = paid is not None and answer in ends
    return ends[0] if len(ends) == 1 and not punished else None


def _small(value: int | None) -> int | None:
    """Return a count as a column holds it; what is beyond is none."""
    return value if value is not None and 0 <= value < 2**31 else None
