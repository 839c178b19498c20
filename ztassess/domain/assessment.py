"""Owns the values of a whole judgment: what `assess` returns and every page, report and command reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ztassess.domain.confidence import Attainment, Claim, Terms, Verified
from ztassess.domain.controls import Condition, Control, Level, Stage
from ztassess.domain.maturity import Labels, PerimeterNotice
from ztassess.domain.mesh import MeshAdvice
from ztassess.domain.moments import Moment
from ztassess.domain.proof_state import LatestOutcome, ProofState
from ztassess.domain.scoring import ROUNDING, Score


@dataclass(frozen=True, slots=True)
class ControlAssessment:
    """One control, judged.

    Attributes:
        state: the proof state.
        attainment: how far it counts; None where it is not applicable.
        unmet: the conditions of its applicability that the facts do not meet; empty where it applies.
        claim: the answer, also one that expired; ``claim_level`` is None then.
        claim_level: C as it counts; None if nobody claims anything today.
        proven_level: V, or the attested level where no connector could see the control; 0 if there is no evidence.
        kc, kv: confidence of the claim and of the proof, 0 to 1.
        blocked: the newest outcomes that could not see what would move the level.
        points: 80/20 points (of 100, proven) the control would bring if it reached its target with proof, everything
            else staying as it is. 0 outside the 80/20.
        points_overall: the same for the overall number.
        why: one sentence: what counts and what does not.
        reviewed_at: when a second person reviewed an artifact that still speaks for the claim; None if nobody did.
        checkable: some connector that fits the stack can see the control, so a reviewed artifact counts less.
        terms: what stands in the formula of its attainment; None where it is not applicable.
    """

    control: Control
    state: ProofState
    attainment: Attainment | None
    unmet: tuple[Condition, ...]
    claim: Claim | None
    claim_level: int | None
    verified: Verified | None
    proven_level: int
    kc: float
    kv: float
    blocked: tuple[LatestOutcome, ...]
    points: float
    points_overall: float
    why: str
    reviewed_at: Moment | None = None
    checkable: bool = True
    terms: Terms | None = None

    @property
    def id(self) -> str:
        return self.control.id

    @property
    def applies(self) -> bool:
        return self.attainment is not None

    @property
    def met(self) -> bool:
        """True if evidence, fresh or stale, reaches the target: nothing is left to build."""
        return self.proven_level >= self.control.target

    @property
    def missing(self) -> bool:
        """True if an answer is missing that could still raise the number."""
        return self.attainment is not None and self.attainment.unknown


@dataclass(frozen=True, slots=True)
class StageAssessment:
    """One stage or track, judged.

    Attributes:
        score: over all applicable controls; None where none is applicable.
        core: over the applicable 80/20 controls; None where none is.
        factor: G of this stage in each view: what its scores are multiplied with before they count; 1 for identity.
        labels: None where no control is applicable.
        why: one sentence on what it counts and because of what.
    """

    stage: Stage
    score: Score | None
    core: Score | None
    factor: Score
    labels: Labels | None
    why: str

    @property
    def shown(self) -> Score | None:
        """The one score that pages print for the stage: its 80/20 part where it has one, else all of it."""
        return self.core or self.score

    @property
    def counts(self) -> Score | None:
        """`shown` after the gate."""
        if self.shown is None:
            return None
        return Score(
            self.shown.claimed * self.factor.claimed,
            self.shown.proven * self.factor.proven,
            self.shown.ceiling * self.factor.ceiling,
        )


@dataclass(frozen=True, slots=True)
class Gate:
    """The identity gate.

    Attributes:
        attained: A_g, weighted attainment of the three gate controls.
        factor: G, what every other stage and track is multiplied with; 1 means open.
    """

    attained: Score
    factor: Score

    @property
    def is_open(self) -> bool:
        """True if nothing that is proven is held back."""
        return self.factor.proven >= 1.0 - ROUNDING


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything the product thinks of one company at one moment. The same input gives the same value everywhere.

    Attributes:
        catalog_version, method_version: what it was computed with; numbers of different versions are not compared.
        today: the moment it was judged for, UTC.
        controls: every control of the catalog, in its order.
        stages: every stage and track, in the catalog's order.
        eighty_twenty, overall: shares 0 to 1; ``.percents`` for people.
        done: the "80/20 done" badge.
        labels: of the whole company.
        perimeter: the red notice of the guard-rail; None if the wall stands.
        identity_first: the gate holds something back, so a mesh would be the second thing to do.
        missing_answers: how many 80/20 answers are missing that could still raise the number.
        why: sentences that explain the headline, most important first.
    """

    catalog_version: str
    method_version: str
    today: datetime
    controls: tuple[ControlAssessment, ...]
    stages: tuple[StageAssessment, ...]
    gate: Gate
    eighty_twenty: Score
    overall: Score
    done: bool
    labels: Labels
    perimeter: PerimeterNotice | None
    mesh: MeshAdvice
    identity_first: bool
    missing_answers: int
    why: tuple[str, ...]

    def control(self, control_id: str) -> ControlAssessment:
        """The judgment of one control. Raises KeyError if the catalog has none of this id."""
        return _find(self.controls, control_id)

    def stage(self, stage_id: str) -> StageAssessment:
        """The judgment of one stage or track. Raises KeyError if the catalog has none of this id."""
        for each in self.stages:
            if each.stage.id == stage_id:
                return each
        raise KeyError(stage_id)

    def of_stage(self, stage_id: str) -> tuple[ControlAssessment, ...]:
        """The controls of one stage or track, in catalog order."""
        return tuple(each for each in self.controls if each.control.stage == stage_id)

    def in_state(self, state: ProofState) -> tuple[ControlAssessment, ...]:
        """The controls in one proof state, in catalog order."""
        return tuple(each for each in self.controls if each.state is state)

    def worst_first(self) -> tuple[ControlAssessment, ...]:
        """Every control, worst proof state first, then the most points, then catalog order."""
        return tuple(sorted(self.controls, key=lambda each: (each.state.rank, -each.points, -each.points_overall)))

    def most_valuable(self) -> tuple[ControlAssessment, ...]:
        """The controls that would bring 80/20 points, most points first."""
        gaining = [each for each in self.controls if each.points > 0 and each.state is not ProofState.EXCEPTED]
        return tuple(sorted(gaining, key=lambda each: -each.points))


def _find(controls: Iterable[ControlAssessment], control_id: str) -> ControlAssessment:
    for each in controls:
        if each.control.id == control_id:
            return each
    raise KeyError(control_id)


def level_name(level: int) -> str:
    """The maturity name of a level, for example ``Advanced``. Raises ValueError outside 0 to 3."""
    return Level(level).name.title()
