"""Inverse relations: the same facts told from the other end.

A graph whose edges all point one way has few long paths. With "X uses Y" also told as "Y is used by
X" a chain can turn round at an entity and go on. The phrase of an inverse is made from the phrase
of the relation by a few rules of English; whatever they do not cover is "linked from".

>>> inverse_phrase("uses"), inverse_phrase("is caused by"), inverse_phrase("is attributed to")
('is used by', 'has caused', 'has attributed to it')
>>> inverse_phrase("uses tool"), inverse_phrase("is capital of"), inverse_phrase("has as tactic")
('is used as tool by', 'has as capital', 'is a tactic of')
>>> inverse_phrase("may access"), inverse_phrase("is linked by embassy to")
('may be accessed by', 'is linked by embassy from')
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Final

from graphtutor.graph.records import Edge, GraphFile, Relation

__all__ = ["MAX_FAN_OUT", "inverse_phrase", "with_inverses"]

MAX_FAN_OUT: Final = 16.0

_PREPOSITION_WORDS: Final = """
about after against as at before by for from in into of off on onto over through to under via
with within
"""
_PREPOSITIONS: Final = frozenset(_PREPOSITION_WORDS.split())
_FIXED: Final = {"belongs to": "includes", "includes": "belongs to", "has": "belongs to"}
_LINKED: Final = re.compile(r"is linked by (.+) to$")
_MODAL: Final = re.compile(r"(can|may|does) (?!be\b)(\w+)( .+)?$")
_MODAL_COPULA: Final = re.compile(r"(can|may) be (.+)$")
_COPULA: Final = re.compile(r"(?:is|are|was|were) (.+)$")
_IRREGULAR_VERBS: Final = """
become:become begin:begun bind:bound break:broken bring:brought build:built buy:bought
catch:caught choose:chosen come:come control:controlled cut:cut deal:dealt defer:deferred
do:done draw:drawn drive:driven eat:eaten emit:emitted feed:fed fight:fought find:found
forget:forgotten get:got give:given go:gone grow:grown have:had hear:heard hide:hidden
hit:hit hold:held keep:kept know:known lead:led leave:left lend:lent lose:lost make:made
mean:meant meet:met omit:omitted overcome:overcome pay:paid permit:permitted
prefer:preferred put:put read:read refer:referred run:run say:said see:seen seek:sought
sell:sold send:sent set:set shut:shut speak:spoken spend:spent split:split spread:spread
stand:stood steal:stolen strike:struck submit:submitted take:taken teach:taught tell:told
think:thought throw:thrown transfer:transferred transmit:transmitted
understand:understood wear:worn win:won write:written
"""
_IRREGULAR: Final[dict[str, str]] = {
    base: participle for base, _, participle in (p.partition(":") for p in _IRREGULAR_VERBS.split())
}


def with_inverses(
    file: GraphFile, phrase_of: Callable[[Relation], str], max_fan_out: float = MAX_FAN_OUT
) -> tuple[GraphFile, dict[str, float]]:
    """Return ``file`` with the inverse of every relation and edge, and what was left out.

    A relation ``r`` gets ``r_inverse``, unless it is symmetric (the edges are then doubled under
    the same relation) or names its inverse already (that one is used). ``phrase_of`` tells how a
    relation reads. No two relations of the result read the same because of this.

    An inverse with more than ``max_fan_out`` targets per source is left out and returned by its
    relation's id with that number: nothing is determined behind it, and as a shortcut between
    everything and everything it would spoil the long chains.
    """
    known = {relation.id for relation in file.relations}
    taken = {phrase_of(relation) for relation in file.relations}
    pointed_at = {r.inverse: r.id for r in file.relations if r.inverse}
    fan_out = _inverse_fan_out(file)
    relations: list[Relation] = []
    inverse_of: dict[str, str] = {}
    left_out: dict[str, float] = {}
    for relation in file.relations:
        given = relation.inverse if relation.inverse in known else pointed_at.get(relation.id)
        if relation.symmetric or given:
            inverse_of[relation.id] = given or relation.id
            relations.append(relation.model_copy(update={"inverse": given}) if given else relation)
        elif fan_out.get(relation.id, 0.0) > max_fan_out:
            left_out[relation.id] = fan_out[relation.id]
            relations.append(relation)
        else:
            added = _inverse(relation, known, taken, phrase_of)
            inverse_of[relation.id] = added.id
            relations += [relation.model_copy(update={"inverse": added.id}), added]
    # A dict drops the statements that the file itself makes both ways.
    edges = {(e.src, e.rel, e.dst): e for e in file.edges}
    for edge in file.edges:
        if edge.rel in inverse_of:
            key = (edge.dst, inverse_of[edge.rel], edge.src)
            edges.setdefault(key, Edge(src=key[0], rel=key[1], dst=key[2]))
    changes = {
        "relations": tuple(sorted(relations, key=lambda relation: relation.id)),
        "edges": tuple(edges[key] for key in sorted(edges)),
    }
    return file.model_copy(update=changes), left_out


def _inverse_fan_out(file: GraphFile) -> dict[str, float]:
    """Return by relation how many sources an object has, on average."""
    edges = Counter(edge.rel for edge in file.edges)
    objects = Counter(rel for rel, _ in {(edge.rel, edge.dst) for edge in file.edges})
    return {rel: edges[rel] / objects[rel] for rel in edges}


def _inverse(
    relation: Relation, known: set[str], taken: set[str], phrase_of: Callable[[Relation], str]
) -> Relation:
    """Make the inverse of ``relation``; notes its id and phrase in ``known`` and ``taken``."""
    id = f"{relation.id}_inverse"
    while id in known:
        id += "_"
    forward = phrase_of(relation)
    linked = f"is linked by {relation.label} from"
    wanted = (inverse_phrase(forward), linked, f"is linked by {relation.id} from")
    phrase = next((text for text in wanted if text not in taken), wanted[-1])
    known.add(id)
    taken.add(phrase)
    return Relation(id=id, label=phrase, phrase=phrase, inverse=relation.id)


def inverse_phrase(phrase: str) -> str:
    """Return how "object ... subject" reads for a phrase that reads "subject ... object"."""
    if phrase in _FIXED:
        return _FIXED[phrase]
    if match := _LINKED.match(phrase):
        return f"is linked by {match[1]} from"
    if match := _MODAL_COPULA.match(phrase):
        turned = _turn_copula(match[2].split(), phrase)
        return re.sub("^has", f"{match[1]} have", turned)
    if match := _MODAL.match(phrase):
        auxiliary = "is" if match[1] == "does" else f"{match[1]} be"
        return f"{auxiliary} {_participle(match[2])}{match[3] or ''} by"
    if match := _COPULA.match(phrase):
        return _turn_copula(match[1].split(), phrase)
    words = phrase.split()
    if words[0] == "has" and len(words) > 1:
        noun = " ".join(words[2:] if words[1] == "as" and len(words) > 2 else words[1:])
        return f"is {'an' if noun[0].lower() in 'aeiou' else 'a'} {noun} of"
    verb = _base(words[0])
    if verb is None:
        return f"is linked by {phrase} from"
    rest = words[1:]
    if rest and not _PREPOSITIONS.issuperset(rest):
        rest = ["as", *rest] if rest[-1] not in _PREPOSITIONS else rest
    return " ".join(["is", _participle(verb), *rest, "by"])


def _turn_copula(words: list[str], phrase: str) -> str:
    """Turn "is <words>": caused by, located in, (a) capital of."""
    *middle, last = words
    if not middle or last not in _PREPOSITIONS:
        return f"is linked by {' '.join(words)} from"
    if last == "of" and not middle[0].endswith("ed"):
        noun = middle[1:] if middle[0] in ("a", "an", "the") and len(middle) > 1 else middle
        return " ".join(["has", "as", *noun])
    if last == "by":
        return " ".join(["has", *middle])
    if middle[-1].endswith("ed") or middle[-1] in _IRREGULAR.values():
        return " ".join(["has", *middle, last, "it"])
    return f"is linked by {' '.join(words)} from"


def _base(verb: str) -> str | None:
    """Return the base of a third-person verb ("uses": "use"), None for another form."""
    if verb in ("does", "goes"):
        return verb[:-2]
    if verb.endswith("ies") and len(verb) > 4:
        return f"{verb[:-3]}y"
    if verb.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return verb[:-2]
    return verb[:-1] if verb.endswith("s") and not verb.endswith(("ss", "us", "is")) else None


def _participle(base: str) -> str:
    if base in _IRREGULAR:
        return _IRREGULAR[base]
    if base.endswith("e"):
        return f"{base}d"
    if re.search(r"[^aeiou]y$", base):
        return f"{base[:-1]}ied"
    # One syllable that ends consonant, vowel, consonant doubles its last letter: stopped, mapped.
    if re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", base):
        return f"{base}{base[-1]}ed"
    return f"{base}ed"
