"""Owns reading a playbook that somebody wrote, in a form or a file: values, or one sentence for each problem."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ztassess.domain.branding import accent_problem
from ztassess.domain.controls import GATE_CONTROLS, Catalog, Stage
from ztassess.domain.input_words import kind_of, listed, shown, suggestion
from ztassess.domain.lines import one_line
from ztassess.domain.playbooks import WEEKDAYS, Brand, Part, Payload, Preset, Wording
from ztassess.domain.weighting import LEAST, MOST, STAGE_SUM, Weights, differing

FORMAT = 1
TOP = ("playbook", "name", *(str(part) for part in Part))
MOST_DAYS, MOST_HOURS = 60, 16
NAME_LENGTH, NOTE_LENGTH, OPENING_LENGTH = 80, 600, 2000
BRAND_LENGTHS = {"name": 80, "footer": 120}
SHOWN_PROBLEMS = 20

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one place. ``line`` counts from 1; 0 where the input has no lines."""

    path: Path
    sentence: str
    line: int = 0

    def __str__(self) -> str:
        return f"Line {self.line}: {self.sentence}" if self.line else self.sentence


class PlaybookWrong(ValueError):
    """The input is no playbook. ``problems`` has each one, in the order of the lines; nothing of it is taken."""

    retryable = False

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda each: each.line))
        super().__init__(" ".join(str(each) for each in self.problems))

    @property
    def sentences(self) -> tuple[str, ...]:
        """The first twenty, and one that counts the rest."""
        more = len(self.problems) - SHOWN_PROBLEMS
        told = tuple(str(each) for each in self.problems[:SHOWN_PROBLEMS])
        return (*told, f"There are {more} more problems.") if more > 0 else told


@dataclass(frozen=True, slots=True)
class Written:
    """A playbook as it was written. ``logo`` is the text of a picture that came with it, unread; empty for none."""

    name: str
    payload: Payload
    logo: str = ""


def read_playbook(data: object, catalog: Catalog, lines: Mapping[Path, int] | None = None) -> Written:
    """Turn a loaded document into a playbook.

    Parameters:
        data: ``{playbook: 1, name, preset: {days, weekdays, hours, first, later}, wording: {opening, notes},
            weights: {controls, stages}, branding: {name, accent, footer, logo}}``; everything but the name may be
            missing.
        catalog: the catalog with its own weights.
        lines: where each place of the document stands, for the sentences.

    Raises:
        PlaybookWrong: with every problem found.
    """
    reader = _Reader(catalog, lines or {})
    written = reader.read(data)
    if reader.problems or written is None:
        raise PlaybookWrong(reader.problems)
    return written


