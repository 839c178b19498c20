"""The connection test: who we are, what we may read, and what is refused; and the form before it."""

from __future__ import annotations

import pytest

from tests.connectors.fleet.conftest import MakeContext, no_secret
from tests.connectors.fleet.fake import HOSTS, ME, Server, problem
from ztassess.connectors.errors import AuthFailed
from ztassess.connectors.fleet import CONNECTOR
from ztassess.connectors.fleet.preflight import preflight
from ztassess.connectors.runner import parse_form


def test_observer_is_taken_with_its_name(server: Server, context: MakeContext) -> None:
    found = preflight(context())
    assert (found.refused, found.identity) == ("", f"ztassess at {server.base.removeprefix('https://')}")
    assert {row.part: row.allowed for row in found.rows} == {"hosts": True, "encryption": True}
    assert len(found.warnings) == 1
    no_secret(found)


def test_each_part_is_asked_one_small_question(server: Server, context: MakeContext) -> None:
    preflight(context())
    (listed,) = server.asked(HOSTS)
    assert listed.query["per_page"] == "1"
    assert len(server.asked(f"{HOSTS}/.*")) == 1


@pytest.mark.parametrize("role", ["admin", "maintainer", "gitops", "technician"])
def test_writing_role_is_refused_by_name(server: Server, context: MakeContext, role: str) -> None:
    server.role = role
    refused = preflight(context()).refused
    assert role in refused.lower()
    assert not server.asked(HOSTS)


@pytest.mark.parametrize("role", ["observer_plus", "role of next year"])
def test_role_that_may_do_more_is_warned_of(server: Server, context: MakeContext, role: str) -> None:
    server.role = role
    found = preflight(context())
    assert found.refused == ""
    assert found.warnings[0].startswith("We could not verify that this credential is read-only.")
    assert role in found.warnings[0]


def test_user_of_some_teams_is_told_what_is_hidden(server: Server, context: MakeContext) -> None:
    server.role, server.teams = "", {1: "observer"}
    assert "hosts of its own teams only" in preflight(context()).warnings[-1]


def test_rights_that_are_not_shown_are_said(server: Server, context: MakeContext) -> None:
    server.fault(ME, problem("Forbidden", 403))
    assert preflight(context()).warnings[0] == "We could not verify that this credential is read-only."


@pytest.mark.parametrize(("path", "lacking"), [(HOSTS, {"hosts", "encryption"}), (f"{HOSTS}/.*", {"encryption"})])
def test_missing_right_is_named_with_its_part(
    server: Server, context: MakeContext, path: str, lacking: set[str]
) -> None:
    server.fault(path, problem("Forbidden", 403))
    rows = [row for row in preflight(context()).rows if not row.allowed]
    assert {row.part for row in rows} == lacking
    assert all(row.missing_scope == "role Observer" and "role Observer" in row.detail for row in rows)


def test_server_without_hosts_is_no_problem(server: Server, context: MakeContext) -> None:
    server.hosts = []
    assert all(row.allowed for row in preflight(context()).rows)


def test_wrong_token_is_one_sentence(server: Server, context: MakeContext) -> None:
    with pytest.raises(AuthFailed):
        preflight(context(token="wrong"))


@pytest.mark.parametrize(
    ("entered", "value"),
    [
        ("https://fleet.acme.example", "https://fleet.acme.example"),
        ("fleet.acme.example", "https://fleet.acme.example"),
        (" https://Fleet.Acme.example:8443/ ", "https://fleet.acme.example:8443"),
    ],
)
def test_address_is_understood(entered: str, value: str) -> None:
    values, problems = parse_form(CONNECTOR, {"base_url": entered}, {"api_token": "x"})
    assert problems == {}
    assert values["base_url"] == value


@pytest.mark.parametrize(
    "entered",
    ["", "http://fleet.acme.example", "https://fleet.acme.example/hosts", "https://u:p@fleet.acme.example", "ftp://x",
     "https://fleet.acme.example/?q=1", "https://fleet.acme.example/#a", "not a host"],
)  # fmt: skip
def test_other_address_is_one_sentence(entered: str) -> None:
    _, problems = parse_form(CONNECTOR, {"base_url": entered}, {"api_token": "x"})
    assert set(problems) == {"base_url"}
