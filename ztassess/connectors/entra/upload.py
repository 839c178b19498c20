"""Owns reading exported replies of Graph into the same snapshot as the live reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ztassess.connectors.api import Row, row_of, rows_of
from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.entra import parsing_directory as directory
from ztassess.connectors.entra import parsing_policies as sign_in
from ztassess.connectors.entra.client import error_of, problem_of
from ztassess.connectors.entra.collect import snapshot_of
from ztassess.connectors.entra.export_formats import FEDERATED, MEMBERS, PATHS
from ztassess.connectors.entra.snapshot import EntraSnapshot
from ztassess.connectors.entra.snapshot_directory import Federation, Group, Organization
from ztassess.connectors.errors import BadAnswer, InputInvalid
from ztassess.connectors.exports import Export, read_export, taken_at
from ztassess.connectors.judging import rows_read
from ztassess.domain.findings import Part, Unavailable

VENDOR: Final = "Microsoft Entra ID"
NEXT: Final = "@odata.nextLink"
FORBIDDEN: Final = 403
# Name of the file -> Graph's kind and its parser. A single object stands alone, a collection inside `value`.
_LISTS: Final[Mapping[str, tuple[str, Callable[[Row], Any]]]] = {
    "policies": ("ConditionalAccessPolicy", sign_in.policy),
    "named-locations": ("IpNamedLocation", sign_in.named_location),
    "token-lifetimes": ("TokenLifetimePolicy", sign_in.token_lifetime),
    "registrations": ("UserRegistrationDetails", directory.registration),
    "users": ("User", directory.user),
    "sign-ins": ("User", directory.sign_in),
    "guests": ("User", directory.guest),
    "organization": ("Organization", directory.organization),
    "role-assignments": ("UnifiedRoleAssignment", directory.role_assignment),
    "role-schedules": ("UnifiedRoleAssignmentScheduleInstance", directory.role_schedule),
    "role-eligibilities": ("UnifiedRoleEligibilitySchedule", directory.eligibility),
    "applications": ("Application", directory.application),
    "service-principals": ("ServicePrincipal", directory.service_principal),
    "licenses": ("SubscribedSku", directory.plans),
    "devices": ("ManagedDevice", directory.device),
    "compliance-policies": ("DeviceCompliancePolicy", directory.compliance_policy),
}
_SINGLE: Final[Mapping[str, tuple[str, Callable[[Row], Any]]]] = {
    "security-defaults": ("IdentitySecurityDefaultsEnforcementPolicy", sign_in.security_defaults),
    "methods-policy": ("AuthenticationMethodsPolicy", sign_in.methods_policy),
    "consent-settings": ("AuthorizationPolicy", sign_in.consent_settings),
    "device-settings": ("DeviceManagement", directory.device_settings),
}
# What only files of this kind hold: a reply saved under another name is noticed.
_TELLING: Final[Mapping[str, tuple[str, ...]]] = {
    "policies": ("conditions", "state"),
    "users": ("userPrincipalName",),
    "registrations": ("isMfaCapable", "methodsRegistered"),
    "applications": ("appId",),
    "service-principals": ("servicePrincipalType",),
    "devices": ("complianceState", "lastSyncDateTime"),
    "security-defaults": ("isEnabled",),
    "consent-settings": ("defaultUserRolePermissions",),
}


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> EntraSnapshot:
    """The snapshot of exported replies; a part without a file is ``Unavailable("input_missing")``.

    Raises:
        InputInvalid: a file that is no reply of Graph, or of another question, or another tenant's.
    """
    export = read_export(files, [*PATHS, f"{MEMBERS}*", f"{FEDERATED}*"], vendor=VENDOR)
    parts: dict[str, Part[Any]] = {_part(name): _read(export, name) for name in PATHS}
    _same_tenant(context, parts["organization"])
    parts["licenses"] = _flat(parts["licenses"])
    parts["groups"] = tuple(
        Group(name.partition("-")[2], _ids(name, documents, "DirectoryObject", directory.member))
        for name, documents in export.documents.items()
        if name.startswith(f"{MEMBERS}-")
    )
    parts["federations"] = tuple(
        Federation(
            name.partition("-")[2],
            _ids(name, documents, "FederatedIdentityCredential", directory.federated_credential),
        )
        for name, documents in export.documents.items()
        if name.startswith(f"{FEDERATED}-")
    )
    return snapshot_of(context, parts, taken_at=taken_at(context, export.about.get("taken_at")))


def _part(name: str) -> str:
    return name.replace("-", "_")


def _read(export: Export, name: str) -> Part[Any]:
    documents = export.documents.get(name)
    if documents is None:
        return Unavailable("input_missing", detail=f"{name}.json was not uploaded.")
    if name in _SINGLE:
        return _object(name, documents)
    kind, parser = _LISTS[name]
    return _pages(name, documents, kind, parser)


def _object(name: str, documents: tuple[Any, ...]) -> Part[Any]:
    kind, parser = _SINGLE[name]
    if len(documents) > 1:
        raise InputInvalid(f"{name}.json was uploaded twice; keep the newest one.")
    try:
        row = row_of(documents[0], kind)
        refused = _refused(row.value)
        if refused is not None:
            return refused
        _fits(name, row)
        return (parser(row),)
    except BadAnswer as problem:
        raise InputInvalid(f"{name}.json is not what Graph answers there: {problem.sentence}") from problem


def _pages(name: str, documents: tuple[Any, ...], kind: str, parser: Callable[[Row], Any]) -> Part[Any]:
    """All pages of one collection. Exactly one of them is the last."""
    found: dict[str, Any] = {}
    last, stated = 0, None
    try:
        for document in documents:
            body = row_of(document, f"{kind} collection")
            refused = _refused(body.value)
            if refused is not None:
                return refused
            last += not body.value.get(NEXT)
            stated = body.value.get("@odata.count", stated)
            for row in rows_of(body.value.get("value"), kind):
                _fits(name, row)
                found[row.text("id")] = parser(row)
    except BadAnswer as problem:
        raise InputInvalid(f"{name}.json is not what Graph answers there: {problem.sentence}") from problem
    rows = tuple(found.values())
    if last > 1:
        raise InputInvalid(f"{name}.json was uploaded twice; keep the newest one.")
    if not last:
        detail = f"The last page of {name}.json is missing (it ends with {NEXT}); {len(rows)} objects were read."
        return Unavailable("partial_data", detail=detail, read=rows)
    if isinstance(stated, int) and len(rows) < stated:
        detail = f"The export has {len(rows)} of {stated} objects of {name}. Export again without a page limit."
        return Unavailable("partial_data", detail=detail, read=rows)
    return rows


def _fits(name: str, row: Row) -> None:
    telling = _TELLING.get(name, ())
    missing = [each for each in telling if each not in row.value]
    if missing:
        raise InputInvalid(
            f"{name}.json holds something else: its objects have no {missing[0]}. Export it again as shown."
        )


def _refused(body: Mapping[str, Any]) -> Unavailable | None:
    """A reply that is a refusal: the part could not be read then either."""
    if "error" not in body:
        return None
    code, message = error_of(dict(body))
    problem = problem_of(FORBIDDEN, code, message, "")
    if problem is None:
        return Unavailable("upstream_error", detail=f"The file holds a refusal of Microsoft Graph ({code[:80]}).")
    return Unavailable(problem.reason, problem.scope, problem.sentence)


def _flat(part: Part[Any]) -> Part[Any]:
    """Plans of all subscriptions in one list."""
    plans = tuple(plan for each in rows_read(part) for plan in each)
    if isinstance(part, Unavailable):
        return Unavailable(part.reason, part.missing_scope, part.detail, plans)
    return plans


def _ids(name: str, documents: tuple[Any, ...], kind: str, parser: Callable[[Row], str]) -> Part[str]:
    part = _pages(name, documents, kind, parser)
    ids = tuple(each for each in rows_read(part) if each)
    return Unavailable(part.reason, part.missing_scope, part.detail, ids) if isinstance(part, Unavailable) else ids


def _same_tenant(context: ReadContext, organization: Part[Organization]) -> None:
    wanted = str(context.config.get("tenant_id") or "")
    for each in rows_read(organization):
        if wanted and each.id.casefold() != wanted.casefold():
            raise InputInvalid(f"This export is of another tenant ({each.id}), not of {wanted}; nothing was judged.")
