"""Answers that the vendor should never give: each with its reason, none of them ending in a pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.connectors.kandji.conftest import MakeContext, no_secret
from tests.connectors.kandji.fake import DEVICES, Tenant, device
from tests.fakes.hostile import hostile_lists, reason_of
from tests.fakes.vendor import Answer
from ztassess.connectors.kandji import CONNECTOR
from ztassess.connectors.kandji.collect import collect
from ztassess.connectors.netguard import Budget
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

BAD_DEVICES: list[tuple[str, dict[str, Any]]] = [
    ("id is a number", {"device_id": 7}),
    ("no id", {"device_id": None}),
    ("enrollment is a word", {"mdm_enabled": "True"}),
    ("missing is a number", {"is_missing": 0}),
    ("moment is a word", {"last_check_in": "1 month ago"}),
    ("address is a number", {"user": {"email": 7}}),
]
BAD_DETAILS: list[tuple[str, Any]] = [
    ("a word of next year", {"filevault": {"filevault_enabled": "pending"}}),
    ("a number", {"filevault": {"filevault_enabled": 1}}),
    ("a list", {"filevault": {"filevault_enabled": []}}),
]


def outcome(snapshot: Any) -> Outcome:
    (result,) = judge(CONNECTOR, snapshot).results
    return result.outcome


@pytest.mark.parametrize(("answer", "reason"), hostile_lists())
def test_hostile_list_of_devices(tenant: Tenant, context: MakeContext, answer: Answer, reason: str) -> None:
    tenant.fault(DEVICES, answer)
    found, snapshot = reason_of(collect, context(), "devices")
    assert found == reason
    # What may be different in a minute is tried again as a whole; what was refused is told by the check.
    assert (snapshot is None) is (reason in ("rate_limited", "upstream_error") and answer.status != 400)
    if snapshot is not None:
        assert outcome(snapshot) is Outcome.NOT_CHECKED
        no_secret(snapshot, judge(CONNECTOR, snapshot))


@pytest.mark.parametrize(
    ("answer", "reason"), hostile_lists("403", "429 bare", "500", "truncated JSON", "HTML with 200", "null")
)
def test_hostile_details(tenant: Tenant, context: MakeContext, answer: Answer, reason: str) -> None:
    tenant.fault(f"{DEVICES}/.*", answer)
    snapshot = collect(context())
    assert isinstance(snapshot.devices, tuple), "one part's trouble is not another's"
    assert isinstance(snapshot.file_vault, Unavailable)
    assert snapshot.file_vault.reason == reason
    assert outcome(snapshot) is Outcome.NOT_CHECKED


@pytest.mark.parametrize("changes", [pytest.param(changes, id=name) for name, changes in BAD_DEVICES])
def test_device_of_another_form_is_a_hole(tenant: Tenant, context: MakeContext, changes: dict[str, Any]) -> None:
    tenant.fault(DEVICES, Answer([device(1), {**device(2), **changes}]))
    snapshot = collect(context())
    assert isinstance(snapshot.devices, Unavailable)
    assert snapshot.devices.reason == "upstream_error"
    assert outcome(snapshot) is Outcome.NOT_CHECKED


@pytest.mark.parametrize("details", [pytest.param(details, id=name) for name, details in BAD_DETAILS])
def test_details_of_another_form_are_a_hole(tenant: Tenant, context: MakeContext, details: Any) -> None:
    tenant.fault(f"{DEVICES}/id-3/details", Answer(details))
    snapshot = collect(context())
    assert isinstance(snapshot.file_vault, Unavailable)
    assert outcome(snapshot) is Outcome.NOT_CHECKED


@pytest.mark.parametrize("details", [{}, {"filevault": None}, {"filevault": ""}, {"filevault": {}}])
def test_details_without_file_vault_are_unknown(tenant: Tenant, context: MakeContext, details: Any) -> None:
    tenant.fault(f"{DEVICES}/id-3/details", Answer(details))
    snapshot = collect(context())
    assert isinstance(snapshot.file_vault, tuple)
    assert outcome(snapshot) is Outcome.NOT_CHECKED


def test_offset_that_is_ignored_proves_nothing_but_can_fail(tenant: Tenant, context: MakeContext) -> None:
    tenant.fault(DEVICES, Answer([device(1), device(2)]))
    snapshot = collect(context())
    assert isinstance(snapshot.devices, Unavailable)
    assert (snapshot.devices.reason, len(snapshot.devices.read)) == ("partial_data", 2)
    assert len(tenant.asked(DEVICES)) == 2
    assert outcome(snapshot) is Outcome.NOT_CHECKED
    tenant.devices[1]["filevault"] = {"filevault_enabled": False}
    assert outcome(collect(context())) is Outcome.FAIL


def test_endless_pages_end_with_the_budget(tenant: Tenant, context: MakeContext) -> None:
    numbers = iter(range(10, 10_000))
    tenant.fault(DEVICES, change=lambda _: Answer([device(next(numbers), platform="iPhone")]))
    snapshot = collect(replace(context(), budget=Budget(pages=30)))
    assert isinstance(snapshot.devices, Unavailable)
    assert snapshot.devices.reason == "partial_data"
    assert outcome(snapshot) is Outcome.NOT_CHECKED


def test_huge_body_ends_with_the_budget(tenant: Tenant, context: MakeContext) -> None:
    tenant.fault(DEVICES, Answer(raw=b'[{"device_id": "' + b"x" * (3 << 20) + b'"}]'))
    snapshot = collect(replace(context(), budget=Budget(wire_bytes=1 << 20, decoded_bytes=1 << 20)))
    assert isinstance(snapshot.devices, Unavailable)
    assert snapshot.devices.reason == "partial_data"


def test_identifier_with_slashes_stays_one_step_of_the_path(tenant: Tenant, context: MakeContext) -> None:
    tenant.devices = [device(1, device_id="../users")]
    snapshot = collect(context())
    assert outcome(snapshot) is Outcome.NOT_CHECKED
    assert [request.match[1] for request in tenant.asked(f"{DEVICES}/.*")] == ["..%2Fusers"]
