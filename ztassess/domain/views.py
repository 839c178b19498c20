"""Owns the three views of an assessment (claimed, proven, ceiling): the same controls, added up three times."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ztassess.domain.assessment import ControlAssessment, Gate, StageAssessment
from ztassess.domain.controls import Catalog, Stage
from ztassess.domain.explanations import stage_sentence
from ztassess.domain.maturity import PERIMETER, PERIMETER_MINIMUM, Labels, overall_label, stage_label
from ztassess.domain.scoring import GATE_STAGE, ROUNDING, Score, Totals, eighty_twenty, overall, total


class Views:
    """What the judged controls of one company add up to.

    Parameters:
        judged: every control of the catalog, the ones that do not apply included.
    """

    def __init__(self, catalog: Catalog, judged: Sequence[ControlAssessment]) -> None:
        counted = [(each, each.attainment) for each in judged if each.attainment is not None]
        self.stages = catalog.stages
        self.applicable = [each.control for each, _ in counted]
        self.by_stage = {
            stage.id: [control for control in self.applicable if control.stage == stage.id] for stage in catalog.stages
        }
        self.proven_levels = {each.id: each.proven_level for each, _ in counted}
        self.claimed_levels = {each.id: max(each.claim_level or 0, each.proven_level) for each, _ in counted}
        self.floors = {each.id: reached.floor for each, reached in counted}
        claimed = {each.id: reached.claimed for each, reached in counted}
        ceilings = {each.id: reached.ceiling for each, reached in counted}
        self.claimed, self.proven, self.ceiling = (
            total(catalog.stages, self.applicable, attained) for attained in (claimed, self.floors, ceilings)
        )

    def _score(self, read: Callable[[Totals], float | None]) -> Score | None:
        claimed, proven, ceiling = read(self.claimed), read(self.proven), read(self.ceiling)
        if claimed is None or proven is None or ceiling is None:
            return None
        return Score(claimed, proven, ceiling)

    def gate(self) -> Gate:
        """The identity gate; where none of its controls applies nothing is held back."""
        whole = Score(1.0, 1.0, 1.0)
        attained = self._score(lambda view: view.gate.share) or whole
        return Gate(attained, self._score(lambda view: view.factor) or whole)

    def eighty_twenty(self) -> Score:
        return self._score(lambda view: eighty_twenty(self.stages, view)) or Score(0.0, 0.0, 0.0)

    def overall(self) -> Score:
        return self._score(lambda view: overall(self.stages, view)) or Score(0.0, 0.0, 0.0)

    def perimeter(self) -> Score | None:
        """Attainment of the guard-rail track; None where it does not apply."""
        return self._score(lambda view: view.stages[PERIMETER].share) if PERIMETER in self.by_stage else None

    def labels(self) -> Labels:
        """Of the whole company, with the guard-rail's cap in each view."""
        wall = self.perimeter()
        proven = wall is None or wall.proven + ROUNDING >= PERIMETER_MINIMUM
        claimed = wall is None or wall.claimed + ROUNDING >= PERIMETER_MINIMUM
        return Labels(
            overall_label(self.stages, self.by_stage, self.proven_levels, walled=proven),
            overall_label(self.stages, self.by_stage, self.claimed_levels, walled=claimed),
        )

    def stage(self, stage: Stage, gate: Gate) -> StageAssessment:
        """One stage or track, judged."""
        score = self._score(lambda view: view.stages[stage.id].share)
        core = self._score(lambda view: view.core[stage.id].share)
        controls = self.by_stage[stage.id]
        labels = None
        if controls:
            labels = Labels(stage_label(controls, self.proven_levels), stage_label(controls, self.claimed_levels))
        return StageAssessment(
            stage=stage,
            score=score,
            core=core,
            factor=Score(1.0, 1.0, 1.0) if stage.id == GATE_STAGE else gate.factor,
            labels=labels,
            why=stage_sentence(stage.title, stage.id, core or score, gate),
        )

    def points(self, each: ControlAssessment) -> tuple[float, float]:
        """What proof of its target would bring, in points of the 80/20 and of the overall number.

        The scoring itself, run on the sums raised by what the control lacks: it includes what the gate would open.
        """
        reached = each.attainment
        if reached is None or reached.floor >= 1.0:
            return 0.0, 0.0
        raised = self.proven.raised(each.control, 1.0 - reached.floor)
        core = eighty_twenty(self.stages, raised) - eighty_twenty(self.stages, self.proven)
        everything = overall(self.stages, raised) - overall(self.stages, self.proven)
        return 100.0 * core if each.control.in_80_20 else 0.0, 100.0 * everything
