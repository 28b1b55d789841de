"""Pictures: whole XML, every text in its box, no box on another, nothing in a text that acts."""

from __future__ import annotations

from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest

from graphtutor.blueprint.diagram import draw_hierarchy, draw_topic, text_width, visible, wrapped
from graphtutor.blueprint.domain import Domain, Evolution, Topic
from graphtutor.blueprint.framework import Framework, Level
from graphtutor.blueprint.load import domain_names, load_domain, load_framework

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert(\"1\")</script> & 'x' ]]> \x1b[31mred\x00 \u202eback "
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
PLAIN = Framework(
    framework="plain",
    title="Plain",
    levels=(Level(id="claim", label="Claim"), Level(id="proof", label="Proof")),
)


def checked(svg: str) -> list[str]:
    """Return the texts of a picture, having looked where each of them stands."""
    root = ElementTree.fromstring(svg)
    view = tuple(map(float, root.attrib["viewBox"].split()))
    texts, boxes = list[str](), list[tuple[float, float, float, float]]()
    for group in root.iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        assert rect is not None
        x, y, width, height = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
        boxes.append((x, y, x + width, y + height))
        end = y
        for text in group.iter(f"{SVG}text"):
            words, size = text.text or "", float(text.attrib["font-size"])
            left, base = float(text.attrib["x"]), float(text.attrib["y"])
            # Ascenders take at most a size above the baseline, descenders a third below it.
            assert end <= base - size + 0.01, words
            end = base + size * 0.3
            assert end <= y + height, words
            wide = text_width(words, size, text.get("font-weight") == "bold")
            assert x <= left, words
            assert left + wide <= x + width, words
            texts.append(words)
    assert len(texts) == len(list(root.iter(f"{SVG}text")))
    for a, b in combinations(boxes, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] + 0.01 or b[3] <= a[1] + 0.01, (a, b)
    for a in boxes:
        assert 0 <= a[0] <= a[2] <= view[2]
        assert 0 <= a[1] <= a[3] <= view[3]
    return texts


@pytest.mark.parametrize("name", domain_names())
def test_shipped_domains_and_topics_stay_in_their_boxes(name: str) -> None:
    domain = load_domain(name)
    shown = " ".join(checked(draw_hierarchy(domain)))
    for evolution in domain.hierarchy:
        for place, subtopic in enumerate(evolution.subtopics, 1):
            assert f"{evolution.evolution}.{place} {subtopic}" in shown
    framework = load_framework(domain.framework)
    for topic in domain.topics:
        shown = " ".join(checked(draw_topic(topic, framework)))
        for strand in topic.strands:
            assert all(text in shown for text in strand.values())
        assert shown.endswith(f"Principles Compression {framework.compressed(topic.strands)}")


def test_steps_rise_from_a_common_ground() -> None:
    root = ElementTree.fromstring(draw_hierarchy(load_domain("physics")))
    rects = [group.find(f"{SVG}rect") for group in root.iter(f"{SVG}g")][1:]
    spans = [
        (float(r.attrib["x"]), float(r.attrib["y"]), float(r.attrib["height"]))
        for r in rects
        if r is not None
    ]
    assert len(spans) == 4
    assert [x for x, _, _ in spans] == sorted(x for x, _, _ in spans)
    tops = [y for _, y, _ in spans]
    assert all(low - high >= 40 for low, high in pairwise(tops))
    assert len({round(y + height, 3) for _, y, height in spans}) == 1


def test_steps_are_no_higher_than_the_fullest_needs() -> None:
    few = Evolution(evolution=1, title="Low", builds="a", subtopics=("b", "c"))
    many = Evolution(evolution=2, title="High", builds="d", subtopics=tuple("efghijklm"))
    domain = load_domain("physics").model_copy(update={"hierarchy": (few, many)})
    svg = draw_hierarchy(domain)
    checked(svg)
    group = list(ElementTree.fromstring(svg).iter(f"{SVG}g"))[-1]
    rect = group.find(f"{SVG}rect")
    assert rect is not None
    last = float(group.findall(f"{SVG}text")[-1].attrib["y"])
    assert float(rect.attrib["y"]) + float(rect.attrib["height"]) - last < 25


def hostile(text: str) -> tuple[Domain, Topic]:
    evolutions = [
        Evolution(evolution=n, title=text, builds=text, subtopics=(f"{text}{n}", f"{n}{text}"))
        for n in (1, 2)
    ]
    topic = Topic(
        id="t",
        title=text,
        evolution=1,
        subtopic=f"{text}1",
        strands=tuple({"claim": text, "proof": text * n} for n in range(1, 5)),
    )
    domain = Domain(domain="d", title=text, style="s", hierarchy=tuple(evolutions), topics=(topic,))
    return domain, topic


@pytest.mark.parametrize("text", [HOSTILE, LONG * 3, "漢字" * 60, "WWWW " * 40, "مرحبا " * 30])
def test_text_of_any_kind_is_only_text(text: str) -> None:
    domain, topic = hostile(text)
    for svg in (draw_hierarchy(domain), draw_topic(topic, PLAIN)):
        assert visible(text).replace(" ", "") in "".join(checked(svg)).replace(" ", "")
        root = ElementTree.fromstring(svg)
        tags = {element.tag.removeprefix(SVG) for element in root.iter()}
        assert tags <= {"svg", "title", "style", "line", "g", "rect", "text"}
        assert root.attrib["aria-label"] == visible(text)
        assert not any(key.startswith("on") for element in root.iter() for key in element.attrib)
        assert "<script" not in svg
        assert not {"\x1b", "\x00", "\u202e"} & set(svg)


def test_a_framework_without_a_short_form_ends_with_its_levels() -> None:
    _, topic = hostile("a b")
    texts = checked(draw_topic(topic, PLAIN))
    assert texts.count("Claim") == texts.count("Proof") == 4
    assert texts[-2] == "Proof"


def test_colours_are_those_of_the_page() -> None:
    root = ElementTree.fromstring(draw_hierarchy(load_domain("physics")))
    paints = {element.attrib[key] for element in root.iter() for key in ("fill", "stroke")
              if key in element.attrib}  # fmt: skip
    assert paints == {"currentColor", "none"}
    style = root.find(f"{SVG}style")
    assert style is not None
    rules = (style.text or "").replace("{svg:root", "svg:root").split("svg:root")
    # Without :root a rule would colour the page that the picture stands in.
    assert rules[0] == ""
    assert (style.text or "").count("color:#") == (style.text or "").count("svg:root{color:#")


@pytest.mark.parametrize("width", [30, 90, 200])
def test_wrapping_loses_nothing_and_keeps_to_the_width(width: float) -> None:
    text = f"Force changes speed {LONG} and a bit"
    lines = wrapped(text, 13, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(0 < text_width(line, 13) <= width for line in lines)


def test_widths_follow_the_letters() -> None:
    assert text_width("iiii", 10) < text_width("aaaa", 10) < text_width("WWWW", 10)
    assert text_width("e\u0301", 10) == text_width("e", 10)
    assert text_width("漢", 10) >= 10
    assert text_width("abc", 10, bold=True) > text_width("abc", 10)
