"""The connection test: which organization answers, what cannot be proven; and the form before it."""

from __future__ import annotations

import pytest

from tests.connectors.jumpcloud.conftest import MakeContext, no_secret
from tests.connectors.jumpcloud.fake import ORG, ORGANIZATIONS, SYSTEMS, USERS, Region, refusal
from ztassess.connectors.errors import AuthFailed
from ztassess.connectors.jumpcloud import CONNECTOR
from ztassess.connectors.jumpcloud.preflight import preflight
from ztassess.connectors.runner import parse_form


def test_key_is_taken_with_its_warnings(region: Region, context: MakeContext) -> None:
    found = preflight(context())
    assert (found.refused, found.identity) == ("", "Acme aa")
    assert {row.part: row.allowed for row in found.rows} == {"users": True, "systems": True}
    assert found.warnings[0].startswith("We could not verify that this credential is read-only")
    assert "counts against you as a static credential" in found.warnings[1]
    no_secret(found)


def test_service_account_is_taken_with_one_warning(region: Region, context: MakeContext) -> None:
    assert len(preflight(context(key="")).warnings) == 1


def test_organization_that_is_not_shown_stops_nothing(region: Region, context: MakeContext) -> None:
    region.fault(ORGANIZATIONS, refusal("Forbidden", 403))
    assert preflight(context(org=ORG)).identity == ORG
    assert preflight(context()).identity == "JumpCloud"


def test_each_part_is_asked_one_small_question(region: Region, context: MakeContext) -> None:
    region.users, region.systems = region.users[:1], region.systems[:1]
    preflight(context())
    for path in (USERS, SYSTEMS):
        (asked,) = region.asked(path)
        assert asked.query["limit"] == "1"


@pytest.mark.parametrize(("hidden", "said"), [(USERS, "2 checks are not run"), (SYSTEMS, "1 check is not run")])
def test_missing_right_is_named_with_its_checks(region: Region, context: MakeContext, hidden: str, said: str) -> None:
    region.hidden = {hidden}
    (row,) = [row for row in preflight(context()).rows if not row.allowed]
    assert row.missing_scope == "role Read Only"
    assert said in row.detail


def test_wrong_key_is_one_sentence(region: Region, context: MakeContext) -> None:
    with pytest.raises(AuthFailed):
        preflight(context(key="wrong"))


@pytest.mark.parametrize(
    ("entered", "secrets", "field"),
    [
        ({}, {}, "client_secret"),
        ({"client_id": "x"}, {}, "client_secret"),
        ({}, {"client_secret": "x"}, "client_id"),
        ({"client_id": "x"}, {"client_secret": "x", "api_key": "x"}, "api_key"),
        ({"client_id": "x"}, {"api_key": "x"}, "api_key"),
        ({"org_id": "acme"}, {"api_key": "x"}, "org_id"),
        ({"region": "moon"}, {"api_key": "x"}, "region"),
    ],
)
def test_form_asks_for_one_whole_credential(entered: dict[str, str], secrets: dict[str, str], field: str) -> None:
    _, problems = parse_form(CONNECTOR, entered, secrets)
    assert set(problems) == {field}


@pytest.mark.parametrize(
    ("entered", "secrets"),
    [({}, {"api_key": "x"}), ({"client_id": "x", "region": "eu"}, {"client_secret": "x"}),
     ({"org_id": ORG.upper()}, {"api_key": "x"})],
)  # fmt: skip
def test_form_takes_either_credential(entered: dict[str, str], secrets: dict[str, str]) -> None:
    assert parse_form(CONNECTOR, entered, secrets)[1] == {}
