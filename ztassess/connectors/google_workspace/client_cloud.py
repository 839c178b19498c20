"""Owns the questions to Cloud Identity and Access Context Manager: policies, other identity providers, devices."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ztassess.connectors.api import ApiSession, Row, row_of
from ztassess.connectors.api.google import listed, together
from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.google_workspace import scopes
from ztassess.connectors.google_workspace.client import since_1971
from ztassess.connectors.google_workspace.settings import FIELDS, PRESENT
from ztassess.connectors.google_workspace.snapshot import (
    AccessBinding,
    AccessLevel,
    Device,
    DeviceUser,
    Policy,
    SsoAssignment,
    SsoProfile,
)

CUSTOMER = "customers/my_customer"
POLICY_FILTER = (
    r"setting.type.matches('^settings/(security\\..*|gmail\\.(pop|imap)_access"
    r"|api_controls\\.unconfigured_third_party_apps|workspace_marketplace\\.apps_access_options)$')"
)
_ASKS = ("devicePolicy", "ipSubnetworks", "regions", "members", "requiredAccessLevels", "vpcNetworkSources")


def list_policies(session: ApiSession) -> Iterator[Policy]:
    """The settings that rules look at, of every unit and group (Cloud Identity API, "policies.list")."""
    params = (("filter", POLICY_FILTER), ("pageSize", "100"))
    for row in listed(
        session,
        "/v1/policies",
        params,
        kind="ListPoliciesResponse",
        field="policies",
        of="Policy",
        scope=scopes.POLICIES,
    ):
        yield policy_of(row)


def policy_of(row: Row) -> Policy:
    """One ``Policy``; of its value, only the fields that rules look at."""
    setting = row.text("setting.type").removeprefix("settings/")
    query = row.row("policyQuery", absent=None)
    return Policy(
        name=row.text("name", absent=""),
        customer=row.text("customer", absent=""),
        unit=query.text("orgUnit", absent="").removeprefix("orgUnits/") if query else "",
        group=query.text("group", absent="").removeprefix("groups/") if query else "",
        query=query.text("query", absent="") if query else "",
        order=_order(query) if query else None,
        setting=setting,
        values=_values(row, setting),
    )


def _order(query: Row) -> float | None:
    found = query.value["sortOrder"] if query.has("sortOrder") else None
    if found is not None and (isinstance(found, bool) or not isinstance(found, int | float)):
        raise BadAnswer("Policy.policyQuery.sortOrder is no number.")
    return None if found is None else float(found)


def _values(row: Row, setting: str) -> dict[str, str | bool]:
    found: dict[str, str | bool] = {}
    value = row.row("setting.value", absent=None)
    for name in FIELDS.get(setting, ()) if value is not None else ():
        assert value is not None  # noqa: S101  see the line above
        if not value.has(name):
            continue
        each = _inner(value, name)
        if isinstance(each, str | bool):
            found[name] = each
        elif isinstance(each, list | dict):
            found[name] = PRESENT
        else:
            raise BadAnswer(f"{setting}.{name} is of another kind.")
    return found


def _inner(value: Row, path: str) -> object:
    found: object = value.value
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def list_sso_assignments(session: ApiSession) -> Iterator[SsoAssignment]:
    """Which units and groups sign in elsewhere (Cloud Identity API, "inboundSsoAssignments.list")."""
    for row in listed(
        session,
        "/v1/inboundSsoAssignments",
        (("pageSize", "100"),),
        kind="ListInboundSsoAssignmentsResponse",
        field="inboundSsoAssignments",
        of="InboundSsoAssignment",
        scope=scopes.SSO,
    ):
        saml = row.text("samlSsoInfo.inboundSamlSsoProfile", absent="")
        yield SsoAssignment(
            name=row.text("name", absent=""),
            mode=row.text("ssoMode", absent="SSO_MODE_UNSPECIFIED"),
            unit=row.text("targetOrgUnit", absent="").removeprefix("orgUnits/"),
            group=row.text("targetGroup", absent="").removeprefix("groups/"),
            profile=saml or row.text("oidcSsoInfo.inboundOidcSsoProfile", absent=""),
        )


def list_sso_profiles(session: ApiSession) -> Iterator[SsoProfile]:
    """The identity providers they sign in at (Cloud Identity API, "inboundSamlSsoProfiles.list" and its OIDC twin)."""
    kinds = (
        ("inboundSamlSsoProfiles", "InboundSamlSsoProfile", "idpConfig.entityId"),
        ("inboundOidcSsoProfiles", "InboundOidcSsoProfile", "idpConfig.issuerUri"),
    )
    return together(session, [partial(_profiles, session, *kind) for kind in kinds])


def _profiles(session: ApiSession, field: str, kind: str, address: str) -> Iterator[SsoProfile]:
    for row in listed(
        session,
        f"/v1/{field}",
        (("pageSize", "100"),),
        kind=f"List{kind}sResponse",
        field=field,
        of=kind,
        scope=scopes.SSO,
    ):
        yield SsoProfile(row.text("name"), row.text("displayName", absent=""), row.text(address, absent=""))


def list_devices(session: ApiSession) -> Iterator[Device]:
    """Devices that the company imported or that people's accounts are on (Cloud Identity API, "devices.list")."""
    params = (("customer", CUSTOMER), ("pageSize", "100"))
    for row in listed(
        session,
        "/v1/devices",
        params,
        kind="GoogleAppsCloudidentityDevicesV1ListDevicesResponse",
        field="devices",
        of="GoogleAppsCloudidentityDevicesV1Device",
        scope=scopes.DEVICES,
    ):
        yield Device(
            id=row.text("name").removeprefix("devices/"),
            label=row.text("deviceType", absent=""),
            owner=row.text("ownerType", absent=""),
            management=row.text("managementState", absent=""),
            encryption=row.text("encryptionState", absent=""),
            compromised=row.text("compromisedState", absent=""),
            last_sync=since_1971(row.moment("lastSyncTime", absent=None)),
        )


