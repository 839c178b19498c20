"""Owns other weights than the catalog's: which may differ, how a catalog looks with them, by which mark they are known.

Numbers made with different weights are not compared: the mark stands in the method version of every score, so a change
of weights can be told from progress for ever after.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ztassess.domain.controls import GATE_CONTROLS, Catalog

LEAST, MOST = 1, 5
STAGE_SUM = 100
MARK_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights that differ from the catalog's.

    Attributes:
        controls: control id -> 1 to 5 inside its stage. Controls of the identity gate are not among them.
        stages: stage id -> points of the 80/20, adding up to 100; empty where the catalog's hold.
    """

    controls: Mapping[str, int] = field(default_factory=dict)
    stages: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.controls or self.stages)

    @property
    def mark(self) -> str:
        """The same for the same weights, whatever their order; empty where there are none."""
        if not self:
            return ""
        told = json.dumps([dict(self.controls), dict(self.stages)], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(told.encode()).hexdigest()[:MARK_LENGTH]


def differing(weights: Weights, catalog: Catalog) -> Weights:
    """Without the ones that are the catalog's own: who writes down what holds anyway changes no method."""
    usual = {each.id: each.weight for each in catalog.controls}
    stages = {stage.id: weights.stages.get(stage.id, stage.weight_80_20) for stage in catalog.stages}
    own = {stage.id: stage.weight_80_20 for stage in catalog.stages}
    return Weights(
        {name: weight for name, weight in weights.controls.items() if usual.get(name) != weight},
        {name: weight for name, weight in stages.items() if weight} if weights.stages and stages != own else {},
    )


def reweighted(catalog: Catalog, weights: Weights) -> Catalog:
    """The catalog with these weights and their mark; itself where they change nothing in it.

    Ids that the catalog does not know are passed over: a later one may have dropped them. The gate keeps its weights,
    and a track stays out of the 80/20, whatever is asked.
    """
    controls = tuple(
        each
        if each.id in GATE_CONTROLS or each.id not in weights.controls
        else replace(each, weight=weights.controls[each.id])
        for each in catalog.controls
    )
    stages = tuple(
        stage if stage.is_track or not weights.stages else replace(stage, weight_80_20=weights.stages.get(stage.id, 0))
        for stage in catalog.stages
    )
    if (controls, stages) == (catalog.controls, catalog.stages):
        return catalog
    return replace(catalog, controls=controls, stages=stages, weighting=weights.mark)
