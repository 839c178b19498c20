"""Owns the checks of apps: what people may consent to, and how apps prove themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from ztassess.connectors.entra.proving import one_enough
from ztassess.connectors.entra.snapshot import EntraSnapshot
from ztassess.connectors.entra.snapshot_directory import Application, Credential
from ztassess.connectors.judging import conclude, count, names, rows_read, unread
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_checked

CHECKS: Checks[EntraSnapshot] = Checks("entra")
CONSENT_SOURCE: Final = "GET /policies/authorizationPolicy"
CONSENT_FIELD: Final = "defaultUserRolePermissions.permissionGrantPoliciesAssigned"
APPS_SOURCE: Final = "GET /applications"
FOR_SELF: Final = "managepermissiongrantsforself."
LOW: Final = "microsoft-user-default-low"
LEGACY: Final = "microsoft-user-default-legacy"
YEAR: Final = timedelta(days=366)


@CHECKS.check(
    "entra.user_consent_restricted",
    title="Users cannot consent to arbitrary apps",
    verifies=(Verifies("least-privilege.third-party-scopes", level=2),),
    severity=Severity.MEDIUM,
    parts=("consent_settings",),
)
def user_consent_restricted(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """No consent at all, or to rights classified as low only. What a custom policy allows is not read."""
    found = next(iter(rows_read(snapshot.consent_settings)), None)
    grants = found.grants if found is not None else None
    if grants is None and unread(snapshot.consent_settings) is None:
        reason = "Microsoft did not say which consent policy people have."
        yield not_checked(snapshot.scope, "partial_data", reason, seen=1)
        return
    own = [each.rpartition(".")[2] for each in grants or () if each.casefold().startswith(FOR_SELF)]
    line = Evidence(CONSENT_SOURCE, snapshot.scope, CONSENT_FIELD, ", ".join(own) or "none", f"none, or {LOW}")
    others = [each for each in own if each not in (LOW, LEGACY)]
    if found is not None and others and LEGACY not in own:
        near = "Consent is limited to verified publishers, for any permission." if "verified" in others[0] else ""
        reason = f"People may consent by the policy {names(others)}, whose content is not read. {near}".strip()
        yield not_checked(snapshot.scope, "unsupported", reason, seen=1, near_miss=near)
        return
    good = "People can consent to rights classified as low only." if own else "People cannot consent to apps."
    yield from one_enough(
        snapshot.scope,
        of=(snapshot.consent_settings,),
        proved=LEGACY not in own,
        good=good,
        bad="People can consent to any app for any right that needs no administrator.",
        seen=1,
        evidence=(line,),
    )


@CHECKS.check(
    "entra.app_secrets_absent",
    title="Apps hold no client secrets",
    verifies=(Verifies("identity.workload-identity", level=2),),
    severity=Severity.HIGH,
    parts=("applications", "federations", "service_principals"),
)
def app_secrets_absent(snapshot: EntraSnapshot) -> Iterator[Verdict]:
    """No secret that still works, no certificate of more than a year. Managed identities hold neither."""
    apps = rows_read(snapshot.applications)
    managed = [each for each in rows_read(snapshot.service_principals) if each.kind == "ManagedIdentity"]
    federated = {each.application for each in rows_read(snapshot.federations) if rows_read(each.credentials)}
    problems = [verdict for app in apps for verdict in _app(snapshot, app, app.id in federated, len(apps))]
    ended = [app.name for app in apps if any(not _works(snapshot, each) for each in app.secrets or ())]
    note = f" Ended secrets remain on {names(ended)}; remove them." if ended else ""
    line = Evidence(APPS_SOURCE, snapshot.scope, "passwordCredentials that work", "0", "0")
    yield from conclude(
        snapshot.scope,
        problems,
        # Managed identities hold no secret: they are needed only to say that there is something at all.
        of=(snapshot.applications,) if apps else (snapshot.applications, snapshot.service_principals),
        seen=len(apps) + len(managed),
        good=f"None of {count(len(apps), 'app')} holds a secret that works; {_seen(snapshot, len(managed))}.{note}",
        nothing="The tenant has no app registrations and no managed identities.",
        evidence=(line,),
        near_miss=note.strip(),
    )


def _seen(snapshot: EntraSnapshot, managed: int) -> str:
    if unread(snapshot.service_principals) is not None:
        return "managed identities could not be read"
    return f"{managed} managed identities were seen"


def _works(snapshot: EntraSnapshot, secret: Credential) -> bool:
    """It has not ended; one whose end is not told is taken to work."""
    return secret.ends is None or secret.ends > snapshot.taken_at


def _app(snapshot: EntraSnapshot, app: Application, federated: bool, seen: int) -> Iterator[Verdict]:
    resource = f"{snapshot.scope}/{app.app_id or app.id}"
    if app.secrets is None or app.certificates is None:
        reason = f"Which credentials {app.name} holds was not told."
        yield not_checked(resource, "partial_data", reason, seen=seen)
    working = [each for each in app.secrets or () if _works(snapshot, each)]
    if working:
        last = max((each.ends for each in working if each.ends is not None), default=None)
        until = f"until {last:%Y-%m-%d}" if last else "without a known end"
        near = f"{app.name} has a federated credential and still a secret {until}." if federated else ""
        lines = tuple(
            Evidence(APPS_SOURCE, app.name, "passwordCredentials.endDateTime", _end(each), "no secret that works")
            for each in working
        )
        reason = f"{app.name} holds {count(len(working), 'client secret')} {until}."
        yield failed(f"{resource}/secrets", reason, seen=seen, evidence=lines, near_miss=near)
    for each in app.certificates or ():
        if each.starts is not None and each.ends is not None and each.ends - each.starts > YEAR:
            days = (each.ends - each.starts).days
            line = Evidence(APPS_SOURCE, app.name, "keyCredentials", f"{days} days", "at most 366 days")
            reason = f"A certificate of {app.name} lives {days} days."
            yield failed(f"{resource}/{each.id}", reason, seen=seen, evidence=(line,), severity=Severity.LOW)


def _end(secret: Credential) -> str:
    return f"{secret.ends:%Y-%m-%d}" if secret.ends else "not told"