def list_device_users(session: ApiSession) -> Iterator[DeviceUser]:
    """People on devices (Cloud Identity API, "devices.deviceUsers.list"); Google gives 20 a page at the most."""
    params = (("customer", CUSTOMER), ("pageSize", "20"))
    for row in listed(
        session,
        "/v1/devices/-/deviceUsers",
        params,
        kind="GoogleAppsCloudidentityDevicesV1ListDeviceUsersResponse",
        field="deviceUsers",
        of="GoogleAppsCloudidentityDevicesV1DeviceUser",
        scope=scopes.DEVICES,
    ):
        device = row.text("name").removeprefix("devices/").partition("/")[0]
        last_sync = since_1971(row.moment("lastSyncTime", absent=None))
        if row.text("managementState", absent="") not in ("WIPED", "WIPING", "BLOCKED", "UNENROLLED"):
            yield DeviceUser(row.text("userEmail", absent="").lower(), device, last_sync)


def list_access_levels(session: ApiSession, organization: str) -> Iterator[AccessLevel]:
    """Access levels of the organization's policies (Access Context Manager API, "accessPolicies.accessLevels.list")."""
    policies = listed(
        session,
        "/v1/accessPolicies",
        (("parent", f"organizations/{organization}"), ("pageSize", "100")),
        kind="ListAccessPoliciesResponse",
        field="accessPolicies",
        of="AccessPolicy",
        scope=scopes.READER_ROLE,
    )
    for policy in policies:
        for row in listed(
            session,
            f"/v1/{policy.text('name')}/accessLevels",
            (("pageSize", "100"),),
            kind="ListAccessLevelsResponse",
            field="accessLevels",
            of="AccessLevel",
            scope=scopes.READER_ROLE,
        ):
            yield AccessLevel(row.text("name"), row.text("title", absent=""), _asks(row))


def _asks(row: Row) -> tuple[str, ...]:
    basic = row.row("basic", absent=None)
    if basic is None:
        return ("custom",) if row.has("custom") else ()
    conditions = [Row("Condition", each.value) for each in basic.rows("conditions", absent=())]
    return tuple(dict.fromkeys(name for each in conditions for name in _ASKS if each.has(name)))


def list_access_bindings(session: ApiSession, organization: str) -> Iterator[AccessBinding]:
    """Which groups must meet them (Access Context Manager API, "gcpUserAccessBindings.list")."""
    for row in listed(
        session,
        f"/v1/organizations/{organization}/gcpUserAccessBindings",
        (("pageSize", "100"),),
        kind="ListGcpUserAccessBindingsResponse",
        field="gcpUserAccessBindings",
        of="GcpUserAccessBinding",
        scope=scopes.READER_ROLE,
    ):
        yield AccessBinding(
            name=row.text("name"),
            group=row.text("groupKey", absent=""),
            levels=row.texts("accessLevels", absent=()),
            on_trial=row.texts("dryRunAccessLevels", absent=()),
        )


def key_certificate(session: ApiSession, account: str, key_id: str) -> str | None:
    """The public certificate of a service account's key, by the address that every key file names.

    Returns:
        None if Google does not list the key: it was deleted.
    """
    reply = session.get(f"/robot/v1/metadata/x509/{account}")
    return row_of(reply.value, "Certificates").text((key_id,), absent=None)
