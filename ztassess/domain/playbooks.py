"""Owns the values of a playbook: a consultant's preset, wording, weights and branding, and how they are stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ztassess.domain.weighting import Weights

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Part(StrEnum):
    """What a playbook may hold; each part is applied or left by itself."""

    PRESET = "preset"
    WORDING = "wording"
    WEIGHTS = "weights"
    BRANDING = "branding"

    @property
    def words(self) -> str:
        """As people read it."""
        return {
            Part.PRESET: "Plan preset",
            Part.WORDING: "Wording",
            Part.WEIGHTS: "Weights",
            Part.BRANDING: "Report branding",
        }[self]

    @property
    def effect(self) -> str:
        """What applying it does, in one sentence."""
        return {
            Part.PRESET: "Fills in the form that starts a sprint. A sprint that runs stays as it is.",
            Part.WORDING: "Stands beside the controls, in the plan and at the beginning of reports.",
            Part.WEIGHTS: "Changes every number from that day on. Earlier numbers stay, and are not compared.",
            Part.BRANDING: "Puts name, logo, color and footer on reports that are made from then on.",
        }[self]


@dataclass(frozen=True, slots=True)
class Preset:
    """How a sprint is planned.

    Attributes:
        days: working days; None leaves the product's ten.
        weekdays: on which is worked, 0 is Monday; empty leaves Monday to Friday.
        hours: a day of each person; None leaves the product's three.
        first: controls to take in first where prerequisites leave a choice, and to keep where not everything fits.
        later: controls to leave for later, unless another one of the plan needs them.
    """

    days: int | None = None
    weekdays: tuple[int, ...] = ()
    hours: float | None = None
    first: tuple[str, ...] = ()
    later: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Preset()


@dataclass(frozen=True, slots=True)
class Wording:
    """What the consultant says: an opening paragraph for reports, and notes by control id."""

    opening: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.opening or self.notes)


@dataclass(frozen=True, slots=True)
class Brand:
    """How reports look. ``logo`` is the SHA-256 of a picture that is kept beside, in hexadecimal; empty for none."""

    name: str = ""
    accent: str = ""
    footer: str = ""
    logo: str = ""

    def __bool__(self) -> bool:
        return self != Brand()


@dataclass(frozen=True, slots=True)
class Payload:
    """One version of a playbook; each part may be empty."""

    preset: Preset = field(default_factory=Preset)
    wording: Wording = field(default_factory=Wording)
    weights: Weights = field(default_factory=Weights)
    branding: Brand = field(default_factory=Brand)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Those that say something."""
        return tuple(part for part in Part if getattr(self, part.value))

    def only(self, parts: Collection[Part]) -> Payload:
        """With these parts alone."""
        return Payload(**{part.value: getattr(self, part.value) for part in Part if part in parts})


def payload_json(payload: Payload) -> dict[str, Any]:
    """A payload as it is stored, without empty parts and values; the same value gives the same text."""
    preset, wording, weights, brand = payload.preset, payload.wording, payload.weights, payload.branding
    told: dict[str, dict[str, Any]] = {
        Part.PRESET: {
            "days": preset.days,
            "weekdays": [WEEKDAYS[day] for day in preset.weekdays],
            "hours": preset.hours,
            "first": list(preset.first),
            "later": list(preset.later),
        },
        Part.WORDING: {"opening": wording.opening, "notes": dict(wording.notes)},
        Part.WEIGHTS: {"controls": dict(weights.controls), "stages": dict(weights.stages)},
        Part.BRANDING: {"name": brand.name, "accent": brand.accent, "footer": brand.footer, "logo": brand.logo},
    }
    filled = {str(part): {name: value for name, value in values.items() if value} for part, values in told.items()}
    return {part: values for part, values in filled.items() if values}


def payload_from(stored: Mapping[str, Any]) -> Payload:
    """What `payload_json` stored. It was read with every check then, so it is taken as it is."""
    preset, wording = stored.get(Part.PRESET, {}), stored.get(Part.WORDING, {})
    weights, brand = stored.get(Part.WEIGHTS, {}), stored.get(Part.BRANDING, {})
    return Payload(
        Preset(
            preset.get("days"),
            tuple(WEEKDAYS.index(day) for day in preset.get("weekdays", ())),
            preset.get("hours"),
            tuple(preset.get("first", ())),
            tuple(preset.get("later", ())),
        ),
        Wording(wording.get("opening", ""), wording.get("notes", {})),
        Weights(weights.get("controls", {}), weights.get("stages", {})),
        Brand(*(brand.get(name, "") for name in ("name", "accent", "footer", "logo"))),
    )


@dataclass(frozen=True, slots=True)
class Advice:
    """What the playbook that is applied to an organization brings to its pages.

    Attributes:
        firm, playbook: names as they were when it was applied.
        number: the version of the playbook.
        payload: the parts that were applied.
    """

    firm: str
    playbook: str
    number: int
    payload: Payload

    @property
    def words(self) -> str:
        """Whose weights the numbers are made with, for a line beside them."""
        return f"weighted by {self.firm}’s playbook, version {self.number}"

    @property
    def has_order(self) -> bool:
        """True if it says what to take in first or to leave for later."""
        return bool(self.payload.preset.first or self.payload.preset.later)
