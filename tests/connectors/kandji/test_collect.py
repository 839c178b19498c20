"""Reading a whole tenant: devices in pages without a total, FileVault one by one, in both regions."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.connectors.kandji.conftest import MakeContext, no_secret
from tests.connectors.kandji.fake import DETAILS, DEVICES, EUROPE, LIST, Tenant, device, refusal
from tests.fakes.fields import undescribed
from tests.fakes.vendor import Answer
from ztassess.connectors.api.rows import heard_fields
from ztassess.connectors.contract import parts_of
from ztassess.connectors.errors import AuthFailed, ConnectorError
from ztassess.connectors.kandji import CONNECTOR
from ztassess.connectors.kandji.collect import collect
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

FIELDS = Path(__file__).with_name("fields.json")


def outcome(snapshot: object) -> Outcome:
    (result,) = judge(CONNECTOR, snapshot).results
    return result.outcome


def test_tenant_in_order_passes_with_its_denominators(tenant: Tenant, context: MakeContext) -> None:
    snapshot = collect(context())
    reading = judge(CONNECTOR, snapshot)
    (finding,) = reading.findings
    assert (finding.verdict.outcome, finding.verdict.seen) == (Outcome.PASS, 3)
    assert "3 of 3 devices (3 Mac) are enrolled, encrypted" in finding.verdict.reason
    assert {part.name: part.seen for part in parts_of(snapshot)} == {"devices": 3, "file_vault": 3}
    no_secret(snapshot, reading)


def test_every_field_and_question_is_one_that_is_described(tenant: Tenant, context: MakeContext) -> None:
    tenant.devices[0]["filevault"] = {"filevault_enabled": "True"}
    with heard_fields() as heard:
        collect(context())
    assert len(heard) >= 10
    assert undescribed(heard, FIELDS) == set()
    known = {
        re.compile(re.sub(r"[{].*?[}]", "[^/]+", path)): set(names)
        for path, names in json.loads(FIELDS.read_text())["paths"].items()
    }
    for request in tenant.requests:
        (names,) = [names for path, names in known.items() if path.fullmatch(request.path)]
        assert set(request.all) <= names, request.path


@pytest.mark.parametrize("most", [1, 2, 3, 300])
@pytest.mark.parametrize("number", [1, 3, 4])
def test_every_device_is_read_however_long_a_page_is(
    tenant: Tenant, context: MakeContext, number: int, most: int
) -> None:
    tenant.devices, tenant.most = [device(each) for each in range(1, number + 1)], most
    snapshot = collect(context())
    assert [each.id for each in snapshot.devices] == [f"id-{each}" for each in range(1, number + 1)]
    assert len(tenant.asked(DEVICES)) == -(-number // most) + 1


def test_european_tenant_is_asked_at_its_own_address(tenant: Tenant, context: MakeContext) -> None:
    assert outcome(collect(context(region="eu", address=EUROPE))) is Outcome.PASS
    with pytest.raises(ConnectorError):
        collect(context(region="us", address=EUROPE))


def test_only_macs_in_use_are_asked_for_their_details(tenant: Tenant, context: MakeContext) -> None:
    tenant.devices += [device(4, platform="iPhone", filevault={}), device(5, is_removed=True)]
    snapshot = collect(context())
    assert {each.device for each in snapshot.file_vault} == {"id-1", "id-2", "id-3"}
    assert {request.method for request in tenant.requests} == {"GET"}


def test_token_without_details_cannot_pass_and_says_why(tenant: Tenant, context: MakeContext) -> None:
    tenant.permissions = {LIST}
    snapshot = collect(context())
    assert isinstance(snapshot.file_vault, Unavailable)
    assert (snapshot.file_vault.reason, snapshot.file_vault.missing_scope) == ("missing_scope", DETAILS)
    finding = judge(CONNECTOR, snapshot).findings[0]
    assert finding.verdict.outcome is Outcome.NOT_CHECKED
    assert finding.verdict.near_miss == "FileVault could not be read: permission 'Device details'."
    tenant.devices[0]["mdm_enabled"] = False
    assert outcome(collect(context())) is Outcome.FAIL


def test_token_without_the_list_is_named(tenant: Tenant, context: MakeContext) -> None:
    tenant.permissions = {DETAILS}
    snapshot = collect(context())
    assert isinstance(snapshot.devices, Unavailable)
    assert (snapshot.devices.reason, snapshot.devices.missing_scope) == ("missing_scope", LIST)
    assert outcome(snapshot) is Outcome.NOT_CHECKED


def test_device_deleted_between_list_and_details_is_not_called_good(tenant: Tenant, context: MakeContext) -> None:
    tenant.fault(f"{DEVICES}/id-2/details", refusal("Not found.", 404))
    assert outcome(collect(context())) is Outcome.NOT_CHECKED


def test_device_without_a_user_has_an_empty_text(tenant: Tenant, context: MakeContext) -> None:
    tenant.devices[0]["user"] = ""
    tenant.devices[1]["user"] = None
    snapshot = collect(context())
    assert [each.owner for each in snapshot.devices] == ["", "", "person3@acme.example"]


def test_permission_lowered_half_way_is_a_hole(tenant: Tenant, context: MakeContext) -> None:
    tenant.fault(f"{DEVICES}/.*", refusal("You do not have permission to perform this action.", 403), after=1)
    snapshot = collect(context())
    assert isinstance(snapshot.file_vault, Unavailable)
    assert outcome(snapshot) is Outcome.NOT_CHECKED


def test_throttle_that_ends_costs_nothing(tenant: Tenant, context: MakeContext) -> None:
    tenant.fault(f"{DEVICES}/.*", Answer({"detail": "Throttled."}, 429, {"retry-after": "2"}), times=3)
    assert outcome(collect(context())) is Outcome.PASS


def test_wrong_token_is_one_sentence(tenant: Tenant, context: MakeContext) -> None:
    with pytest.raises(AuthFailed) as found:
        collect(context(token="wrong"))
    no_secret(found.value.sentence)
