"""Owns what several controls bring together: the scoring run again with all of them proven.

The points of single controls do not add up: each is computed with everything else as it is, so a control behind a shut
gate brings little alone and much once the gate controls are proven with it.
"""

from __future__ import annotations

from collections.abc import Collection

from ztassess.domain.assessment import Assessment
from ztassess.domain.scoring import eighty_twenty, percent, total


def proven_with(judged: Assessment, controls: Collection[str]) -> float:
    """The proven share of the 80/20, 0 to 1, if these controls reached their target with proof, all else as it is.

    Parameters:
        controls: ids; those that do not apply count nothing, as everywhere.
    """
    counted = [(each, each.attainment) for each in judged.controls if each.attainment is not None]
    attained = {each.id: 1.0 if each.id in controls else reached.floor for each, reached in counted}
    stages = [each.stage for each in judged.stages]
    return eighty_twenty(stages, total(stages, [each.control for each, _ in counted], attained))


def outcome_sentence(judged: Assessment, controls: Collection[str]) -> str:
    """Where the proof of these controls leads, rounded down as everywhere; empty where there is none of them."""
    if not controls:
        return ""
    now, then = percent(judged.eighty_twenty.proven), percent(proven_with(judged, controls))
    return f"With the proof of all of it, the 80/20 goes from {now}\N{NO-BREAK SPACE}% to {then}\N{NO-BREAK SPACE}%."
