"""Answers that JumpCloud should never give, one part at a time: each with its reason, none of them ending in a pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.connectors.jumpcloud.conftest import MakeContext, no_secret
from tests.connectors.jumpcloud.fake import SYSTEMS, USERS, Region, system, user
from tests.fakes.hostile import HTML, hostile_lists
from tests.fakes.vendor import Answer
from ztassess.connectors.errors import ConnectorError
from ztassess.connectors.jumpcloud import CONNECTOR, client
from ztassess.connectors.jumpcloud.collect import collect
from ztassess.connectors.netguard import Budget
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

MFA, DEVICES = "jumpcloud.mfa_required", "jumpcloud.devices_healthy"
BAD_USERS: list[tuple[str, dict[str, Any]]] = [
    ("id is a number", {"_id": 7}),
    ("no id", {"_id": None}),
    ("activated is a word", {"activated": "true"}),
    ("mfa is a flag", {"mfa": True}),
    ("configured is a word", {"mfa": {"configured": "yes", "exclusion": False}}),
    ("moment is a word", {"mfa": {"configured": True, "exclusion": True, "exclusionUntil": "soon"}}),
    ("address is a list", {"email": ["a@acme.example"]}),
]
BAD_SYSTEMS: list[tuple[str, dict[str, Any]]] = [
    ("encryption is a flag", {"fde": True}),
    ("active is a word", {"fde": {"active": "on"}}),
    ("contact is a number", {"lastContact": 1764061200}),
    ("owner is a word", {"primarySystemUser": "u1"}),
]


def outcomes(snapshot: Any) -> dict[str, Outcome]:
    return {result.check: result.outcome for result in judge(CONNECTOR, snapshot).results}


@pytest.mark.parametrize(("answer", "reason"), hostile_lists())
def test_hostile_list_of_users(region: Region, context: MakeContext, answer: Answer, reason: str) -> None:
    region.fault(USERS, answer)
    snapshot = collect(context())
    assert isinstance(snapshot.users, Unavailable)
    assert snapshot.users.reason == reason
    assert isinstance(snapshot.systems, tuple), "one part's trouble is not another's"
    assert outcomes(snapshot)[MFA] is Outcome.NOT_CHECKED
    no_secret(snapshot, judge(CONNECTOR, snapshot))


@pytest.mark.parametrize(
    ("answer", "reason"), hostile_lists("403", "429 bare", "500", "truncated JSON", "HTML with 200", "null")
)
def test_hostile_list_of_systems(region: Region, context: MakeContext, answer: Answer, reason: str) -> None:
    region.fault(SYSTEMS, answer)
    snapshot = collect(context())
    assert isinstance(snapshot.systems, Unavailable)
    assert snapshot.systems.reason == reason
    assert outcomes(snapshot)[DEVICES] is Outcome.NOT_CHECKED


@pytest.mark.parametrize("changes", [pytest.param(changes, id=name) for name, changes in BAD_USERS])
def test_user_of_another_form_is_a_hole(region: Region, context: MakeContext, changes: dict[str, Any]) -> None:
    region.fault(USERS, Answer({"totalCount": 2, "results": [user(1), user(2, **changes)]}))
    snapshot = collect(context())
    assert isinstance(snapshot.users, Unavailable)
    assert (snapshot.users.reason, len(snapshot.users.read)) == ("upstream_error", 1)
    assert outcomes(snapshot)[MFA] is Outcome.NOT_CHECKED


@pytest.mark.parametrize("changes", [pytest.param(changes, id=name) for name, changes in BAD_SYSTEMS])
def test_system_of_another_form_is_a_hole(region: Region, context: MakeContext, changes: dict[str, Any]) -> None:
    region.fault(SYSTEMS, Answer({"totalCount": 2, "results": [system(1), system(2, **changes)]}))
    snapshot = collect(context())
    assert isinstance(snapshot.systems, Unavailable)
    assert outcomes(snapshot)[DEVICES] is Outcome.NOT_CHECKED


@pytest.mark.parametrize(
    "page",
    [
        {"totalCount": 5, "results": [user(1)]},
        {"totalCount": 1, "results": []},
        {"totalCount": 2, "results": [user(1), user(1)]},
        {"results": [user(1)]},
        {"totalCount": "many", "results": [user(1)]},
    ],
)
def test_list_that_is_not_whole_proves_nothing(region: Region, context: MakeContext, page: dict[str, Any]) -> None:
    region.fault(USERS, Answer(page))
    snapshot = collect(context())
    assert isinstance(snapshot.users, Unavailable)
    assert outcomes(snapshot)[MFA] is Outcome.NOT_CHECKED


def test_empty_objects_are_unknown_and_no_pass(region: Region, context: MakeContext) -> None:
    region.fault(USERS, Answer({"totalCount": 1, "results": [{"_id": "u1"}]}))
    region.fault(SYSTEMS, Answer({"totalCount": 1, "results": [{"_id": "s1"}]}))
    assert set(outcomes(collect(context())).values()) == {Outcome.NOT_CHECKED}


def test_second_page_that_breaks_can_fail_but_not_pass(
    region: Region, context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client.users, "__defaults__", (2,))
    region.fault(USERS, Answer(raw=b'{"totalCount": 3, "results": ['), after=1)
    snapshot = collect(context())
    assert isinstance(snapshot.users, Unavailable)
    assert len(snapshot.users.read) == 2
    assert outcomes(snapshot)[MFA] is Outcome.NOT_CHECKED
    region.faults.clear()
    region.users[0]["enable_user_portal_multifactor"] = False
    region.fault(USERS, Answer(raw=b'{"totalCount": 3, "results": ['), after=1)
    assert outcomes(collect(context()))[MFA] is Outcome.FAIL


def test_total_without_end_stops_at_the_budget(region: Region, context: MakeContext) -> None:
    region.fault(USERS, Answer({"totalCount": 10_000_000, "results": [user(1)]}))
    snapshot = collect(replace(context(), budget=Budget(pages=30)))
    assert isinstance(snapshot.users, Unavailable)
    assert snapshot.users.reason == "partial_data"


def test_huge_body_ends_with_the_budget(region: Region, context: MakeContext) -> None:
    huge = Answer(raw=b'{"results": ["' + b"x" * (3 << 20) + b'"]}')
    region.fault(USERS, huge)
    region.fault(SYSTEMS, huge)
    with pytest.raises(ConnectorError):
        collect(replace(context(), budget=Budget(wire_bytes=1 << 20, decoded_bytes=1 << 20)))


@pytest.mark.parametrize(
    "answer",
    [Answer({}), Answer({"access_token": 7}), Answer({"access_token": "a\nb"}), Answer([]), HTML, Answer(None, 500),
     Answer({"error": "invalid_scope"}, 400), Answer({"error": "no"}, 403)],
)  # fmt: skip
def test_hostile_token_address_ends_the_reading(region: Region, context: MakeContext, answer: Answer) -> None:
    region.fault("/oauth2/token", answer)
    with pytest.raises(ConnectorError) as found:
        collect(context(key=""))
    no_secret(found.value.sentence)
    assert not region.asked(USERS)
