"""Reading a whole server: by short tokens, in pages side by side, on old and new servers, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.connectors.jamf.conftest import MakeContext, no_secret
from tests.connectors.jamf.fake import AUTH, INVENTORY, OLD_INVENTORY, OLD_TOKENS, TOKENS, Server, computer, problem
from tests.fakes.fields import undescribed
from tests.fakes.vendor import Answer
from ztassess.connectors.api.rows import heard_fields
from ztassess.connectors.contract import parts_of
from ztassess.connectors.errors import AuthFailed, ConnectorError, OverPrivileged
from ztassess.connectors.jamf import CONNECTOR, client
from ztassess.connectors.jamf.collect import collect, harmless
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

FIELDS = Path(__file__).with_name("fields.json")


def outcome(snapshot: object) -> Outcome:
    (result,) = judge(CONNECTOR, snapshot).results
    return result.outcome


def test_server_in_order_passes_with_its_denominators(server: Server, context: MakeContext) -> None:
    snapshot = collect(context())
    reading = judge(CONNECTOR, snapshot)
    (finding,) = reading.findings
    assert (finding.verdict.outcome, finding.verdict.seen) == (Outcome.PASS, 3)
    assert "3 of 3 computers (3 Mac) are managed, encrypted" in finding.verdict.reason
    assert "Each of 3 people has one." in finding.verdict.reason
    assert {part.name: part.seen for part in parts_of(snapshot)} == {"computers": 3}
    no_secret(snapshot, reading)


def test_every_field_and_question_is_one_that_jamf_describes(server: Server, context: MakeContext) -> None:
    server.fault(AUTH, change=lambda good: Answer({**good.value, "accountGroups": [{"privileges": []}]}))
    with heard_fields() as heard:
        collect(context())
    assert len(heard) > 15
    assert undescribed(heard, FIELDS) == set()
    paths = json.loads(FIELDS.read_text())["paths"]
    for request in server.requests:
        assert set(request.all) <= set(paths[request.path]), request.path


@pytest.mark.parametrize("number", [1, 2, 3, 4, 7])
def test_every_computer_of_every_page_is_read(server: Server, context: MakeContext, number: int) -> None:
    server.computers = [computer(each) for each in range(1, number + 1)]
    with client.jamf_session(context()) as session:
        found = [each.id for each in client.computers(session, 2)]
    assert found == [str(each) for each in range(1, number + 1)]
    assert len(server.asked(INVENTORY)) == -(-number // 2)


def test_token_that_ends_half_way_is_renewed(server: Server, context: MakeContext) -> None:
    server.uses = 1
    assert outcome(collect(context())) is Outcome.PASS
    assert server.signed_in == 2


def test_server_before_version_11_is_read_by_its_own_addresses(server: Server, context: MakeContext) -> None:
    server.old = True
    assert outcome(collect(context())) is Outcome.PASS
    assert [len(server.asked(path)) for path in (TOKENS, OLD_TOKENS, INVENTORY, OLD_INVENTORY)] == [1, 1, 1, 1]


def test_server_that_has_no_inventory_at_all_is_unsupported(server: Server, context: MakeContext) -> None:
    server.fault(".*/computers-inventory", problem("NOT_FOUND", 404))
    snapshot = collect(context())
    assert isinstance(snapshot.computers, Unavailable)
    assert snapshot.computers.reason == "unsupported"
    assert outcome(snapshot) is Outcome.NOT_CHECKED


def test_only_token_addresses_are_posted_to(server: Server, context: MakeContext) -> None:
    collect(context())
    assert {request.path for request in server.asked(method="POST")} == {TOKENS}
    with client.jamf_session(context()) as session, pytest.raises(ConnectorError):
        session.post("/api/v3/computers-inventory", b"{}")
    assert not server.asked(INVENTORY, "POST")


def test_role_without_the_privilege_is_named(server: Server, context: MakeContext) -> None:
    server.privileges = {"-1": ["Read Buildings"]}
    snapshot = collect(context())
    assert isinstance(snapshot.computers, Unavailable)
    assert (snapshot.computers.reason, snapshot.computers.missing_scope, snapshot.computers.detail) == (
        "missing_scope",
        "Read Computers",
        "API role lacks Read Computers.",
    )
    assert outcome(snapshot) is Outcome.NOT_CHECKED


def test_rights_on_some_sites_see_too_little_to_pass(server: Server, context: MakeContext) -> None:
    server.privileges = {"7": ["Read Computers"]}
    snapshot = collect(context())
    assert isinstance(snapshot.computers, Unavailable)
    assert (snapshot.computers.reason, len(snapshot.computers.read)) == ("forbidden_role", 3)
    assert outcome(snapshot) is Outcome.NOT_CHECKED
    server.computers.append(computer(4, general__remoteManagement={"managed": False}))
    assert outcome(collect(context())) is Outcome.FAIL


@pytest.mark.parametrize(
    "privilege",
    [
        "Create Computers",
        "Update Computers",
        "Delete Computers",
        "Send Computer Remote Wipe Command",
        "View Disk Encryption Recovery Key",
        "View Local Admin Password",
        "View Recovery Lock",
        "View Computer Device Lock Pin",
        "View Activation Lock Bypass Code",
        "Jamf Packages Action",
    ],
)
def test_privilege_that_is_not_reading_is_refused_by_name(server: Server, context: MakeContext, privilege: str) -> None:
    server.privileges = {"-1": ["Read Computers"], "3": [privilege]}
    with pytest.raises(OverPrivileged, match=privilege):
        collect(context())
    assert not server.asked(INVENTORY)


def test_administrator_is_refused(server: Server, context: MakeContext) -> None:
    server.privilege_set = "ADMINISTRATOR"
    with pytest.raises(OverPrivileged, match="Administrator"):
        collect(context())


@pytest.mark.parametrize("privilege", ["Read Computers", "Read SSO Settings", "View License Serial Numbers"])
def test_reading_privilege_is_harmless(privilege: str) -> None:
    assert harmless(privilege)


def test_rights_that_are_not_shown_stop_nothing(server: Server, context: MakeContext) -> None:
    server.fault(AUTH, problem("INVALID_PRIVILEGE", 403))
    assert outcome(collect(context())) is Outcome.PASS


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_client_that_is_refused_is_one_sentence(server: Server, context: MakeContext, status: int) -> None:
    if status == 400:
        made = context(secret="wrong")
    else:
        server.fault(".*/oauth/token", problem("INVALID", status))
        made = context()
    with pytest.raises(AuthFailed) as found:
        collect(made)
    assert "Jamf Pro refused the" in found.value.sentence
    no_secret(found.value.sentence)
    assert not server.asked(INVENTORY)
