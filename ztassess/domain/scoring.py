"""Owns the arithmetic of scores: stage attainment, the identity gate, the 80/20 and the overall number.

Every score is shown as two numbers and a limit, all computed by the same arithmetic from different attainments:

    proven    each control's floor: proof at its confidence, what is only claimed at its lower confidence, unknown 0.
              The headline. Claims alone stop at 60 %.
    claimed   each control at face value: the claimed level, or the proven one where proof shows more. So claimed is
              never below proven, and the difference is what a stranger has to believe.
    ceiling   each control's ceiling: as proven, with every missing answer taken as "in place and proven".

The gate is computed in the same view as the score it multiplies: claimed scores pass the gate as claimed.

    A_s     sum(w * a) / sum(w) over the applicable controls of stage s
    A_g     the same over the three gate controls of identity
    G       0.25 + 0.75 * min(1, A_g / 0.6), for every stage and track but identity, where it is 1
    80/20   sum(beta_s * G_s * A_s) / sum(beta_s) over 80/20 controls; a stage without applicable ones leaves both sums
    overall the same over all controls with the overall weights

Every number is a share, 0 to 1. People see `percent`, which rounds down: 80 % is never shown before it is reached.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ztassess.domain.controls import GATE_CONTROLS, Control, Stage

METHOD_VERSION = "1"
"""Raised whenever the same input would give another number; stored with every score."""
WEIGHTED = "+w"


def method_of(weighting: str) -> str:
    """The version of the method, for example ``1``, and ``1+w3f2a9c1d`` with weights that are not the catalog's own."""
    return f"{METHOD_VERSION}{WEIGHTED}{weighting}" if weighting else METHOD_VERSION


def unweighted(method_version: str) -> str:
    """The version of the method alone: what made the proof states, which no weights move."""
    return method_version.partition(WEIGHTED)[0]


def weighting_of(version: str) -> str:
    """The mark of the weights in a version that ends with the method's; empty for the catalog's own."""
    return version.partition(WEIGHTED)[2]


def is_weighted(method_version: str) -> bool:
    """True if a score was made with weights that were not its catalog's own."""
    return WEIGHTED in method_version


GATE_STAGE = "identity"
GATE_THRESHOLD = 0.6
GATE_FLOOR = 0.25
GOAL_80_20 = 0.8
GATE_PROVEN = 0.95
ROUNDING = 1e-9


def percent(share: float) -> int:
    """A share as whole percent, rounded down; binary rounding errors are forgiven."""
    return math.floor(100 * share + 100 * ROUNDING)


@dataclass(frozen=True, slots=True)
class Score:
    """The two numbers of every score and its limit, shares 0 to 1; see the module for what they mean."""

    claimed: float
    proven: float
    ceiling: float

    @property
    def percents(self) -> Percents:
        return Percents(percent(self.claimed), percent(self.proven), percent(self.ceiling))


@dataclass(frozen=True, slots=True)
class Percents:
    """A `Score` in whole percent, rounded down."""

    claimed: int
    proven: int
    ceiling: int


@dataclass(frozen=True, slots=True)
class Sum:
    """A weighted sum of attainments and the weight it is out of."""

    reached: float = 0.0
    weight: int = 0

    @property
    def share(self) -> float | None:
        """The weighted mean; None where nothing is applicable."""
        return self.reached / self.weight if self.weight else None

    def add(self, weight: int, attained: float) -> Sum:
        return Sum(self.reached + weight * attained, self.weight + weight)

    def raised(self, weight: int, by: float) -> Sum:
        """The sum if one control of this weight attained ``by`` more."""
        return replace(self, reached=self.reached + weight * by)


@dataclass(frozen=True, slots=True)
class Totals:
    """All sums a score needs, in one view.

    Attributes:
        stages: by stage id, over all applicable controls.
        core: by stage id, over the applicable 80/20 controls.
        gate: over the applicable gate controls of identity.
    """

    stages: Mapping[str, Sum]
    core: Mapping[str, Sum]
    gate: Sum

    @property
    def factor(self) -> float:
        """G, 0.25 to 1; 1 where no gate control is applicable."""
        return gate_factor(self.gate.share)

    def raised(self, control: Control, by: float) -> Totals:
        """The sums if one control attained ``by`` more."""
        stage = control.stage
        core, gate = self.core, self.gate
        if control.in_80_20:
            core = {**core, stage: core[stage].raised(control.weight, by)}
        if control.id in GATE_CONTROLS:
            gate = gate.raised(control.weight, by)
        return Totals({**self.stages, stage: self.stages[stage].raised(control.weight, by)}, core, gate)


def gate_factor(attained: float | None) -> float:
    """G for the attainment of the gate controls (0 to 1): 0.25 with nothing, 1 from 0.6 on; 1 if there are none."""
    if attained is None:
        return 1.0
    return GATE_FLOOR + (1.0 - GATE_FLOOR) * min(1.0, attained / GATE_THRESHOLD)


def total(stages: Iterable[Stage], controls: Sequence[Control], attained: Mapping[str, float]) -> Totals:
    """Add up one view.

    Parameters:
        controls: the applicable ones.
        attained: by control id, 0 to 1; a control that is missing counts 0.
    """
    everything = {stage.id: Sum() for stage in stages}
    core = dict(everything)
    gate = Sum()
    for control in controls:
        share = attained.get(control.id, 0.0)
        everything[control.stage] = everything[control.stage].add(control.weight, share)
        if control.in_80_20:
            core[control.stage] = core[control.stage].add(control.weight, share)
        if control.id in GATE_CONTROLS:
            gate = gate.add(control.weight, share)
    return Totals(everything, core, gate)


def _weighted(points: Iterable[tuple[str, int]], sums: Mapping[str, Sum], factor: float) -> float:
    reached = out_of = 0.0
    for stage, weight in points:
        share = sums[stage].share
        if share is not None:
            reached += weight * share * (1.0 if stage == GATE_STAGE else factor)
            out_of += weight
    return reached / out_of if out_of else 0.0


def eighty_twenty(stages: Iterable[Stage], totals: Totals) -> float:
    """The 80/20 as a share, 0 to 1; 0 where nothing of it is applicable."""
    return _weighted(((stage.id, stage.weight_80_20) for stage in stages), totals.core, totals.factor)


def overall(stages: Iterable[Stage], totals: Totals) -> float:
    """The overall number as a share, 0 to 1; 0 where nothing is applicable."""
    return _weighted(((stage.id, stage.overall_weight) for stage in stages), totals.stages, totals.factor)


def is_80_20_done(controls: Sequence[Control], floors: Mapping[str, float], proven: float) -> bool:
    """The badge: at least 80 % proven, and every applicable gate control of the 80/20 attains 0.95.

    Only evidence reaches 0.95 at a target of 2: fresh findings, or an artifact reviewed by a second person where no
    connector could see the control. A claim alone counts 0.6, a reviewed one that a connector could see 0.8.

    Parameters:
        controls: the applicable ones.
        floors: proven attainment by control id.
        proven: the proven 80/20 as a share.
    """
    gates = [control for control in controls if control.gate and control.in_80_20]
    return proven + ROUNDING >= GOAL_80_20 and all(floors.get(each.id, 0.0) >= GATE_PROVEN for each in gates)
