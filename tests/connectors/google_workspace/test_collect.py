"""Reading a whole customer: every check speaks, only delegated scopes are used, nothing secret is kept."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from tests.connectors.google_workspace.conftest import outcomes
from tests.connectors.google_workspace.fake import CREATOR, activity, throttled, user
from tests.connectors.google_workspace.keys import ACCOUNT, key_pair
from tests.fakes.fields import undescribed
from tests.fakes.vendor import CANARY, NOW
from ztassess.connectors.api.rows import heard_fields
from ztassess.connectors.errors import AuthFailed, ConnectorError, OverPrivileged, RateLimited
from ztassess.connectors.google_workspace import CONNECTOR, client_reports, scopes
from ztassess.connectors.google_workspace.client_cloud import POLICY_FILTER
from ztassess.connectors.google_workspace.collect import PARTS, collect, readers, refuse_writing, unopened
from ztassess.connectors.google_workspace.sessions import open_google
from ztassess.connectors.runner import judge, read_once
from ztassess.domain.findings import Unavailable

HERE = Path(__file__).parent


def test_compliant_customer_passes_every_check(run):
    reading = read_once(CONNECTOR, run())
    assert outcomes(reading) == dict.fromkeys((check.id.partition(".")[2] for check in CONNECTOR.checks), "pass"), [
        f.verdict.reason for f in reading.findings if f.verdict.outcome != "pass"
    ]
    assert all(finding.verdict.evidence and finding.verdict.seen for finding in reading.findings)


def test_every_row_of_every_page_is_read_side_by_side(google, run):
    google.page_size, google.latency = 2, 0.01
    snapshot = collect(run())
    assert [user.email for user in snapshot.users] == [each["primaryEmail"] for each in google.users]
    assert len(snapshot.policies) == len(google.policies)
    assert {unit.path for unit in snapshot.org_units} == {"/", "/sales"}
    assert len(snapshot.device_users) == len(google.device_users)
    assert len(google.asked("/admin/directory/v1/users")) == 4, "7 accounts, 2 a page"
    assert google.most_at_once > 5, "parts and hosts are asked at once"


def test_one_token_serves_all_parts_and_only_listed_paths_are_posted_to(google, run):
    collect(run())
    delegated = len([1 for granted in google.tokens.values() if granted == set(scopes.DELEGATED)])
    assert delegated == 1
    signer = f"/v1/projects/-/serviceAccounts/{ACCOUNT}:signJwt"
    assert {request.path for request in google.asked(method="POST")} == {"/token", signer}
    assert {request.method for request in google.requests} == {"GET", "POST"}


def test_settings_and_logs_are_asked_for_by_name_and_range(google, run):
    collect(run())
    assert {request.query["filter"] for request in google.asked("/v1/policies")} == {POLICY_FILTER}
    assert "^settings/(security" in POLICY_FILTER
    asked = {
        (request.path.rpartition("/")[2], request.query.get("eventName"), request.query["startTime"][:10])
        for request in google.asked("/admin/reports/.*")
    }
    assert ("login", "login_success", "2026-10-24") in asked
    assert ("token", "authorize", "2026-08-25") in asked
    assert ("admin", "TOGGLE_CAA_ENABLEMENT", "2026-05-27") in asked


def test_every_field_read_is_in_the_published_description(run):
    with heard_fields() as heard:
        collect(run())
    assert len(heard) > 60
    assert undescribed(heard, HERE / "fields.json") == set()
    assert undescribed({("User", "isSuperUser")}, HERE / "fields.json"), "the description must be able to say no"


def test_no_secret_enters_snapshot_findings_or_errors(google, run):
    context = run()
    snapshot = collect(context)
    told = repr(snapshot) + repr(judge(CONNECTOR, snapshot)) + repr(context)
    assert CANARY not in told
    assert snapshot.taken_at == NOW
    assert next(each for each in snapshot.policies if each.setting == "security.password").values == {}
    assert CREATOR not in told
    google.fault("/token", None, change=lambda answer: type(answer)({"error": "invalid_grant", "x": CANARY}, 400))
    with pytest.raises(AuthFailed) as refused:
        collect(run())
    assert CANARY not in str(refused.value)


def test_workload_identity_lets_google_sign(google, run):
    context = run()
    snapshot = collect(context)
    assert not isinstance(snapshot.users, Unavailable)
    assert google.asked(".*:signJwt")
    assert CREATOR not in repr(snapshot) + repr(context)


def test_key_file_signs_here_and_for_googles_address_only(google, run):
    context = run(auth="key_file")
    snapshot = collect(context)
    assert not isinstance(snapshot.users, Unavailable)
    assert not google.asked(".*:signJwt")
    assert key_pair()[0][100:160] not in repr(snapshot) + repr(context)
    assert {request.path for request in google.asked(method="POST")} == {"/token"}


@pytest.mark.parametrize("auth", ["workload_identity", "key_file"])
def test_refused_credential_says_what_to_check(google, run, auth):
    secrets = {"access_token": "wrong"} if auth == "workload_identity" else None
    if auth == "key_file":
        google.fault("/token", None, change=lambda answer: type(answer)({"error": "invalid_grant"}, 400))
    with pytest.raises(AuthFailed) as refused:
        collect(run(auth=auth, secrets=secrets))
    assert "access token has ended" in str(refused.value) or "key is still registered" in str(refused.value)


@pytest.mark.parametrize("scope", scopes.DELEGATED)
def test_missing_scope_closes_its_parts_and_no_others(google, run, scope):
    google.delegated.discard(scope)
    context = run()
    with open_google(context) as opened:
        opened.tokens.sign_in()
        closed = unopened(opened)
        assert set(readers(opened, context)) == set(PARTS) - set(closed)
    assert set(closed) == {part for part, needed in PARTS.items() if needed == scope}
    part = closed[min(closed)]
    assert (part.reason, part.missing_scope) == ("missing_scope", scope)
    assert f"Scope {scope} is not in the domain-wide delegation entry" in part.detail
    assert set(scopes.DELEGATED) - {scope} in google.tokens.values(), "one token for all that is left"


def test_part_without_scope_is_unavailable_in_the_snapshot(google, run):
    google.delegated -= {scopes.AUDIT, scopes.DEVICES}
    snapshot = collect(run())
    closed = {part.name for part in fields(snapshot) if isinstance(getattr(snapshot, part.name), Unavailable)}
    assert closed == {part for part, needed in PARTS.items() if needed in (scopes.AUDIT, scopes.DEVICES)}
    assert not google.asked("/admin/reports/.*")


def test_no_scope_at_all_is_a_failed_sign_in(google, run):
    google.delegated.clear()
    with pytest.raises(AuthFailed, match="domain-wide delegation"):
        collect(run())


@pytest.mark.parametrize("scope", [scope for scope, _ in scopes.WRITING])
def test_delegated_write_scope_is_refused_by_name(google, run, scope):
    google.delegated.add(scope)
    with open_google(run()) as opened, pytest.raises(OverPrivileged, match=f"{scope}.*Remove that scope"):
        refuse_writing(opened.tokens)
    writing = {token for token, granted in google.tokens.items() if scope in granted}
    assert writing, "the test must have got the token"
    assert not [request for request in google.requests if request.token in writing], "it must not be used"


def test_scan_that_could_write_keeps_nothing(google, run):
    google.delegated.add(scopes.WRITING[0][0])
    with pytest.raises(OverPrivileged):
        collect(run())


def test_delegated_reader_without_super_administrator_still_gives_users(google, run):
    google.super_admins.clear()
    reading = read_once(CONNECTOR, run())
    found = outcomes(reading)
    assert found["two_step_enforced_users"] == "pass"
    assert found["two_step_policy_on"] == "not_checked"
    verdict = next(f.verdict for f in reading.findings if f.check == "google_workspace.two_step_policy_on")
    assert (verdict.reason_code, verdict.missing_scope) == ("forbidden_role", "")
    assert verdict.reason == "Only a super administrator may read policies; per-user checks still ran."


def test_access_levels_need_the_organization_and_the_role(google, run):
    assert collect(run(organization_id="")).access_levels == Unavailable(
        "not_configured", detail="No Google Cloud organization is entered, so access levels were not read."
    )
    google.reader_role = False
    part = collect(run()).access_bindings
    assert isinstance(part, Unavailable)
    assert (part.reason, part.missing_scope) == ("missing_scope", "roles/accesscontextmanager.policyReader")


def test_list_without_our_own_administrator_is_not_whole(google, run):
    google.users = [user("p0@x.io"), user("p1@x.io")]
    part = collect(run()).users
    assert isinstance(part, Unavailable)
    assert (part.reason, len(part.read)) == ("partial_data", 2)


def test_log_of_more_pages_than_we_read_is_partial(google, run, monkeypatch):
    monkeypatch.setattr(client_reports, "MOST_PAGES", 2)
    google.page_size = 2
    google.logs["login"] = [activity(1, "p1@x.io", "login_success") for _ in range(9)]
    part = collect(run()).logins
    assert isinstance(part, Unavailable)
    assert (part.reason, len(part.read)) == ("partial_data", 4)


def test_log_that_ends_on_the_last_page_is_whole(google, run, monkeypatch):
    monkeypatch.setattr(client_reports, "MOST_PAGES", 2)
    google.page_size = 2
    google.logs["login"] = [activity(1, "p1@x.io", "login_success") for _ in range(4)]
    assert len(collect(run()).logins) == 4


def test_everything_throttled_parks_the_scan(google, run):
    google.fault("/(admin|v1)/.*", throttled())
    with pytest.raises(RateLimited):
        collect(run())


def test_revoked_token_is_renewed_once(google, run):
    google.fault("/v1/devices", None, times=1, change=lambda answer: type(answer)({"error": {"code": 401}}, 401))
    snapshot = collect(run())
    assert not isinstance(snapshot.devices, Unavailable)
    assert len([1 for granted in google.tokens.values() if granted == set(scopes.DELEGATED)]) == 2


def test_canceled_scan_stops_all_hosts(google, run):
    class Stop(ConnectorError):
        code = "canceled"

    context = run()
    object.__setattr__(context, "progress", lambda part, seen: (_ for _ in ()).throw(Stop("stopped")))
    with pytest.raises(Stop):
        collect(context)
