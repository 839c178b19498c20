"""Reading a whole organization: by key and as a service account, in every region, and what it may not see."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.connectors.jumpcloud.conftest import MakeContext, no_secret
from tests.connectors.jumpcloud.fake import EUROPE, ORG, OTHER_ORG, SYSTEMS, USERS, Region, refusal, user
from tests.fakes.fields import undescribed
from tests.fakes.vendor import Answer
from ztassess.connectors.api.rows import heard_fields
from ztassess.connectors.contract import parts_of
from ztassess.connectors.errors import AuthFailed, ConnectorError
from ztassess.connectors.jumpcloud import CONNECTOR, client
from ztassess.connectors.jumpcloud.collect import collect
from ztassess.connectors.jumpcloud.preflight import preflight
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

FIELDS = Path(__file__).with_name("fields.json")
MFA, DEVICES = "jumpcloud.mfa_required", "jumpcloud.devices_healthy"


def outcomes(snapshot: object) -> dict[str, Outcome]:
    return {result.check: result.outcome for result in judge(CONNECTOR, snapshot).results}


@pytest.mark.parametrize("key", ["jumpcloud-key-7", ""])
def test_organization_in_order_passes_with_its_denominators(region: Region, context: MakeContext, key: str) -> None:
    snapshot = collect(context(key=key))
    reading = judge(CONNECTOR, snapshot)
    assert {finding.verdict.outcome for finding in reading.findings} == {Outcome.PASS}
    people, devices = (finding.verdict.reason for finding in reading.findings)
    assert people == "3 of 3 active users are asked for a second factor and have set it up."
    assert "3 of 3 systems (3 darwin) are encrypted" in devices
    assert "Each of 3 people has one." in devices
    assert {part.name: part.seen for part in parts_of(snapshot)} == {"users": 3, "systems": 3}
    no_secret(snapshot, reading)


def test_every_field_and_question_is_one_that_jumpcloud_describes(region: Region, context: MakeContext) -> None:
    with heard_fields() as heard:
        collect(context(key=""))
        preflight(context())
    assert len(heard) > 25
    assert undescribed(heard, FIELDS) == set()
    paths = json.loads(FIELDS.read_text())["paths"]
    for request in region.requests:
        assert set(request.all) <= set(paths[request.path]), request.path


@pytest.mark.parametrize("number", [1, 2, 3, 5])
def test_every_row_of_every_page_is_read(region: Region, context: MakeContext, number: int) -> None:
    region.users = [user(each) for each in range(1, number + 1)]
    with client.jumpcloud_session(context()) as session:
        found = [each.id for each in client.users(session, 2)]
    assert found == [f"u{each}" for each in range(1, number + 1)]
    assert len(region.asked(USERS)) == -(-number // 2)


def test_service_account_signs_in_again_when_its_token_ends(region: Region, context: MakeContext) -> None:
    region.uses = 1
    assert set(outcomes(collect(context(key=""))).values()) == {Outcome.PASS}
    assert len(region.asked("/oauth2/token")) == 2


def test_only_the_token_address_is_posted_to(region: Region, context: MakeContext) -> None:
    collect(context(key=""))
    assert {request.path for request in region.asked(method="POST")} == {"/oauth2/token"}
    with client.jumpcloud_session(context()) as session, pytest.raises(ConnectorError):
        session.post(USERS, b"{}")
    assert not region.asked(USERS, "POST")


def test_region_has_its_own_addresses(region: Region, context: MakeContext) -> None:
    european = (EUROPE["console"], EUROPE["sign_in"])
    assert set(outcomes(collect(context(key="", where="eu", addresses=european))).values()) == {Outcome.PASS}
    with pytest.raises(ConnectorError):
        collect(context(key="", where="in", addresses=european))


def test_administrator_of_several_organizations_names_one(region: Region, context: MakeContext) -> None:
    region.orgs = [ORG, OTHER_ORG]
    assert collect(context(org=ORG)).organization == ORG
    with pytest.raises(AuthFailed):
        collect(context())


@pytest.mark.parametrize(("hidden", "check"), [(USERS, MFA), (SYSTEMS, DEVICES)])
def test_hidden_list_costs_its_own_check_only(region: Region, context: MakeContext, hidden: str, check: str) -> None:
    region.hidden = {hidden}
    found = outcomes(collect(context(declared=type(context().declared)())))
    assert found.pop(check) is Outcome.NOT_CHECKED
    assert set(found.values()) == {Outcome.PASS}


def test_owner_is_unknown_where_users_are_hidden(region: Region, context: MakeContext) -> None:
    region.hidden = {USERS}
    finding = next(each for each in judge(CONNECTOR, collect(context())).findings if each.check == DEVICES)
    assert (finding.verdict.outcome, finding.verdict.level) == (Outcome.PASS, 1)
    assert "3 systems have no owner" in finding.verdict.near_miss


@pytest.mark.parametrize("made", [{"key": "wrong"}, {"key": "", "secret": "wrong"}])
def test_wrong_credential_is_one_sentence(region: Region, context: MakeContext, made: dict[str, str]) -> None:
    with pytest.raises(AuthFailed) as found:
        collect(context(**made))
    assert "wrong" not in found.value.sentence
    no_secret(found.value.sentence)


def test_key_that_ended_names_whom_it_follows(region: Region, context: MakeContext) -> None:
    with pytest.raises(AuthFailed, match="Key refused; it follows the administrator who made it"):
        collect(context(key="old"))


def test_key_revoked_half_way_ends_the_reading(region: Region, context: MakeContext) -> None:
    region.fault(SYSTEMS, refusal("Unauthorized", 401))
    with pytest.raises(AuthFailed):
        collect(context())


def test_throttle_that_ends_costs_nothing(region: Region, context: MakeContext) -> None:
    region.fault(USERS, Answer({"message": "Too many requests"}, 429, {"retry-after": "2"}), times=2)
    assert set(outcomes(collect(context())).values()) == {Outcome.PASS}


def test_throttled_part_is_a_hole_beside_the_other(region: Region, context: MakeContext) -> None:
    region.fault(USERS, Answer({"message": "Too many requests"}, 429))
    snapshot = collect(context())
    assert isinstance(snapshot.users, Unavailable)
    assert snapshot.users.reason == "rate_limited"
    assert outcomes(snapshot)[MFA] is Outcome.NOT_CHECKED
