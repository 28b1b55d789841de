"""The starter blueprint: a small domain that passes the gate, with what belongs where."""

from __future__ import annotations

from typing import Final

__all__ = ["TEMPLATE"]

TEMPLATE: Final = """\
# A blueprint: one domain, taken apart. The bread below is an example; put your own domain in its
# place. After every change: graphtutor blueprint check THIS_FILE

# Lower-case letters, digits and hyphens.
domain: bread
title: Bread baking

# How a topic is taken apart: first-principles is built in. A YAML file of your own may stand here.
framework: first-principles

# The system message: how the discipline answers.
style: "You answer in bread baking. Terse and technical: name what holds, say why, then compress."

# The core topics in order. Evolution 1 stands alone; each further one builds on those below it.
# Numbered from 1 without gaps, at least two evolutions, each with at least two subtopics. A
# subtopic stands only once, and every subtopic needs a topic.
hierarchy:
  - evolution: 1
    title: Dough
    builds: "Flour, water, salt and time: what happens before anything is hot."
    subtopics: [Gluten, Fermentation]
  - evolution: 2
    title: Oven
    builds: "Sets the risen dough for good: what heat does to gas, starch and surface."
    subtopics: [Rise, Crust]

# A topic has an id and a title of its own and belongs to a subtopic of its evolution. It has one to
# four strands, and each strand has every level of the framework, once. For first-principles:
#   final        the principle's name, at most 6 words; the title must not give it away
#   explanatory  what holds and why, in one sentence of 12 to 40 words
#   core         the same in 2 to 5 words of its own; all strands' cores make the short form, which
#                may have a third of the words of the explanations
# Plain text only: no Markdown, no links. Quote a text that holds a colon or a number sign.
topics:
  - id: kneading
    title: why dough is worked
    evolution: 1
    subtopic: Gluten
    strands:
      - final: Network formation
        explanatory: >-
          Wetted flour proteins link into long elastic strands when they are moved past each
          other, because motion brings bonding sites together.
        core: Motion knits protein
      - final: Oxidation
        explanatory: >-
          Air that is beaten into the dough strengthens it up to a point, because oxygen lets
          neighbouring protein chains form sulfur bridges.
        core: Air tightens bonds

  - id: salt
    title: salt in dough
    evolution: 1
    subtopic: Gluten
    strands:
      - final: Charge screening
        explanatory: >-
          Dissolved salt makes dough firmer and less sticky, because its ions shield the
          charges by which protein chains would repel each other.
        core: Ions calm repulsion

  - id: leavening
    title: how yeast raises bread
    evolution: 1
    subtopic: Fermentation
    strands:
      - final: Gas production
        explanatory: >-
          Yeast turns sugars into carbon dioxide and alcohol, because without enough oxygen it
          gains its energy by splitting sugar only in part.
        core: Sugar becomes gas
      - final: Temperature dependence
        explanatory: >-
          Dough rises faster when it is warm and stops when it is hot, because enzymes speed
          up with heat until they lose their shape.
        core: "Warmer, faster, then dead"
      - final: Gas retention
        explanatory: >-
          Bubbles grow and do not escape while the dough can stretch, because a closed film of
          protein holds in what the yeast gives off.
        core: Skins keep bubbles

  - id: oven-spring
    title: the jump in the first minutes of baking
    evolution: 2
    subtopic: Rise
    strands:
      - final: Thermal expansion
        explanatory: >-
          A loaf swells quickly in the oven, because heat expands the trapped gas, drives
          carbon dioxide out of the water and makes steam.
        core: Heat inflates bubbles
      - final: Setting
        explanatory: >-
          The loaf stops growing and keeps its shape, because starch swells and stiffens and
          protein firms before the gas has leaked away.
        core: Walls harden in time

  - id: browning
    title: the colour of the crust
    evolution: 2
    subtopic: Crust
    strands:
      - final: Maillard reaction
        explanatory: >-
          A dry hot surface turns brown and aromatic, because sugars and amino acids react
          fast there, which water at its boiling point prevents.
        core: Dry heat browns
"""
