"""Owns the values of the control catalog: stages, controls, levels, applicability, fixes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

GATE_CONTROLS = ("identity.single-idp", "identity.sso-coverage", "identity.offboarding")
TARGET_LEVEL = 2


class Level(IntEnum):
    """CISA's maturity names (Zero Trust Maturity Model 2.0)."""

    TRADITIONAL = 0
    INITIAL = 1
    ADVANCED = 2
    OPTIMAL = 3


@dataclass(frozen=True, slots=True)
class Stage:
    """An ordered step of the path, or a track that runs alongside.

    Attributes:
        id: for example ``identity``.
        title: short name for people.
        order: 1 to 5 for stages, 0 for tracks.
        attaches_to: ids of the stages a track belongs beside; empty for a stage.
        overall_weight: points of the overall number.
        weight_80_20: points of the 80/20; 0 where it does not enter.
        summary: what it is, one sentence.
        story: what the attacker does without it, three sentences.
    """

    id: str
    title: str
    order: int
    attaches_to: tuple[str, ...]
    overall_weight: int
    weight_80_20: int
    summary: str
    story: str

    @property
    def is_track(self) -> bool:
        return self.order == 0


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of a fact: ``fact op value``, op one of ``== != >= <= > < in contains``."""

    fact: str
    op: str
    value: object


@dataclass(frozen=True, slots=True)
class Signal:
    """A vendor signal that can verify a control, in our words."""

    vendor: str
    signal: str
    level: int


@dataclass(frozen=True, slots=True)
class Fix:
    """How to reach the target in one vendor's product.

    Attributes:
        vendor: the vendor as people name it; ``Any`` fits everyone.
        step: the sentence to follow.
        console: menu path, empty if none; cli: commands, empty if none; terraform: a fragment, empty if none.
    """

    vendor: str
    step: str
    console: str = ""
    cli: str = ""
    terraform: str = ""


@dataclass(frozen=True, slots=True)
class Control:
    """One thing an organization should have in place.

    Attributes:
        levels: the four observable criteria, index = level.
        weight: 1 to 5 inside its stage.
        effort_hours: working hours for a team of five to reach the target from nothing.
        prerequisites: ids of controls that come first.
        applies_if: conditions over facts, all needed; an unknown fact means applicable.
        freshness_days: F, how long a verification stays fresh.
        attest_only: reason why no connector can verify it; empty where one can.
        who_notices, how_to_test, how_to_roll_back: one sentence each for the plan and the fix card.
        crosswalk: framework id -> identifiers (identifiers only, no copyrighted text).
    """

    id: str
    stage: str
    title: str
    question: str
    why: str
    levels: tuple[str, str, str, str]
    target: int
    in_80_20: bool
    gate: bool
    weight: int
    weight_rationale: str
    effort_hours: int
    prerequisites: tuple[str, ...]
    applies_if: tuple[Condition, ...]
    freshness_days: int
    signals: tuple[Signal, ...]
    fixes: tuple[Fix, ...]
    who_notices: str
    how_to_test: str
    how_to_roll_back: str
    crosswalk: Mapping[str, tuple[str, ...]]
    attest_only: str = ""


@dataclass(frozen=True, slots=True)
class Catalog:
    """A versioned set of stages and controls, both in their order.

    Attributes:
        version: for example ``2026-11-23.1``; stored with every score.
        weighting: the mark of weights that are not the catalog's own, see `weighting`; empty for its own.
    """

    version: str
    stages: tuple[Stage, ...]
    controls: tuple[Control, ...]
    weighting: str = ""

    def stage(self, stage_id: str) -> Stage:
        """The stage or track with this id. Raises KeyError if there is none."""
        for stage in self.stages:
            if stage.id == stage_id:
                return stage
        raise KeyError(stage_id)

    def control(self, control_id: str) -> Control:
        """The control with this id. Raises KeyError if there is none."""
        for control in self.controls:
            if control.id == control_id:
                return control
        raise KeyError(control_id)

    def of_stage(self, stage_id: str) -> tuple[Control, ...]:
        """The controls of one stage or track, in catalog order."""
        return tuple(control for control in self.controls if control.stage == stage_id)
