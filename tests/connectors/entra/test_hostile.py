"""Answers that no documentation promises: each becomes not checked with its reason; none of them passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.connectors.entra.conftest import Context
from tests.connectors.entra.factory import FAIL, NOT_CHECKED, PASS
from tests.connectors.entra.fake import Tenant, error
from tests.connectors.entra.test_reading import missing, outcomes
from tests.fakes.vendor import Answer
from ztassess.connectors.entra import CONNECTOR
from ztassess.connectors.entra.collect import collect
from ztassess.connectors.errors import AuthFailed, BadAnswer, ConnectorError
from ztassess.connectors.netguard import Budget

POLICIES, USERS = "/v1.0/identity/conditionalAccess/policies", "/v1.0/users"
ROW = {"id": "x", "state": "enabled", "displayName": "p", "conditions": {}}
HOSTILE: dict[str, tuple[Answer, str]] = {
    "403 without a word": (Answer(None, 403), "missing_scope"),
    "403 of a permission": (error(403, "Authorization_RequestDenied", "no"), "missing_scope"),
    "403 of another kind": (error(403, "AccessDenied", "required scopes are missing"), "missing_scope"),
    "404": (error(404, "ResourceNotFound", "no"), "unsupported"),
    "410": (error(410, "Gone", "no"), "unsupported"),
    "400": (error(400, "BadRequest", "no"), "upstream_error"),
    "429 without Retry-After": (error(429, "TooManyRequests", "no"), "rate_limited"),
    "429 with an hour": (error(429, "TooManyRequests", "no", **{"retry-after": "3600"}), "rate_limited"),
    "500": (error(500, "InternalServerError", "no"), "upstream_error"),
    "503 with a date": (Answer({}, 503, {"retry-after": "Mon, 23 Nov 2026 12:00:00 GMT"}), "rate_limited"),
    "redirect": (Answer({}, 302, {"location": "http://169.254.169.254/"}), "upstream_error"),
    "cut JSON": (Answer(raw=b'{"value":[{"id":"x"'), "upstream_error"),
    "empty body": (Answer(raw=b""), "upstream_error"),
    "HTML": (Answer(raw=b"<html>Sign in</html>", kind="text/html"), "upstream_error"),
    "NaN": (Answer(raw=b'{"value":[NaN]}'), "upstream_error"),
    "deep": (Answer(raw=b"[" * 5000 + b"]" * 5000), "upstream_error"),
    "not UTF-8": (Answer(raw=b'{"value":["\xff"]}'), "upstream_error"),
    "a list": (Answer([ROW]), "upstream_error"),
    "no value": (Answer({"@odata.context": "c"}), "upstream_error"),
    "value is null": (Answer({"value": None}), "upstream_error"),
    "value is an object": (Answer({"value": {"id": "x"}}), "upstream_error"),
    "rows are text": (Answer({"value": ["x"]}), "upstream_error"),
    "200 with an error": (error(200, "Unauthorized", "no"), "upstream_error"),
    "a row without id": (Answer({"value": [{"state": "enabled"}]}), "upstream_error"),
    "a row without state": (Answer({"value": [{"id": "x"}]}), "upstream_error"),
    "a number as state": (Answer({"value": [{**ROW, "state": 1}]}), "upstream_error"),
    "text instead of a list": (
        Answer({"value": [{**ROW, "conditions": {"users": {"includeUsers": "All"}}}]}),
        "upstream_error",
    ),
    "a list instead of an object": (Answer({"value": [{**ROW, "conditions": {"users": ["All"]}}]}), "upstream_error"),
    "a link that is no text": (Answer({"value": [], "@odata.nextLink": 7}), "partial_data"),
    "a link to another server": (
        Answer({"value": [], "@odata.nextLink": "https://evil.example/v1.0/x"}),
        "partial_data",
    ),
    "a link without TLS": (Answer({"value": [], "@odata.nextLink": "http://localhost/v1.0/x"}), "partial_data"),
    "more stated than sent": (Answer({"value": [], "@odata.count": 5}), "partial_data"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_an_answer_nobody_promised_is_not_checked(tenant: Tenant, context: Context, name: str) -> None:
    answer, reason = HOSTILE[name]
    tenant.fault(POLICIES, answer)
    snapshot = collect(context())
    assert missing(snapshot)["policies"][0] == reason
    words = outcomes(snapshot)
    about = {check.id.removeprefix("entra.") for check in CONNECTOR.checks if "policies" in check.parts}
    assert {name for name in about if words[name] is PASS} == set()
    assert {name for name in about if words[name] is FAIL} == set()
    assert words["leavers_disabled"] is PASS


def endless() -> Callable[[Answer], Answer]:
    number = 0

    def change(answer: Answer) -> Answer:
        nonlocal number
        number += 1
        return Answer({**answer.value, "@odata.nextLink": f"/v1.0/identity/conditionalAccess/policies?n={number}"})

    return change


def test_a_chain_without_an_end_is_partial(tenant: Tenant, context: Context) -> None:
    tenant.fault(POLICIES, change=endless())
    given = replace(context(), budget=Budget(seconds=60, wire_bytes=64 << 20, decoded_bytes=64 << 20, pages=40))
    snapshot = collect(given)
    assert missing(snapshot)["policies"][0] == "partial_data"
    assert outcomes(snapshot)["mfa_required_all_users"] is NOT_CHECKED


def test_a_chain_in_a_circle_is_partial(tenant: Tenant, context: Context) -> None:
    def change(answer: Answer) -> Answer:
        return Answer({**answer.value, "@odata.nextLink": "/v1.0/identity/conditionalAccess/policies?again=1"})

    tenant.fault(POLICIES, change=change)
    assert missing(collect(context()))["policies"][0] == "partial_data"


def test_a_chain_that_breaks_keeps_what_came_but_never_passes(tenant: Tenant, context: Context) -> None:
    tenant.size = 2
    tenant.fault(POLICIES, error(500, "InternalServerError", "no"), after=1)
    snapshot = collect(context())
    assert missing(snapshot)["policies"][0] == "upstream_error"
    assert len(snapshot.policies.read) == 2  # type: ignore[union-attr]
    assert outcomes(snapshot)["mfa_required_all_users"] is NOT_CHECKED


def test_repeated_rows_do_not_stand_for_missing_ones(tenant: Tenant, context: Context) -> None:
    tenant.size = 2

    def change(answer: Answer) -> Answer:
        rows = answer.value["value"]
        return Answer({**answer.value, "value": [*rows[:1], *rows[:1]]})

    tenant.fault(USERS, change=change)
    snapshot = collect(context())
    assert missing(snapshot)["users"] == ("partial_data", "")


def test_a_huge_body_ends_the_part_and_not_the_process(tenant: Tenant, context: Context) -> None:
    tenant.fault(POLICIES, Answer(raw=b'{"value":["' + b"x" * (3 << 20) + b'"]}'))
    given = replace(context(), budget=Budget(seconds=60, wire_bytes=2 << 20, decoded_bytes=2 << 20, pages=100))
    try:
        words = outcomes(collect(given))
    except ConnectorError:
        return
    assert words["mfa_required_all_users"] is NOT_CHECKED


@pytest.mark.parametrize("fields", ["id", "userPrincipalName", "accountEnabled"])
def test_a_field_that_is_missing_everywhere_passes_nothing_about_people(
    tenant: Tenant, context: Context, fields: str
) -> None:
    for row in tenant.state["/users"]:
        row.pop(fields)
    words = outcomes(collect(context()))
    for check in ("leavers_disabled", "headcount_covered"):
        # Nobody who left is there at all, which needs no more to be known.
        assert words[check] is not PASS or (fields, check) == ("accountEnabled", "leavers_disabled")


def test_dates_in_the_future_and_never_are_understood(tenant: Tenant, context: Context) -> None:
    devices = tenant.state["/deviceManagement/managedDevices"]
    devices[0]["lastSyncDateTime"] = "0001-01-01T00:00:00Z"
    devices[1]["lastSyncDateTime"] = "2026-11-22T10:00:00.1234567Z"
    assert outcomes(collect(context()))["devices_known"] is FAIL


def test_a_date_that_is_none_is_malformed(tenant: Tenant, context: Context) -> None:
    tenant.state["/deviceManagement/managedDevices"][0]["lastSyncDateTime"] = "yesterday"
    assert missing(collect(context()))["devices"][0] == "upstream_error"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer({"token_type": "Bearer"}), BadAnswer),
        (Answer({"access_token": 7}), BadAnswer),
        (Answer(raw=b"<html>", kind="text/html"), BadAnswer),
        (Answer([], 200), BadAnswer),
        (Answer({"error": "invalid_client"}, 401), AuthFailed),
        (Answer(None, 403), AuthFailed),
        (Answer({}, 500), ConnectorError),
        (Answer({}, 429), ConnectorError),
    ],
)
def test_a_sign_in_that_goes_wrong_is_one_sentence(
    tenant: Tenant, context: Context, answer: Answer, kind: type[ConnectorError]
) -> None:
    tenant.fault("/.*/token", answer)
    with pytest.raises(kind) as caught:
        collect(context())
    assert caught.value.sentence
    assert tenant.asked("/v1.0/.*") == []


def test_permission_lowered_half_way_costs_only_what_was_not_read(tenant: Tenant, context: Context) -> None:
    tenant.size = 2
    tenant.fault(USERS, error(403, "Authorization_RequestDenied", "no"), after=3)
    snapshot = collect(context())
    lost: Any = missing(snapshot)
    assert set(lost) <= {"users", "sign_ins", "guests"}
    assert outcomes(snapshot)["mfa_required_all_users"] is PASS
