"""The connect form: what is understood, what is refused, and that no client secret is taken."""

from __future__ import annotations

import pytest

from tests.connectors.entra.fake import credential
from tests.connectors.entra.tenant import CLIENT, TENANT
from tests.fakes.vendor import context_for
from ztassess.connectors.contract import Declared
from ztassess.connectors.entra import CONNECTOR
from ztassess.connectors.entra.form import declared, thumbprint
from ztassess.connectors.entra.rights import NEEDED, only_reads
from ztassess.connectors.entra.signing_in import private_part, thumbprint_header
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.runner import parse_form

PEM, SHA256, _ = credential()
BASE = {"tenant_id": TENANT.upper(), "client_id": f"{{{CLIENT}}}"}


def test_a_whole_form_is_taken() -> None:
    values, problems = parse_form(CONNECTOR, BASE, {"certificate_key": PEM})
    assert problems == {}
    assert (values["tenant_id"], values["client_id"], values["federated"]) == (TENANT, CLIENT, "certificate")


@pytest.mark.parametrize(
    ("entered", "secrets", "field"),
    [
        ({"tenant_id": "x.onmicrosoft.com"}, {"certificate_key": PEM}, "tenant_id"),
        ({"client_id": "7"}, {"certificate_key": PEM}, "client_id"),
        ({"certificate_thumbprint": "abc"}, {"certificate_key": PEM}, "certificate_thumbprint"),
        ({}, {}, "certificate_key"),
        ({}, {"certificate_key": "Qh38Q~aClientSecret"}, "certificate_key"),
        ({}, {"certificate_key": private_part(PEM)}, "certificate_thumbprint"),
        ({"federated": "federated"}, {"certificate_key": PEM}, "federated_token"),
        ({"federated": "password"}, {}, "federated"),
    ],
)
def test_a_form_that_cannot_work_says_which_field(entered: dict[str, str], secrets: dict[str, str], field: str) -> None:
    _, problems = parse_form(CONNECTOR, BASE | entered, secrets)
    assert list(problems) == [field]


def test_a_federated_credential_needs_no_key() -> None:
    _, problems = parse_form(CONNECTOR, BASE | {"federated": "federated"}, {"federated_token": "a.b.c"})
    assert problems == {}
    token = next(field for field in CONNECTOR.fields if field.name == "federated_token")
    assert (token.secret, token.single_use) == (True, True)


def test_no_field_takes_a_client_secret() -> None:
    assert {field.name for field in CONNECTOR.fields if field.secret} == {"certificate_key", "federated_token"}


@pytest.mark.parametrize("typed", [SHA256, SHA256.upper(), ":".join(SHA256[at : at + 2] for at in range(0, 64, 2))])
def test_a_thumbprint_is_read_however_it_is_written(typed: str) -> None:
    assert thumbprint(typed) == SHA256
    assert thumbprint_header("", thumbprint(typed)) == thumbprint_header(PEM, "")


def test_the_certificate_beside_the_key_decides_and_sha1_is_named_as_such() -> None:
    assert thumbprint_header(PEM, "00" * 20) == thumbprint_header(PEM, "")
    assert thumbprint_header("", "84e05c1d98bce3a5421d225b140b36e86a3d5534") == {"x5t": "hOBcHZi846VCHSJbFAs26Go9VTQ"}
    with pytest.raises(InputInvalid):
        thumbprint_header("", "")


def test_emergency_accounts_of_the_form_join_the_declared_ones() -> None:
    context = context_for(
        CONNECTOR,
        BASE | {"break_glass_ids": "id-1\nid-2"},
        {"certificate_key": PEM},
        declared=Declared(break_glass=("id-0",)),
    )
    assert declared(context).break_glass == ("id-0", "id-1", "id-2")


def test_the_grants_hold_exactly_what_is_read_and_nothing_that_writes() -> None:
    lines = {line for grant in CONNECTOR.grants if grant.language == "text" for line in grant.text.splitlines()}
    assert lines == NEEDED
    assert all(map(only_reads, lines))


@pytest.mark.parametrize(
    ("permission", "reads"),
    [
        ("Policy.Read.All", True),
        ("User.ReadBasic.All", True),
        ("RoleManagement.Read.Directory", True),
        ("Policy.ReadWrite.ConditionalAccess", False),
        ("Application.ReadWrite.OwnedBy", False),
        ("Sites.FullControl.All", False),
        ("Directory.AccessAsUser.All", False),
        ("Mail.Send", False),
        ("User.Invite.All", False),
        ("DeviceManagementManagedDevices.PrivilegedOperations.All", False),
        ("Sites.Selected", False),
        ("Directory.Write.Restricted", False),
        ("SomethingNew", False),
    ],
)
def test_what_does_not_say_that_it_reads_is_taken_for_more(permission: str, reads: bool) -> None:
    assert only_reads(permission) is reads
