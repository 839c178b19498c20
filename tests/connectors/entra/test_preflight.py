"""The connection test: who we are, what is missing and what that costs, what is refused, what is warned about."""

from __future__ import annotations

import pytest

from tests.connectors.entra.conftest import Context
from tests.connectors.entra.fake import Tenant
from tests.connectors.entra.tenant import CLIENT
from ztassess.connectors.contract import PreflightRow
from ztassess.connectors.entra.collect import READERS
from ztassess.connectors.entra.preflight import preflight
from ztassess.connectors.errors import AuthFailed


def row(rows: tuple[PreflightRow, ...], part: str) -> PreflightRow:
    return next(each for each in rows if each.part == part)


def test_everything_allowed(tenant: Tenant, context: Context) -> None:
    found = preflight(context())
    assert (found.identity, found.refused, found.warnings) == (f"App {CLIENT} in X Inc", "", ())
    assert {each.part for each in found.rows} == {*READERS, "groups"}
    assert all(each.allowed for each in found.rows)


def test_each_part_is_asked_once_and_no_second_page(tenant: Tenant, context: Context) -> None:
    preflight(context())
    assert len(tenant.asked("/v1.0/.*")) == len(READERS)
    assert not [each for each in tenant.requests if "$skiptoken" in each.query]


def test_a_missing_permission_names_it_and_what_it_costs(tenant: Tenant, context: Context) -> None:
    tenant.permissions -= {"AuditLog.Read.All", "GroupMember.Read.All"}
    found = preflight(context())
    report, groups = row(found.rows, "registrations"), row(found.rows, "groups")
    assert (report.allowed, report.missing_scope) == (False, "AuditLog.Read.All")
    assert "App registrations > API permissions" in report.detail
    assert "4 controls may stay not checked." in report.detail
    assert (groups.allowed, groups.missing_scope) == (False, "GroupMember.Read.All")
    assert row(found.rows, "policies").allowed


def test_a_missing_license_is_said_as_one(tenant: Tenant, context: Context) -> None:
    tenant.plans = {"AAD_PREMIUM"}
    found = preflight(context())
    assert "No Intune license in this tenant." in row(found.rows, "devices").detail
    assert "not a failure of your setup" in row(found.rows, "role_eligibilities").detail
    assert row(found.rows, "devices").missing_scope == ""


@pytest.mark.parametrize(
    "role", ["Policy.ReadWrite.ConditionalAccess", "Directory.ReadWrite.All", "Files.FullControl.All"]
)
def test_an_app_that_can_write_is_refused_with_the_right_named(tenant: Tenant, context: Context, role: str) -> None:
    tenant.roles = ["Policy.Read.All", role]
    found = preflight(context())
    assert found.refused == f"This app can change your tenant ({role}). Remove them, then reconnect."
    assert tenant.asked("/v1.0/.*") == []


def test_broader_reading_is_warned_about(tenant: Tenant, context: Context) -> None:
    tenant.permissions |= {"Directory.Read.All"}
    (warning,) = preflight(context()).warnings
    assert "broader than needed: Directory.Read.All" in warning


@pytest.mark.parametrize("opaque", [True, False])
def test_rights_that_cannot_be_read_are_said_to_be_unverified(tenant: Tenant, context: Context, opaque: bool) -> None:
    tenant.opaque = opaque
    if not opaque:
        tenant.roles = {"not": "a list"}  # type: ignore[assignment]
    found = preflight(context())
    assert found.warnings == ("We could not verify that this credential is read-only.",)
    assert not row(found.rows, "groups").allowed


def test_a_refused_certificate_says_so(tenant: Tenant, context: Context) -> None:
    tenant.fault("/.*/token", Tenant._refused(700027, "invalid_client", 401))
    with pytest.raises(AuthFailed, match="Upload it again"):
        preflight(context())