@dataclass(slots=True)
class _Reader:
    """Collects problems while it reads, so that a person sees all of them at once."""

    catalog: Catalog
    lines: Mapping[Path, int]
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, path: Path, sentence: str) -> None:
        line = next((self.lines[path[:end]] for end in range(len(path), -1, -1) if path[:end] in self.lines), 0)
        self.problems.append(Problem(path, sentence, line))

    def read(self, data: object) -> Written | None:
        if not isinstance(data, Mapping):
            self.wrong((), f"A playbook holds {listed(TOP)} with their values, not {kind_of(data)}.")
            return None
        top = self.keys(data, (), TOP)
        if top.get("playbook", FORMAT) != FORMAT:
            self.wrong(("playbook",), f"The number of the format is {FORMAT}, not {shown(top['playbook'])}.")
        name = one_line(self.text(top, (), "name", NAME_LENGTH))
        if not name and "name" not in {path[0] for path in (each.path for each in self.problems) if path}:
            self.wrong(("name",), "A playbook needs a name.")
        brand = self.section(top, Part.BRANDING, ("name", "accent", "footer", "logo"))
        payload = Payload(self.preset(top), self.wording(top), self.weights(top), self.brand(brand))
        logo = brand.get("logo") or ""
        if not isinstance(logo, str):
            self.wrong((Part.BRANDING, "logo"), f"logo is the picture as base64 text, not {kind_of(logo)}.")
            logo = ""
        return Written(name, payload, logo)

    def keys(self, data: Mapping[Any, Any], path: Path, known: Iterable[str]) -> dict[str, Any]:
        """The known names with their values; a problem for each other one."""
        names = tuple(known)
        for key in data:
            if key not in names:
                self.wrong((*path, key), f"{shown(key)} is not known here{suggestion(key, names)}.")
        return {name: data[name] for name in names if name in data}

    def section(self, top: Mapping[str, Any], part: Part, known: Iterable[str]) -> dict[str, Any]:
        return self.keys(self.mapping(top, (), part), (str(part),), known)

    def mapping(self, data: Mapping[str, Any], path: Path, name: str) -> Mapping[Any, Any]:
        value = data.get(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.wrong((*path, str(name)), f"{name} holds names with values, not {kind_of(value)}.")
            return {}
        return value

    def text(self, data: Mapping[str, Any], path: Path, name: str, most: int) -> str:
        value = data.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.wrong((*path, name), f"{name} is text, not {shown(value)}; put it in quotation marks.")
            return ""
        return self.short((*path, name), f"{name}", value, most)

    def short(self, path: Path, what: str, value: str, most: int) -> str:
        text = value.replace("\r\n", "\n").replace("\0", "").strip()
        if len(text) > most:
            self.wrong(path, f"{what} has {len(text)} characters, and at most {most} are kept.")
        return text

    def number(self, path: Path, what: str, value: object, least: float, most: float) -> Any:
        """The number, None where it is none within the range."""
        whole = isinstance(least, int)
        fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        if not fits or not least <= value <= most:  # type: ignore[operator]  # fits says it is a number
            kind = "a whole number" if whole else "a number"
            self.wrong(path, f"{what} is {kind} from {least:g} to {most:g}, not {shown(value)}.")
            return None
        return value

    def control(self, path: Path, name: object) -> str | None:
        """The id, None where the catalog has no such control."""
        ids = {each.id for each in self.catalog.controls}
        if not isinstance(name, str) or name not in ids:
            self.wrong(path, f"There is no control {shown(name)}{suggestion(name, ids)}.")
            return None
        return name

    def preset(self, top: Mapping[str, Any]) -> Preset:
        data = self.section(top, Part.PRESET, ("days", "weekdays", "hours", "first", "later"))
        at = str(Part.PRESET)
        days, hours = data.get("days"), data.get("hours")
        if days is not None:
            days = self.number((at, "days"), "days", days, 1, MOST_DAYS)
        if hours is not None:
            hours = self.number((at, "hours"), "hours", hours, 0.5, MOST_HOURS)
        first, later = (self.controls(data, at, name) for name in ("first", "later"))
        for name in later:
            if name in first:
                self.wrong((at, "later"), f"{name} cannot be taken in first and left for later; choose one.")
        return Preset(days, self.weekdays(data), hours, first, later)

    def weekdays(self, data: Mapping[str, Any]) -> tuple[int, ...]:
        given, path = data.get("weekdays") or (), (str(Part.PRESET), "weekdays")
        if not isinstance(given, (list, tuple)):
            self.wrong(path, f"weekdays is a list such as [mon, tue, wed], not {shown(given)}.")
            return ()
        for place, day in enumerate(given):
            if day not in WEEKDAYS:
                self.wrong((*path, place), f"{shown(day)} is no weekday; they are {listed(WEEKDAYS)}.")
        return tuple(sorted({WEEKDAYS.index(day) for day in given if day in WEEKDAYS}))

    def controls(self, data: Mapping[str, Any], at: str, name: str) -> tuple[str, ...]:
        given, path = data.get(name) or (), (at, name)
        if not isinstance(given, (list, tuple)):
            self.wrong(path, f"{name} is a list of controls, not {shown(given)}.")
            return ()
        core = {each.id for each in self.catalog.controls if each.in_80_20}
        found: list[str] = []
        for place, each in enumerate(given):
            known = self.control((*path, place), each)
            if known is not None and known not in core:
                self.wrong((*path, place), f"{known} is not in the 80/20, so it is in no sprint to begin with.")
            elif known is not None and known not in found:
                found.append(known)
        return tuple(found)

    def wording(self, top: Mapping[str, Any]) -> Wording:
        data, at = self.section(top, Part.WORDING, ("opening", "notes")), str(Part.WORDING)
        notes: dict[str, str] = {}
        for key, value in self.mapping(data, (at,), "notes").items():
            path = (at, "notes", key)
            name = self.control(path, key)
            if name is None:
                continue
            if not isinstance(value, str):
                self.wrong(path, f"The note of {name} is text, not {shown(value)}.")
            elif text := self.short(path, f"The note of {name}", value, NOTE_LENGTH):
                notes[name] = text
        return Wording(self.text(data, (at,), "opening", OPENING_LENGTH), notes)

    def weights(self, top: Mapping[str, Any]) -> Weights:
        data, at = self.section(top, Part.WEIGHTS, ("controls", "stages")), str(Part.WEIGHTS)
        usual = {each.id: each.weight for each in self.catalog.controls}
        controls: dict[str, int] = {}
        for key, value in self.mapping(data, (at,), "controls").items():
            path = (at, "controls", key)
            name = self.control(path, key)
            weight = self.number(path, f"The weight of {name}", value, LEAST, MOST) if name else None
            if name in GATE_CONTROLS and weight not in (None, usual[name]):
                self.wrong(path, f"{name} is part of the identity gate, and its weight stays {usual[name]}.")
            elif name and weight is not None:
                controls[name] = weight
        return differing(Weights(controls, self.stages(self.mapping(data, (at,), "stages"))), self.catalog)

    def stages(self, given: Mapping[Any, Any]) -> dict[str, int]:
        known = {stage.id: stage for stage in self.catalog.stages}
        path, found, before = (str(Part.WEIGHTS), "stages"), {}, len(self.problems)
        for key, value in given.items():
            stage = known.get(key) if isinstance(key, str) else None
            if stage is None:
                self.wrong((*path, key), f"There is no stage {shown(key)}{suggestion(key, known)}.")
                continue
            weight = self.number((*path, key), f"The weight of {stage.id}", value, 0, STAGE_SUM)
            if weight and (why := _stays_zero(stage, self.catalog)):
                self.wrong((*path, key), f"{stage.title} {why}, so its weight stays 0.")
            elif weight is not None:
                found[stage.id] = weight
        if not found or len(self.problems) > before:
            return {}
        whole = {stage.id: found.get(stage.id, stage.weight_80_20) for stage in self.catalog.stages}
        if sum(whole.values()) != STAGE_SUM:
            added = " + ".join(str(weight) for weight in whole.values() if weight)
            self.wrong(
                path, f"The weights of the stages add up to {STAGE_SUM}; these are {added} = {sum(whole.values())}."
            )
            return {}
        return whole

    def brand(self, data: Mapping[str, Any]) -> Brand:
        at = str(Part.BRANDING)
        name, footer = (one_line(self.text(data, (at,), each, BRAND_LENGTHS[each])) for each in ("name", "footer"))
        accent = self.text(data, (at,), "accent", BRAND_LENGTHS["name"])
        if accent and (problem := accent_problem(accent)):
            self.wrong((at, "accent"), problem)
        return Brand(name, accent.lower(), footer)


def _stays_zero(stage: Stage, catalog: Catalog) -> str:
    """Why a stage can have no weight in the 80/20; empty if it can."""
    if stage.is_track:
        return "is a track, and tracks never enter the 80/20"
    if not any(each.in_80_20 for each in catalog.of_stage(stage.id)):
        return "has no control in the 80/20"
    return ""
