"""Owns how a playbook is told: what each part changes beside the catalog, and what differs between two versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ztassess.domain.controls import Catalog
from ztassess.domain.input_words import listed
from ztassess.domain.playbooks import WEEKDAYS, Part, Payload

NOTHING = ""
DAY_NAMES = {day: day.title() for day in WEEKDAYS}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a part says: about what, what, and what holds without it (empty where nothing does)."""

    part: Part
    about: str
    says: str
    usual: str = NOTHING


@dataclass(frozen=True, slots=True)
class Differs:
    """One thing that two versions say differently; empty means not said."""

    about: str
    before: str
    after: str


def told(payload: Payload, catalog: Catalog) -> tuple[Line, ...]:
    """Everything a playbook says, part by part, in the catalog's order.

    Parameters:
        catalog: the catalog with its own weights.
    """
    titles = {each.id: each.title for each in catalog.controls}
    return (*_preset(payload, titles), *_wording(payload, titles), *_weights(payload, catalog), *_branding(payload))


def _ordered(given: Mapping[str, object], titles: Mapping[str, str]) -> list[str]:
    """Ids in the catalog's order; those it does not know any more at the end."""
    return [name for name in titles if name in given] + [name for name in given if name not in titles]


def _preset(payload: Payload, titles: Mapping[str, str]) -> list[Line]:
    preset, lines = payload.preset, []
    if preset.days:
        lines.append(Line(Part.PRESET, "Working days of a sprint", str(preset.days), "10"))
    if preset.weekdays:
        days = listed(DAY_NAMES[WEEKDAYS[day]] for day in preset.weekdays)
        lines.append(Line(Part.PRESET, "Days that are worked on", days, "Mon to Fri"))
    if preset.hours:
        lines.append(Line(Part.PRESET, "Hours a day of each person", f"{preset.hours:g}", "3"))
    lines += [Line(Part.PRESET, titles.get(name, name), "taken in first") for name in preset.first]
    return lines + [Line(Part.PRESET, titles.get(name, name), "left for later") for name in preset.later]


def _wording(payload: Payload, titles: Mapping[str, str]) -> list[Line]:
    opening, notes = payload.wording.opening, payload.wording.notes
    lines = [Line(Part.WORDING, "Opening of reports", opening)] if opening else []
    return lines + [Line(Part.WORDING, titles.get(name, name), notes[name]) for name in _ordered(notes, titles)]


def _weights(payload: Payload, catalog: Catalog) -> list[Line]:
    weights = payload.weights
    lines = [
        Line(
            Part.WEIGHTS,
            f"Stage {stage.title}",
            f"{weights.stages.get(stage.id, 0)} of 100",
            f"{stage.weight_80_20} of 100",
        )
        for stage in catalog.stages
        if weights.stages and weights.stages.get(stage.id, 0) != stage.weight_80_20
    ]
    known = {each.id: each for each in catalog.controls}
    for name in _ordered(weights.controls, {name: each.title for name, each in known.items()}):
        usual = f"{known[name].weight} of 5" if name in known else "not in the catalog any more"
        title = known[name].title if name in known else name
        lines.append(Line(Part.WEIGHTS, title, f"{weights.controls[name]} of 5", usual))
    return lines


def _branding(payload: Payload) -> list[Line]:
    brand = payload.branding
    said = (("Name", brand.name), ("Accent color", brand.accent), ("Footer", brand.footer))
    lines = [Line(Part.BRANDING, about, says) for about, says in said if says]
    return [*lines, Line(Part.BRANDING, "Logo", f"a picture ({brand.logo[:8]})")] if brand.logo else lines


def differences(before: Payload, after: Payload, catalog: Catalog) -> tuple[Differs, ...]:
    """What another version says differently, in the order of the newer one; what fell away stands at the end."""
    old, new = (_by_place(payload, catalog) for payload in (before, after))
    places = dict.fromkeys([*new, *old])
    return tuple(
        Differs(f"{part.words}: {about}", old.get((part, about), NOTHING), new.get((part, about), NOTHING))
        for part, about in places
        if old.get((part, about)) != new.get((part, about))
    )


def _by_place(payload: Payload, catalog: Catalog) -> dict[tuple[Part, str], str]:
    return {(line.part, line.about): line.says for line in told(payload, catalog)}
