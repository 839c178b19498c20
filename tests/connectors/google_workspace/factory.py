"""Snapshots for the tables: compliant ones, of which a test changes one thing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.vendor import NOW
from ztassess.connectors.google_workspace import CONNECTOR
from ztassess.connectors.google_workspace import settings as s
from ztassess.connectors.google_workspace.snapshot import (
    AccessBinding,
    AccessLevel,
    Device,
    DeviceUser,
    Event,
    Inputs,
    OrgUnit,
    Policy,
    SsoAssignment,
    SsoProfile,
    User,
    WorkspaceSnapshot,
)
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Finding, Unavailable

GONE = Unavailable("missing_scope", "some.scope", "May not look.")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ROOT, SALES, DEEP = "03root", "03sales", "03deep"


def user(name: str, unit: str = "/", **changed: Any) -> User:
    made = User(
        id=name,
        email=f"{name}@x.io",
        super_admin=False,
        delegated_admin=False,
        enrolled=True,
        enforced=True,
        suspended=False,
        archived=False,
        last_login=NOW - timedelta(days=1),
        logins_told=True,
        suspended_at=None,
        unit=unit,
    )
    return replace(made, **changed)


def policy(
    setting: str, unit: str = ROOT, order: float | None = 1.0, *, group: str = "", query: str = "", **values: Any
) -> Policy:
    return Policy(f"policies/{setting}/{unit}/{order}", "customers/C01", unit, group, query, order, setting, values)


GOOD = (
    policy(s.ENFORCEMENT, enforcedFrom="2026-01-10T00:00:00Z"),
    policy(s.ENROLLMENT, allowEnrollment=True),
    policy(s.GRACE, enrollmentGracePeriod="86400s"),
    policy(s.FACTORS, allowedSignInFactorSet="PASSKEY_ONLY"),
    policy(s.TRUSTED_DEVICE, allowTrustingDevice=False),
    policy(s.LESS_SECURE, allowLessSecureApps=False),
    policy(s.SUPER_RECOVERY, enableAccountRecovery=False),
    policy(s.USER_RECOVERY, enableAccountRecovery=False),
    policy(s.SESSION, webSessionDuration="43200s"),
    policy(s.POP, enablePopAccess=False),
    policy(s.IMAP, enableImapAccess=False),
    policy(s.APPS, accessLevel="BLOCK_ALL_SCOPES"),
    policy(s.MARKETPLACE, accessLevel="ALLOW_LISTED_APPS"),
)


def but(*changed: Policy, without: str = "") -> tuple[Policy, ...]:
    """The good policies and these; `without` leaves a setting out, a changed one at the same place replaces it."""
    replaced = {(each.setting, each.unit, each.order) for each in changed if not each.group and not each.query}
    kept = [each for each in GOOD if each.setting != without and (each.setting, each.unit, each.order) not in replaced]
    return (*kept, *changed)


def event(days_ago: float, actor: str = "p1", name: str = "login_success", **more: Any) -> Event:
    return Event(NOW - timedelta(days=days_ago), f"{actor}@x.io", name, **more)


def device(name: str, **changed: Any) -> Device:
    made = Device(name, "MAC_OS", "COMPANY", "APPROVED", "ENCRYPTED", "UNCOMPROMISED", NOW - timedelta(days=1))
    return replace(made, **changed)


def on(person: str, device_id: str, days_ago: float | None = 1) -> DeviceUser:
    return DeviceUser(f"{person}@x.io", device_id, None if days_ago is None else NOW - timedelta(days=days_ago))


ADMINS = (user("root", super_admin=True), user("anna-admin", super_admin=True))
PEOPLE = (user("anna"), user("p1", "/sales"))
UNITS = (OrgUnit(ROOT, "/"), OrgUnit(SALES, "/sales"), OrgUnit(DEEP, "/sales/deep"))
INPUTS = Inputs(
    generic_names=("admin", "ops", "info"),
    break_glass=("root@x.io",),
    people=("anna@x.io", "p1@x.io"),
    aliases=(("anna-admin@x.io", "anna@x.io"),),
    leavers=("gone@x.io",),
    tools=("GitHub", "Zendesk", "Notes"),
    approved_apps=("planner.apps",),
)
LEVEL = AccessLevel("accessPolicies/1/accessLevels/m", "managed", ("devicePolicy",))
BINDING = AccessBinding("b1", "g1", (LEVEL.name,), ())


def snapshot(**changed: Any) -> WorkspaceSnapshot:
    made = WorkspaceSnapshot(
        taken_at=NOW,
        domain="x.io",
        inputs=INPUTS,
        users=(*ADMINS, *PEOPLE),
        org_units=UNITS,
        roles=(),
        role_assignments=(),
        policies=GOOD,
        sso_assignments=(),
        sso_profiles=(),
        devices=(device("d1"), device("d2")),
        device_users=(on("root", "d0"), on("anna-admin", "d0"), on("anna", "d1"), on("p1", "d2")),
        mobile_users=(),
        chrome_users=(),
        logins=(event(1, value="google_password"),),
        admin_events=(event(2, "root", "CREATE_USER"),),
        token_grants=(
            event(3, name="authorize", app="Planner", client="planner.apps", scopes=("https://a/auth/drive",)),
            event(4, name="authorize", app="Zendesk", client="zd", scopes=("openid", "https://a/auth/userinfo.email")),
        ),
        saml_logins=(event(5, app="GitHub"),),
        access_changes=(),
        access_denials=(),
        access_levels=(LEVEL,),
        access_bindings=(BINDING,),
    )
    return replace(made, **changed)


def declared(**changed: Any) -> Inputs:
    return replace(INPUTS, **changed)


def findings_of(check: str, **changed: Any) -> list[Finding]:
    """The findings of one check over the compliant snapshot with these changes."""
    reading = judge(CONNECTOR, snapshot(**changed))
    return [finding for finding in reading.findings if finding.check == f"google_workspace.{check}"]


def folded(check: str, **changed: Any) -> tuple[str, int | None]:
    """Outcome and level of one check."""
    reading = judge(CONNECTOR, snapshot(**changed))
    found = next(result for result in reading.results if result.check == f"google_workspace.{check}")
    return found.outcome.value, found.level


def told(check: str, **changed: Any) -> str:
    """All that one check says: resources, reasons, near misses and reason codes."""
    return " | ".join(
        " ".join((f.verdict.resource, f.verdict.reason, f.verdict.near_miss, f.verdict.reason_code))
        for f in findings_of(check, **changed)
    )


def assignment(
    mode: str = "SAML_SSO", unit: str = ROOT, group: str = "", profile: str = "inboundSamlSsoProfiles/1"
) -> SsoAssignment:
    return SsoAssignment(f"a-{mode}-{unit}{group}", mode, "" if group else unit, group, profile)


PROFILE = SsoProfile("inboundSamlSsoProfiles/1", "Okta", "https://acme.okta.com/exk1")
