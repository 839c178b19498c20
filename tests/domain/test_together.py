"""What several controls bring together is the scoring itself: one alone is its points, all of them are everything."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ztassess.catalog import load_catalog
from ztassess.domain.assessing import assess
from ztassess.domain.confidence import Claim
from ztassess.domain.facts import Facts
from ztassess.domain.together import outcome_sentence, proven_with

TODAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
CORE = [control.id for control in load_catalog().controls if control.in_80_20]


def test_one_brings_its_points_and_all_bring_everything():
    claims = {"identity.single-idp": Claim(2, TODAY), "mfa.admins": Claim(1, TODAY)}
    judged = assess(load_catalog(), Facts(), claims, {}, today=TODAY)
    now = judged.eighty_twenty.proven
    assert proven_with(judged, ()) == pytest.approx(now)
    for name in CORE:
        assert 100 * (proven_with(judged, {name}) - now) == pytest.approx(judged.control(name).points)
    assert proven_with(judged, CORE) == pytest.approx(1.0)
    assert sum(judged.control(name).points for name in CORE) < 100 * (1 - now)
    assert outcome_sentence(judged, ()) == ""
    assert outcome_sentence(judged, CORE).endswith("to 100\N{NO-BREAK SPACE}%.")
