"""Answers that Fleet should never give, one part at a time: each with its reason, none of them ending in a pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.connectors.fleet.conftest import MakeContext, no_secret
from tests.connectors.fleet.fake import HOSTS, ME, Server, host
from tests.fakes.hostile import HTML, hostile_lists, reason_of
from tests.fakes.vendor import Answer
from ztassess.connectors.errors import ConnectorError
from ztassess.connectors.fleet import CONNECTOR
from ztassess.connectors.fleet.collect import collect
from ztassess.connectors.netguard import Budget
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

BAD_HOSTS: list[tuple[str, dict[str, Any]]] = [
    ("id is a list", {"id": []}),
    ("no id", {"id": None}),
    ("encryption is a word", {"disk_encryption_enabled": "yes"}),
    ("enrollment is a number", {"mdm": {"enrollment_status": 1}}),
    ("mdm is a word", {"mdm": "On"}),
    ("count is a word", {"issues": {"failing_policies_count": "none"}}),
    ("moment is a word", {"seen_time": "soon"}),
    ("policies is an object", {"policies": {}}),
]


def outcome(snapshot: Any) -> Outcome:
    (result,) = judge(CONNECTOR, snapshot).results
    return result.outcome


@pytest.mark.parametrize(("answer", "reason"), hostile_lists())
def test_hostile_list_of_hosts(server: Server, context: MakeContext, answer: Answer, reason: str) -> None:
    server.fault(HOSTS, answer)
    found, snapshot = reason_of(collect, context(), "hosts")
    assert found == reason
    # What may be different in a minute is tried again as a whole; what was refused is told by the check.
    assert (snapshot is None) is (reason in ("rate_limited", "upstream_error") and answer.status != 400)
    if snapshot is not None:
        assert outcome(snapshot) is Outcome.NOT_CHECKED
        no_secret(snapshot, judge(CONNECTOR, snapshot))


@pytest.mark.parametrize(
    ("answer", "reason"), hostile_lists("403", "404", "429 bare", "500", "truncated JSON", "HTML with 200", "null")
)
def test_hostile_page_of_a_host(server: Server, context: MakeContext, answer: Answer, reason: str) -> None:
    server.fault(f"{HOSTS}/.*", answer)
    snapshot = collect(context())
    assert isinstance(snapshot.hosts, tuple), "one part's trouble is not another's"
    if reason != "unsupported":
        assert isinstance(snapshot.encryption, Unavailable)
        assert snapshot.encryption.reason == reason
    assert outcome(snapshot) is Outcome.NOT_CHECKED
    no_secret(snapshot, judge(CONNECTOR, snapshot))


@pytest.mark.parametrize("changes", [pytest.param(changes, id=name) for name, changes in BAD_HOSTS])
def test_host_of_another_form_is_a_hole(server: Server, context: MakeContext, changes: dict[str, Any]) -> None:
    server.tells_disks = True
    server.hosts[2] |= changes
    server.fault(HOSTS, Answer({"hosts": [*server.hosts[:2], {**host(3), **changes}]}))
    snapshot = collect(context())
    assert isinstance(snapshot.hosts, Unavailable)
    assert snapshot.hosts.reason == "upstream_error"
    assert outcome(snapshot) is Outcome.NOT_CHECKED


def test_null_everywhere_is_unknown_and_no_pass(server: Server, context: MakeContext) -> None:
    server.hosts = [{"id": 1} | dict.fromkeys(set(host(1)) - {"id"})]
    snapshot = collect(context())
    assert outcome(snapshot) is Outcome.NOT_CHECKED


def test_pages_that_repeat_a_host_can_fail_but_not_pass(server: Server, context: MakeContext) -> None:
    server.fault(HOSTS, Answer({"hosts": [host(1), host(2)]}))
    snapshot = collect(context())
    assert isinstance(snapshot.hosts, Unavailable)
    assert (snapshot.hosts.reason, len(snapshot.hosts.read)) == ("partial_data", 2)
    assert outcome(snapshot) is Outcome.NOT_CHECKED
    server.faults.clear()
    server.fault(HOSTS, Answer({"hosts": [host(1, disk_encryption_enabled=False), host(2)]}))
    assert outcome(collect(context())) is Outcome.FAIL


def test_last_page_that_breaks_off_can_fail_but_not_pass(server: Server, context: MakeContext) -> None:
    server.fault(HOSTS, Answer(raw=b'{"hosts": ['), after=1)
    snapshot = collect(context())
    assert isinstance(snapshot.hosts, Unavailable)
    assert len(snapshot.hosts.read) == 2
    assert outcome(snapshot) is Outcome.NOT_CHECKED


def test_endless_pages_end_with_the_budget(server: Server, context: MakeContext) -> None:
    numbers = iter(range(10, 10_000))
    server.fault(HOSTS, change=lambda _: Answer({"hosts": [host(next(numbers))]}))
    snapshot = collect(replace(context(), budget=Budget(pages=30)))
    assert isinstance(snapshot.hosts, Unavailable)
    assert snapshot.hosts.reason == "partial_data"
    assert outcome(snapshot) is Outcome.NOT_CHECKED


def test_huge_body_ends_with_the_budget(server: Server, context: MakeContext) -> None:
    server.fault(HOSTS, Answer(raw=b'{"hosts": ["' + b"x" * (3 << 20) + b'"]}'))
    snapshot = collect(replace(context(), budget=Budget(wire_bytes=1 << 20, decoded_bytes=1 << 20)))
    assert isinstance(snapshot.hosts, Unavailable)
    assert snapshot.hosts.reason == "partial_data"


@pytest.mark.parametrize("answer", [HTML, Answer([]), Answer({"user": []}), Answer(None, 500)])
def test_rights_that_cannot_be_understood_end_the_reading(server: Server, context: MakeContext, answer: Answer) -> None:
    server.fault(ME, answer)
    with pytest.raises(ConnectorError):
        collect(context())
    assert not server.asked(HOSTS)
