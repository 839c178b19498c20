"""What a broken, hostile or overloaded Google gives: never a pass, never a fail that was not seen."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.connectors.google_workspace.conftest import outcomes
from tests.connectors.google_workspace.fake import switched_off, throttled
from tests.fakes.vendor import Answer
from ztassess.connectors.errors import AuthFailed, BadAnswer, BudgetExceeded
from ztassess.connectors.google_workspace import CONNECTOR
from ztassess.connectors.google_workspace.collect import collect
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Unavailable

USERS, POLICIES, UNITS = (
    "/admin/directory/v1/users",
    "/v1/policies",
    "/admin/directory/v1/customer/my_customer/orgunits",
)
DEVICES, LOGS = "/v1/devices", "/admin/reports/v1/activity/users/all/applications/login"
OF_PART = {
    USERS: ("users", ("two_step_enforced_users", "account_inventory", "super_admin_count", "headcount_covered")),
    POLICIES: ("policies", ("two_step_policy_on", "security_keys_only", "session_length_limited", "no_weak_bypass")),
    UNITS: ("org_units", ("two_step_policy_on", "security_keys_only", "session_length_limited")),
    DEVICES: ("devices", ("devices_healthy",)),
    LOGS: ("logins", ("audit_logs_readable", "idp_not_federated", "leavers_suspended")),
}


def _raw(text: bytes, kind: str = "application/json") -> Answer:
    return Answer(raw=text, kind=kind)


def _whole(value: Any) -> bytes:
    return json.dumps(value).encode()


HUGE = b'{"users": ["' + b"x" * (70 << 20) + b'"]}'
ANSWERS: tuple[tuple[str, Answer, str], ...] = (
    ("403 role", Answer({"error": {"code": 403, "status": "PERMISSION_DENIED"}}, 403), "forbidden_role"),
    ("403 throttle", throttled("quotaExceeded"), "rate_limited"),
    ("403 throttle of the day", throttled("dailyLimitExceeded"), "rate_limited"),
    ("403 no scope", throttled("insufficientPermissions"), "missing_scope"),
    ("403 switched off", switched_off(), "not_configured"),
    ("403 garbage", _raw(b"<html>no</html>", "text/html"), "upstream_error"),
    ("404", Answer({"error": {"code": 404, "status": "NOT_FOUND"}}, 404), "unsupported"),
    ("429 with Retry-After", Answer({}, 429, {"retry-after": "2"}), "rate_limited"),
    ("429 with a far Retry-After", Answer({}, 429, {"retry-after": "4000"}), "rate_limited"),
    ("429 without", Answer({}, 429), "rate_limited"),
    ("500", Answer({"error": {"code": 500}}, 500), "upstream_error"),
    ("cut JSON", _raw(b'{"kind": "admin#directory#users", "users": [{"primaryEm'), "upstream_error"),
    ("HTML with 200", _raw(b"<html>Sign in</html>", "text/html"), "upstream_error"),
    ("list where an object is", _raw(_whole([])), "upstream_error"),
    ("null", _raw(b"null"), "upstream_error"),
    ("empty body", _raw(b""), "upstream_error"),
    ("error with 200", Answer({"error": {"code": 403, "message": "no"}}), "upstream_error"),
    ("another list", Answer({"kind": "admin#directory#groups", "groups": []}), "upstream_error"),
    ("NaN", _raw(b'{"users": [NaN], "policies": [NaN], "devices": [NaN], "items": [NaN]}'), "upstream_error"),
    ("redirect", Answer({}, 302, {"location": "http://169.254.169.254/"}), "upstream_error"),
)


@pytest.mark.parametrize("shift", range(len(ANSWERS) // len(OF_PART)))
def test_bad_answer_becomes_a_reason_and_no_verdict(google, run, shift):
    """Each run gives each interface another answer of the table."""
    chosen = dict(zip(OF_PART, ANSWERS[shift :: len(ANSWERS) // len(OF_PART)], strict=True))
    for path, (_, answer, _) in chosen.items():
        google.fault(path, answer)
    snapshot = collect(run())
    found = outcomes(judge(CONNECTOR, snapshot))
    for path, (title, _, reason) in chosen.items():
        name, checks = OF_PART[path]
        part = getattr(snapshot, name)
        assert isinstance(part, Unavailable), (title, name)
        assert part.reason == reason, (title, name, part)
        assert {found[check] for check in checks} == {"not_checked"}, (title, found)


def _without(*names: str) -> Any:
    def change(answer: Answer) -> Answer:
        value = json.loads(answer.body)
        for rows in value.values():
            for row in rows if isinstance(rows, list) else ():
                for name in names:
                    row.pop(name, None)
        return Answer(value)

    return change


def _typed(name: str, wrong: Any) -> Any:
    def change(answer: Answer) -> Answer:
        value = json.loads(answer.body)
        next(rows for rows in value.values() if isinstance(rows, list))[0][name] = wrong
        return Answer(value)

    return change


@pytest.mark.parametrize(
    "changes",
    [
        {USERS: _without("suspended"), POLICIES: _without("setting"), DEVICES: _without("name"), LOGS: _without("id")},
        {
            USERS: _without("primaryEmail"),
            POLICIES: _typed("policyQuery", []),
            LOGS: _typed("events", {"name": "login_success"}),
        },
        {
            USERS: _typed("isEnforcedIn2Sv", "true"),
            POLICIES: _typed("setting", {"type": 7}),
            DEVICES: _typed("name", 7),
        },
        {
            USERS: _typed("lastLoginTime", "yesterday"),
            POLICIES: _typed("setting", {"type": "settings/security.less_secure_apps", "value": "off"}),
        },
    ],
)
def test_missing_field_or_wrong_type_is_no_verdict(google, run, changes):
    for path, change in changes.items():
        google.fault(path, None, change=change)
    snapshot = collect(run())
    found = outcomes(judge(CONNECTOR, snapshot))
    for path in changes:
        name, checks = OF_PART[path]
        part = getattr(snapshot, name)
        assert isinstance(part, Unavailable), name
        assert part.reason == "upstream_error", part
        assert {found[check] for check in checks} == {"not_checked"}


def test_absent_enforcement_is_not_false(google, run):
    google.fault(USERS, None, change=_without("isEnforcedIn2Sv"))
    found = outcomes(judge(CONNECTOR, collect(run())))
    assert found["two_step_enforced_users"] == found["admins_two_step"] == "not_checked"


def test_endless_chain_of_pages_ends_as_partial(google, run):
    def onward(answer: Answer) -> Answer:
        return Answer(json.loads(answer.body) | {"nextPageToken": "0"})

    for path in OF_PART:
        google.fault(path, None, change=onward)
    snapshot = collect(run())
    for path, (name, _) in OF_PART.items():
        if path == UNITS:
            continue  # Google does not page units
        part = getattr(snapshot, name)
        assert isinstance(part, Unavailable)
        assert part.reason == "partial_data"
    found = outcomes(judge(CONNECTOR, snapshot))
    assert "pass" not in {found[check] for path in (USERS, POLICIES, DEVICES, LOGS) for check in OF_PART[path][1]}


def test_page_that_breaks_keeps_what_came_before_it(google, run):
    google.page_size = 3
    google.users[1]["isEnforcedIn2Sv"] = False
    google.fault(USERS, Answer({}, 500), after=1)
    snapshot = collect(run())
    found = outcomes(judge(CONNECTOR, snapshot))
    assert found["two_step_enforced_users"] == "fail", "what was seen stays"
    assert found["shared_mailboxes_absent"] == "not_checked", "what was not seen does not pass"


def test_policies_that_broke_off_judge_nothing(google, run):
    """A policy that did not come may overrule any that did."""
    google.page_size = 3
    google.policies[0]["setting"]["value"]["enforcedFrom"] = "1970-01-01T00:00:00Z"
    google.fault(POLICIES, Answer({}, 500), after=1)
    found = outcomes(judge(CONNECTOR, collect(run())))
    assert found["two_step_policy_on"] == "not_checked"


def test_empty_policies_are_neither_on_nor_off(google, run):
    google.policies = []
    reading = judge(CONNECTOR, collect(run()))
    verdict = next(f.verdict for f in reading.findings if f.check == "google_workspace.two_step_policy_on")
    assert (verdict.outcome, verdict.reason_code) == ("not_checked", "empty")
    assert verdict.reason == "The policy list is empty; not counted as 'off' or 'on'."


def test_huge_body_ends_within_the_budget(google, run):
    google.fault(USERS, _raw(HUGE))
    try:
        found = outcomes(judge(CONNECTOR, collect(run())))
    except BudgetExceeded:
        return
    assert {found[check] for check in OF_PART[USERS][1]} == {"not_checked"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer({"error": "invalid_grant"}, 400), AuthFailed),
        (Answer({"error": "invalid_client"}, 401), AuthFailed),
        (Answer({}, 500), BadAnswer),
        (_raw(b"<html>"), BadAnswer),
        (Answer({"token_type": "Bearer"}), BadAnswer),
    ],
    ids=["400", "401", "500", "HTML", "no token"],
)
def test_broken_token_address_fails_the_reading(google, run, answer, error):
    google.fault("/token", answer)
    with pytest.raises(error):
        collect(run())


def test_401_everywhere_is_a_failed_sign_in(google, run):
    google.fault("/(admin|v1)/.*", Answer({"error": {"code": 401}}, 401))
    with pytest.raises(AuthFailed):
        collect(run())


def test_switched_off_interface_names_itself_and_the_project(google, run):
    google.fault(POLICIES, switched_off())
    part = collect(run()).policies
    assert isinstance(part, Unavailable)
    assert part.detail == "Enable cloudidentity.googleapis.com in Cloud project 815."


def test_role_that_is_lacking_names_administrator_and_part(google, run):
    google.fault(DEVICES, Answer({"error": {"code": 403, "status": "PERMISSION_DENIED"}}, 403))
    part = collect(run()).devices
    assert isinstance(part, Unavailable)
    assert (part.reason, part.missing_scope, part.detail) == (
        "forbidden_role",
        "",
        "root@x.io lacks the admin role for devices.",
    )


def test_short_throttle_is_waited_for(google, run):
    google.fault(DEVICES, throttled("rateLimitExceeded"), times=2)
    google.fault(POLICIES, Answer({}, 429, {"retry-after": "1"}), times=1)
    snapshot = collect(run())
    assert not isinstance(snapshot.devices, Unavailable)
    assert not isinstance(snapshot.policies, Unavailable)
    assert len(google.asked(DEVICES)) == 3
