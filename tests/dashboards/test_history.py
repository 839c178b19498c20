"""What the figures tell over time, from rows as the services store them; and that years cost no more questions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.dashboards.conftest import MFA
from tests.volume import fill
from ztassess.assessments.models import ScoreSnapshot
from ztassess.charts.trend import EventKind
from ztassess.charts.weeks import Week
from ztassess.common.models import organization_scope
from ztassess.dashboards import selectors

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
EVER = (None, None)


def snapshot(organization, days, proven, *, hour=0, cause="daily", version="1", **states):
    at = NOW - timedelta(days=days, hours=-hour)
    return ScoreSnapshot.objects.create(
        organization=organization,
        at=at,
        day=at.date(),
        cause=cause,
        catalog_version=version,
        method_version="1",
        proven=proven,
        claimed=proven + 0.1,
        ceiling=1,
        stages={"mfa": [proven / 2, proven], "mesh": None},
        states=states,
    )


@pytest.fixture
def recorded(in_scope):
    ScoreSnapshot.objects.all().delete()
    snapshot(in_scope, 30, 0.1, a="claimed")
    snapshot(in_scope, 9, 0.2, hour=1, a="claimed")
    snapshot(in_scope, 9, 0.3, hour=2, cause="facts", a="verified")
    snapshot(in_scope, 1, 0.5, version="2", a="stale")
    return in_scope


def test_trend_takes_the_last_record_of_each_day_and_knows_what_computed_it(recorded):
    points = selectors.trend_points(recorded, EVER, "")
    assert [(round(point.proven), point.version) for point in points] == [
        (10, "1, method 1"),
        (30, "1, method 1"),
        (50, "2, method 1"),
    ]
    assert [round(point.proven) for point in selectors.trend_points(recorded, EVER, "mfa")] == [5, 15, 25]
    assert selectors.trend_points(recorded, EVER, "mesh") == []
    since = (NOW - timedelta(days=10), NOW - timedelta(days=2))
    assert [round(point.proven) for point in selectors.trend_points(recorded, since, "")] == [30]


def test_range_of_days_takes_whole_days(recorded, as_owner, home):
    def days(query):
        return len(as_owner.get(home + f"trend.csv{query}").content.decode().splitlines()) - 1

    assert days("?from=2026-11-16&to=2026-11-16") == 1
    assert days("?from=2026-11-17") == 1
    assert days("?to=2026-11-15") == 1
    assert days("?range=all") == 3


def test_weeks_hold_the_states_at_their_end_and_the_present_one_as_it_is_now(recorded):
    now = Week(NOW.date() - timedelta(days=2), {"a": "verified"}, "now")
    weeks = selectors.week_states(recorded, (None, NOW + timedelta(days=1)), now)
    assert [(str(week.monday), week.states["a"]) for week in weeks] == [
        ("2026-10-26", "claimed"),
        ("2026-11-16", "verified"),
        ("2026-11-23", "verified"),
    ]
    snapshot(recorded, 800, 0.1, a="claimed")
    assert len(selectors.week_states(recorded, (None, NOW), None)) == 3


def test_events_are_first_scans_regressions_and_answered_facts(recorded, systems):
    google = systems.connection("google_workspace", "Google")
    systems.scan(google, {MFA: ()}, days=20)
    diff = {"regressed": {"count": 2, "listed": [{"check": MFA, "resource": "ben", "reason": "x"}]}}
    systems.scan(google, {MFA: ("ben", "dan")}, days=3, diff=diff)
    found = {event.kind: event for event in selectors.events(recorded, EVER, "")}
    assert set(found) == {EventKind.CONNECTED, EventKind.REGRESSION, EventKind.FACTS}
    assert found[EventKind.CONNECTED].words == "First scan of Google"
    assert found[EventKind.CONNECTED].day == (timezone.now() - timedelta(days=20)).date()
    assert found[EventKind.REGRESSION].words.startswith("Regression in Google: ")
    assert found[EventKind.REGRESSION].words.endswith(" and 1 more")
    assert found[EventKind.FACTS].day == (NOW - timedelta(days=9)).date()
    recently = (timezone.now() - timedelta(days=10), None)
    assert EventKind.CONNECTED not in {event.kind for event in selectors.events(recorded, recently, "")}
    assert sum(selectors.scans_by_day(recorded, EVER, str(google.id)).values()) == 2


PAGES = (
    "",
    "?range=all&severity=high",
    "?range=365&stage=mfa",
    "findings/",
    "findings/?age=quarter&q=object",
    "findings/rows.json",
    "controls/?state=verified",
    "trend.csv?range=all",
)


def test_years_of_history_are_asked_as_much_as_nothing(as_owner, home, organization, owner):
    asked = {}
    for path in PAGES:
        as_owner.get(home + path)
        with CaptureQueriesContext(database) as small:
            as_owner.get(home + path)
        asked[path] = len(small)
    with organization_scope(organization):
        volume = fill(organization, owner)
    for path in PAGES:
        with CaptureQueriesContext(database) as large:
            answer = as_owner.get(home + path)
        assert answer.status_code == 200
        assert len(large) == asked[path], (path, [query["sql"][:120] for query in large])
        # The evidence of findings is not fetched for a count or a list.
        assert not any("evidence" in query["sql"] for query in large if "scans_finding" in query["sql"])
    assert volume.snapshots == 730
    text = as_owner.get(home + "?range=all").content.decode()
    assert "open findings are known for 30 to 90 days" in text
    assert text.count('<th scope="row">') > 2 * volume.snapshots
