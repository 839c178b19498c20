"""What a team reads on Monday: the regression first, who said so, and what was not read."""

from __future__ import annotations

from datetime import date

import pytest

from tests.assessments.week import Week
from ztassess.assessments.monday import monday_page
from ztassess.assessments.services import answer_save
from ztassess.domain.changes import ChangeKind

CONTROL = "identity.inventory"
LAST_MONDAY = date(2026, 11, 16)


@pytest.fixture
def week(monkeypatch) -> Week:
    return Week(monkeypatch)


@pytest.fixture
def broken_week(week, connection, owner):
    """Claimed and verified a week ago; on Friday somebody opened the back door and the cellar."""
    organization = connection.organization
    week.at("2026-11-12")
    answer_save(organization=organization, control_id=CONTROL, level=2, note="", version=0, actor=owner)
    week.scan(connection, front=True, back=True)
    week.record(organization)
    week.at("2026-11-20T16:05:00")
    week.scan(connection, front=True, back=False, cellar=False)
    week.at("2026-11-23T09:00:00")
    week.scan(connection, front=True, back=False, cellar=False)
    week.record(organization)
    return organization


def test_regression_is_named_first_with_what_newly_fails_and_who_said_so(broken_week):
    page = monday_page(broken_week, LAST_MONDAY)
    assert page.groups[0].kind is ChangeKind.REGRESSED
    (change,) = page.regressed
    assert (change.control_id, change.before, change.state) == (CONTROL, "verified", "contradicted")
    assert change.checks == ("Every door is locked",)
    assert [each.reason for each in change.failing] == ["The back door is open.", "The cellar door is open."]
    (said,) = change.said_by
    assert (said.name, said.number, said.carried) == ("Our doors", 3, False)
    assert page.contradictions[0].control_id == CONTROL
    assert page.proven < page.proven_before
    assert page.last_read.isoformat() == "2026-11-23T09:00:00+00:00"
