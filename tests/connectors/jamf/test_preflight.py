"""The connection test: who we are, what we may read, and what is refused; and the form before it."""

from __future__ import annotations

import pytest

from tests.connectors.jamf.conftest import MakeContext, no_secret
from tests.connectors.jamf.fake import AUTH, INVENTORY, Server, problem
from ztassess.connectors.errors import AuthFailed
from ztassess.connectors.jamf import CONNECTOR
from ztassess.connectors.jamf.form import GRANTS
from ztassess.connectors.jamf.preflight import preflight
from ztassess.connectors.runner import parse_form


def test_reading_role_is_taken_without_a_warning(server: Server, context: MakeContext) -> None:
    found = preflight(context())
    assert (found.refused, found.warnings) == ("", ())
    assert found.identity == f"ztassess at {server.base.removeprefix('https://')}"
    assert [(row.part, row.allowed) for row in found.rows] == [("computers", True)]
    no_secret(found)


def test_one_computer_is_asked_for(server: Server, context: MakeContext) -> None:
    server.computers = server.computers[:1]
    preflight(context())
    (asked,) = server.asked(INVENTORY)
    assert asked.query["page-size"] == "1"


@pytest.mark.parametrize("privilege", ["Delete Computers", "View Disk Encryption Recovery Key"])
def test_privilege_that_is_not_reading_is_refused_by_name(server: Server, context: MakeContext, privilege: str) -> None:
    server.privileges["-1"].append(privilege)
    assert privilege in preflight(context()).refused
    assert not server.asked(INVENTORY)


@pytest.mark.parametrize("hidden", ["refused", "empty"])
def test_rights_that_are_not_shown_are_said(server: Server, context: MakeContext, hidden: str) -> None:
    if hidden == "refused":
        server.fault(AUTH, problem("INVALID_PRIVILEGE", 403))
    else:
        server.fault(AUTH, change=lambda good: type(good)({"account": {"username": "x"}}))
    assert preflight(context()).warnings == ("We could not verify that this credential is read-only.",)


def test_rights_on_some_sites_are_told(server: Server, context: MakeContext) -> None:
    server.privileges = {"7": ["Read Computers"]}
    assert "some sites only" in preflight(context()).warnings[0]


def test_missing_privilege_is_named_with_its_check(server: Server, context: MakeContext) -> None:
    server.privileges = {"-1": ["Read Buildings"]}
    (row,) = preflight(context()).rows
    assert (row.allowed, row.missing_scope) == (False, "Read Computers")
    assert row.detail == "API role lacks Read Computers. Its check is not run."


def test_wrong_secret_is_one_sentence(server: Server, context: MakeContext) -> None:
    with pytest.raises(AuthFailed):
        preflight(context(secret="wrong"))


@pytest.mark.parametrize("entered", ["", "http://acme.jamfcloud.com", "https://acme.jamfcloud.com/api", "a b"])
def test_other_address_is_one_sentence(entered: str) -> None:
    _, problems = parse_form(CONNECTOR, {"base_url": entered, "client_id": "x"}, {"client_secret": "x"})
    assert set(problems) == {"base_url"}


def test_grant_asks_for_reading_only() -> None:
    (grant,) = GRANTS
    assert "Read Computers, nothing else" in grant.text
    assert "Never add View Disk Encryption Recovery Key" in grant.note
