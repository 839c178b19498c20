"""The board of apps: a connection beats a tick, contradictions come first, nobody overwrites anybody."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ztassess.audit.models import AuditEvent
from ztassess.domain.retirement import CellState, Step, Verdict
from ztassess.domain.roster import Host, Share
from ztassess.inventory.models import AppTick, InternalApp
from ztassess.inventory.selectors_apps import app_board
from ztassess.inventory.services.apps import app_add, app_tick
from ztassess.organizations.models import FactSheet

HOST = "grafana.acme.example"


@pytest.fixture
def app(in_scope, owner) -> InternalApp:
    return app_add(organization=in_scope, name="Grafana", host=HOST, note="", actor=owner)


@pytest.fixture
def post(as_owner, home, organization):
    def send(path: str, **data: str):
        return as_owner.post(home + path, {"for_organization": str(organization.id), **data})

    return send


def state(organization, step: Step) -> CellState:
    ((_, standing),) = app_board(organization).rows
    return standing.cell(step).state


def test_app_is_added_once_under_its_plain_host(post, in_scope):
    assert post("apps/", name="Grafana", host="https://Grafana.acme.example:443/login").status_code == 302
    assert InternalApp.objects.get().host == HOST
    again = post("apps/", name="Other", host=HOST)
    assert again.status_code == 400
    assert "is on the board already; nothing was added." in again.content.decode()
    assert post("apps/", name="X", host="not a host").status_code == 400
    assert InternalApp.objects.count() == 1


@pytest.mark.parametrize(
    ("host", "step", "expected"),
    [
        (Host(HOST, served=True), Step.FOUND, CellState.VERIFIED),
        (Host(HOST, covered=True), Step.PROXIED, CellState.VERIFIED),
        (Host("*.acme.example", covered=True), Step.PROXIED, CellState.VERIFIED),
        (Host("*.example", covered=True), Step.PROXIED, CellState.UNANSWERED),
        (Host(HOST, covered=False), Step.PROXIED, CellState.OPEN),
        (Host(HOST, covered=True, named=True, second_factor=True), Step.POLICY, CellState.VERIFIED),
        (Host(HOST, covered=True, named=True), Step.POLICY, CellState.UNANSWERED),
        (Host(HOST, covered=True, named=True, second_factor=False), Step.POLICY, CellState.OPEN),
        (Host(HOST, covered=True, named=False, second_factor=True), Step.POLICY, CellState.OPEN),
        (Host(HOST, covered=True), Step.CLOSED, CellState.UNANSWERED),
        (Host(HOST, origin_open=False), Step.CLOSED, CellState.VERIFIED),
        (Host(HOST, origin_open=True), Step.CLOSED, CellState.OPEN),
        (Host(HOST, served=True, covered=False), Step.CLOSED, CellState.OPEN),
        (Host("wiki.acme.example", covered=True), Step.PROXIED, CellState.UNANSWERED),
    ],
)
def test_columns_follow_what_connections_tell(app, tells, in_scope, host, step, expected):
    tells("Proxy", Share(hosts=(host,)))
    assert state(in_scope, step) is expected


def test_who_lists_an_app_has_found_it_by_claim(app, in_scope):
    assert state(in_scope, Step.FOUND) is CellState.CLAIMED


def test_tick_is_a_claim_with_name_and_date_until_a_connection_says_otherwise(
    app, post, as_owner, home, tells, in_scope
):
    assert post(f"apps/{app.id}/tick/", step="closed", says="yes", version="1").status_code == 302
    assert state(in_scope, Step.CLOSED) is CellState.CLAIMED
    text = as_owner.get(home + "apps/").content.decode()
    assert "Olga Owner" in text
    assert "Retired by claim: 1 direct path unproven" in text
    tells("Probe", Share(hosts=(Host(HOST, origin_open=True),)))
    assert state(in_scope, Step.CLOSED) is CellState.CONTRADICTED
    text = as_owner.get(home + "apps/").content.decode()
    assert "Contradicted" in text
    assert "1 direct path still to close" in text
    page = as_owner.get(home + f"apps/{app.id}/").content.decode()
    assert "it answers without the proxy." in page
    assert "Olga Owner said yes" in page


def test_contradicted_apps_stand_first(app, tells, owner, in_scope):
    wiki = app_add(organization=in_scope, name="Zwiki", host="wiki.acme.example", note="", actor=owner)
    app_tick(app=wiki, step=Step.PROXIED, says=True, version=1, actor=owner)
    tells("Proxy", Share(hosts=(Host("wiki.acme.example", covered=False), Host(HOST, covered=False))))
    assert [row.name for row, _ in app_board(in_scope).rows] == ["Zwiki", "Grafana"]


def test_vpn_is_retired_only_when_the_last_path_is_proven_closed(app, tells, owner, in_scope, as_owner, home):
    share = tells("Probe", Share(hosts=(Host(HOST, origin_open=False),)))
    assert app_board(in_scope).retirement.verdict is Verdict.RETIRED
    assert "The VPN is retired" in as_owner.get(home + "apps/").content.decode()
    share.taken_at = timezone.now() - timedelta(days=9)
    share.save()
    assert app_board(in_scope).retirement.verdict is Verdict.NOT_YET
    share.taken_at = timezone.now()
    share.save()
    app_add(organization=in_scope, name="Wiki", host="wiki.acme.example", note="", actor=owner)
    assert app_board(in_scope).retirement.verdict is Verdict.NOT_YET


def test_failing_check_about_the_vpn_keeps_it_standing(app, tells, in_scope, monkeypatch):
    from ztassess.inventory import selectors_apps
    from ztassess.scans.models import Connection, StandingResult

    monkeypatch.setattr(selectors_apps, "VPN_CONTROL", "identity.inventory")
    tells("Probe", Share(hosts=(Host(HOST, origin_open=False),)))
    now = timezone.now()
    StandingResult.objects.create(
        organization=in_scope,
        connection=Connection.objects.get(),
        check_id="doors.all_locked",
        outcome="fail",
        taken_at=now,
        latest_outcome="not_checked",
        latest_at=now,
    )
    found = app_board(in_scope).retirement
    assert found.verdict is Verdict.NOT_YET
    assert "Every door is locked" in found.sentence


def test_internal_hosts_that_are_missing_are_offered_and_keep_the_vpn_standing(tells, post, as_owner, home, in_scope):
    FactSheet.objects.update(declared={"internal_hosts": ["wiki.acme.example"]})
    tells("Probe", Share(hosts=(Host(HOST, internal=True, origin_open=False), Host("*.acme.example", internal=True))))
    assert app_board(in_scope).unlisted == ((HOST, "Probe"), ("wiki.acme.example", "the facts"))
    assert "named by the facts" in as_owner.get(home + "apps/").content.decode()
    post("apps/found/", host=[HOST, "evil.example"])
    assert list(InternalApp.objects.values_list("name", "host")) == [("grafana", HOST)]
    assert app_board(in_scope).retirement.verdict is Verdict.NOT_YET


def test_second_person_does_not_overwrite_the_first(app, post, as_owner, home, in_scope):
    assert post(f"apps/{app.id}/tick/", step="moved", says="yes", version="1").status_code == 302
    post(f"apps/{app.id}/tick/", step="moved", says="no", version="1")
    assert "Somebody else changed Grafana meanwhile." in as_owner.get(home + f"apps/{app.id}/").content.decode()
    assert AppTick.objects.get().says is True
    answer = post(f"apps/{app.id}/", name="G", host=HOST, note="", version="1")
    assert answer.status_code == 400
    assert "Somebody else changed" in answer.content.decode()
    post(f"apps/{app.id}/remove/", version="1")
    assert InternalApp.objects.get().name == "Grafana"


def test_every_change_is_in_the_log(app, post, in_scope):
    post(f"apps/{app.id}/tick/", step="moved", says="yes", version="1")
    post(f"apps/{app.id}/tick/", step="moved", says="", version="2")
    post(f"apps/{app.id}/", name="Graphs", host=HOST, note="metrics", version="3")
    post(f"apps/{app.id}/remove/", version="4")
    assert not InternalApp.objects.exists()
    lines = [event.detail.summary for event in AuditEvent.objects.filter(object=f"app:{app.id}").order_by("seq")]
    assert lines == [
        f"Olga Owner listed Grafana ({HOST})",
        "Olga Owner ticked “Users moved” of Grafana",
        "Olga Owner took the word back on “Users moved” of Grafana",
        "Olga Owner changed Graphs",
        f"Olga Owner removed Graphs ({HOST})",
    ]


def test_csv_has_state_reason_and_date_of_every_step(app, tells, as_owner, home):
    tells("=Probe", Share(hosts=(Host(HOST, origin_open=True),)))
    (row,) = csv.DictReader(io.StringIO(as_owner.get(home + "apps.csv").content.decode()))
    assert row["Direct path closed"] == "open"
    assert row["Direct path closed: why"].startswith("'=Probe")
    assert row["Found"] == "claimed"
    assert row["Found: when"] == f"{timezone.now():%Y-%m-%d}"


def test_queries_do_not_grow_with_apps_or_hosts(app, tells, owner, in_scope, as_owner, home):
    tells("Probe", Share(hosts=(Host(HOST, covered=True),)))
    with CaptureQueriesContext(database) as few:
        as_owner.get(home + "apps/")
    for at in range(40):
        made = app_add(organization=in_scope, name=f"app {at}", host=f"a{at}.acme.example", note="", actor=owner)
        app_tick(app=made, step=Step.MOVED, says=True, version=1, actor=owner)
    tells("Proxy", Share(hosts=tuple(Host(f"a{at}.acme.example", covered=True) for at in range(40))))
    with CaptureQueriesContext(database) as many:
        assert as_owner.get(home + "apps/").status_code == 200
    assert len(many) == len(few)


def test_viewer_reads_and_may_not_tick(client, viewer, home, app):
    client.force_login(viewer)
    assert "Add an app" not in client.get(home + "apps/").content.decode()
    assert client.get(home + f"apps/{app.id}/").status_code == 200
    assert client.post(home + f"apps/{app.id}/tick/", {"step": "moved", "says": "yes", "version": 1}).status_code == 403
