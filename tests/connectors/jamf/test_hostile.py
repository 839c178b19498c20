"""Answers that Jamf Pro should never give: each with its reason, none of them ending in a pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.connectors.jamf.conftest import MakeContext, no_secret
from tests.connectors.jamf.fake import AUTH, BOOT, INVENTORY, TOKENS, Server, computer
from tests.fakes.hostile import HTML, hostile_lists, reason_of
from tests.fakes.vendor import Answer
from ztassess.connectors.errors import ConnectorError
from ztassess.connectors.jamf import CONNECTOR, client
from ztassess.connectors.jamf.collect import collect
from ztassess.connectors.netguard import Budget
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

BAD_COMPUTERS: list[tuple[str, dict[str, Any]]] = [
    ("id is a number", {"id": 7}),
    ("no id", {"id": None}),
    ("managed is a word", {"general__remoteManagement": {"managed": "yes"}}),
    ("management is a list", {"general__remoteManagement": []}),
    ("state is a number", {BOOT: {"partitionFileVault2State": 1}}),
    ("percent is a word", {BOOT: {"partitionFileVault2Percent": "all"}}),
    ("moment is a word", {"general__lastContactTime": "soon"}),
    ("general is a list", {"general": []}),
]


def outcome(snapshot: Any) -> Outcome:
    (result,) = judge(CONNECTOR, snapshot).results
    return result.outcome


@pytest.mark.parametrize(("answer", "reason"), hostile_lists())
def test_hostile_list(server: Server, context: MakeContext, answer: Answer, reason: str) -> None:
    server.fault(".*/computers-inventory", answer)
    found, snapshot = reason_of(collect, context(), "computers")
    assert found == reason
    # What may be different in a minute is tried again as a whole; what was refused is told by the check.
    assert (snapshot is None) is (reason in ("rate_limited", "upstream_error") and answer.status != 400)
    if snapshot is not None:
        assert outcome(snapshot) is Outcome.NOT_CHECKED
        no_secret(snapshot, judge(CONNECTOR, snapshot))


@pytest.mark.parametrize("changes", [pytest.param(changes, id=name) for name, changes in BAD_COMPUTERS])
def test_computer_of_another_form_is_a_hole(server: Server, context: MakeContext, changes: dict[str, Any]) -> None:
    server.fault(INVENTORY, Answer({"totalCount": 2, "results": [computer(1), computer(2, **changes)]}))
    snapshot = collect(context())
    assert isinstance(snapshot.computers, Unavailable)
    assert snapshot.computers.reason == "upstream_error"
    assert outcome(snapshot) is Outcome.NOT_CHECKED


@pytest.mark.parametrize(
    "page",
    [
        {"totalCount": 5, "results": [computer(1)]},
        {"totalCount": 2, "results": [computer(1), computer(1)]},
    ],
)
def test_list_that_is_not_whole_proves_nothing(server: Server, context: MakeContext, page: dict[str, Any]) -> None:
    server.fault(INVENTORY, Answer(page))
    snapshot = collect(context())
    assert isinstance(snapshot.computers, Unavailable)
    assert snapshot.computers.reason == "partial_data"
    assert outcome(snapshot) is Outcome.NOT_CHECKED


@pytest.mark.parametrize("page", [{"results": [computer(1)]}, {"totalCount": 1, "results": []}])
def test_list_that_contradicts_itself_ends_the_reading(
    server: Server, context: MakeContext, page: dict[str, Any]
) -> None:
    server.fault(INVENTORY, Answer(page))
    with pytest.raises(ConnectorError):
        collect(context())


def test_empty_records_are_unknown_and_no_pass(server: Server, context: MakeContext) -> None:
    server.fault(INVENTORY, Answer({"totalCount": 1, "results": [{"id": "1", "general": None, "hardware": None}]}))
    assert outcome(collect(context())) is Outcome.NOT_CHECKED


def test_second_page_that_breaks_can_fail_but_not_pass(
    server: Server, context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client.computers, "__defaults__", (2,))
    server.fault(INVENTORY, Answer(raw=b'{"totalCount": 3, "results": ['), after=1)
    snapshot = collect(context())
    assert isinstance(snapshot.computers, Unavailable)
    assert len(snapshot.computers.read) == 2
    assert outcome(snapshot) is Outcome.NOT_CHECKED
    server.faults.clear()
    server.computers[0]["general"]["remoteManagement"]["managed"] = False
    server.fault(INVENTORY, Answer(raw=b'{"totalCount": 3, "results": ['), after=1)
    assert outcome(collect(context())) is Outcome.FAIL


def test_total_without_end_stops_at_the_budget(server: Server, context: MakeContext) -> None:
    server.fault(INVENTORY, Answer({"totalCount": 10_000_000, "results": [computer(1)]}))
    snapshot = collect(replace(context(), budget=Budget(pages=30)))
    assert isinstance(snapshot.computers, Unavailable)
    assert snapshot.computers.reason == "partial_data"
    assert len(server.asked(INVENTORY)) <= 31


def test_huge_body_ends_with_the_budget(server: Server, context: MakeContext) -> None:
    server.fault(INVENTORY, Answer(raw=b'{"results": ["' + b"x" * (3 << 20) + b'"]}'))
    snapshot = collect(replace(context(), budget=Budget(wire_bytes=1 << 20, decoded_bytes=1 << 20)))
    assert isinstance(snapshot.computers, Unavailable)
    assert snapshot.computers.reason == "partial_data"


@pytest.mark.parametrize(
    "answer",
    [
        HTML,
        Answer([]),
        Answer({"account": []}),
        Answer({"account": {"privilegesBySite": {"-1": "everything"}}}),
        Answer({"account": {"privilegesBySite": ["Read Computers"]}}),
        Answer(None, 500),
    ],
)
def test_rights_that_cannot_be_understood_end_the_reading(server: Server, context: MakeContext, answer: Answer) -> None:
    server.fault(AUTH, answer)
    with pytest.raises(ConnectorError):
        collect(context())
    assert not server.asked(INVENTORY)


@pytest.mark.parametrize(
    "answer",
    [Answer({}), Answer({"access_token": 7}), Answer({"access_token": "a\nb"}), Answer([]), HTML, Answer(None, 500)],
)
def test_hostile_token_address_ends_the_reading(server: Server, context: MakeContext, answer: Answer) -> None:
    server.fault(TOKENS, answer)
    with pytest.raises(ConnectorError) as found:
        collect(context())
    assert len(server.asked(TOKENS)) <= 3
    no_secret(found.value.sentence)
