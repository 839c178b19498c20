"""Owns the questions about who may do what: projects and what is above them, policies, accounts, keys, grants."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final
from urllib.parse import quote

from ztassess.connectors.api import ApiSession, Row, by_token, row_of
from ztassess.connectors.api.google import listed
from ztassess.connectors.errors import BadAnswer, Incomplete
from ztassess.connectors.google_iap import permissions
from ztassess.connectors.google_iap.refusals import needed
from ztassess.connectors.google_iap.snapshot_access import (
    Binding,
    Entitlement,
    Project,
    ProjectGrants,
    ResourcePolicy,
    ServiceAccount,
    ServiceAccountKey,
)

POLICY_BODY: Final = json.dumps({"options": {"requestedPolicyVersion": 3}}).encode()
"""Version 3 shows conditions; an older one would show a conditional binding as if it always held."""
NEVER_FROM: Final = 9999


def get_project(session: ApiSession, project: str) -> Project:
    """One project (Cloud Resource Manager API v3, "projects.get").

    Raises:
        BadAnswer: it is another project, or about to be deleted.
    """
    reply = session.get(f"/v3/projects/{project}", scope=needed(permissions.PROJECT, f"projects/{project}"))
    row = row_of(reply.value, "Project")
    if row.text("projectId") != project:
        raise BadAnswer(f"Instead of project {project} came another one.")
    if row.text("state") != "ACTIVE":
        raise BadAnswer(f"Project {project} is about to be deleted.")
    number = row.text("name").removeprefix("projects/")
    if not number.isdecimal():
        raise BadAnswer(f"Google named project {project} without its number.")
    return Project(project, number, row.text("parent", absent=""))


def ancestors_of(session: ApiSession, project: Project) -> Iterator[str]:
    """The folders and the organization above a project, nearest first ("folders.get").

    Raises:
        Incomplete: the chain has no end.
    """
    above, seen = project.parent, set[str]()
    while above:
        if above in seen:
            raise Incomplete("Google's folders lead in a circle; what is inherited was not judged.")
        seen.add(above)
        yield above
        if not above.startswith("folders/"):
            return
        session.context.budget.spend_page()
        reply = session.get(f"/v3/{above}", scope=needed(permissions.FOLDER, above))
        above = row_of(reply.value, "Folder").text("parent", absent="")


def get_policy(session: ApiSession, resource: str, project: str) -> ResourcePolicy:
    """The allow policy of a project, folder or organization ("getIamPolicy", version 3)."""
    kind = resource.partition("/")[0]
    permission = {
        "projects": permissions.POLICY,
        "folders": permissions.FOLDER_POLICY,
        "organizations": permissions.ORGANIZATION_POLICY,
    }.get(kind)
    if permission is None:
        raise BadAnswer("Google named a parent of another kind.")
    reply = session.post(f"/v3/{resource}:getIamPolicy", POLICY_BODY, scope=needed(permission, resource))
    return ResourcePolicy(resource, project, bindings_of(row_of(reply.value, "Policy")))


def bindings_of(policy: Row) -> tuple[Binding, ...]:
    """The bindings of an allow policy. An empty policy still has an etag; something else is no policy.

    Raises:
        BadAnswer: that is no policy.
    """
    if "error" in policy.value or not (policy.has("bindings") or policy.has("etag")):
        raise BadAnswer("Instead of a policy came something else.")
    return tuple(
        Binding(
            row.text("role"),
            row.texts("members", absent=()),
            row.text("condition.expression", absent="") or ("true" if row.has("condition") else ""),
        )
        for row in policy.rows("bindings", absent=())
    )


def held_permissions(session: ApiSession, resource: str, asked: tuple[str, ...]) -> frozenset[str]:
    """Which of these permissions we hold ("testIamPermissions"); none is used, and nothing is changed by asking."""
    body = json.dumps({"permissions": list(asked)}).encode()
    reply = session.post(f"/v3/{resource}:testIamPermissions", body, scope="")
    row = row_of(reply.value, "TestIamPermissionsResponse")
    if set(row.value) - {"permissions"}:
        raise BadAnswer("Instead of our permissions came something else.")
    return frozenset(row.texts("permissions", absent=())) & frozenset(asked)


def search_grants(session: ApiSession, project: str) -> ProjectGrants:
    """Every allow policy inside a project (Cloud Asset API, "searchAllIamPolicies").

    Raises:
        Incomplete: not one was found, although our own role is granted by one: the index does not know the project yet.
    """
    rows = listed(
        session,
        f"/v1/projects/{project}:searchAllIamPolicies",
        (("pageSize", "500"),),
        kind="SearchAllIamPoliciesResponse",
        field="results",
        of="IamPolicySearchResult",
        scope=needed(permissions.GRANTS, f"projects/{project}"),
    )
    policies = tuple(found_policy(row, project) for row in rows)
    if not policies:
        raise Incomplete(f"Cloud Asset Inventory knows no policy of project {project}, not even the one we read by.")
    return ProjectGrants(project, policies)


def found_policy(row: Row, project: str) -> ResourcePolicy:
    """One ``IamPolicySearchResult``."""
    return ResourcePolicy(row.text("resource"), project, bindings_of(row.row("policy")))


def list_service_accounts(session: ApiSession, project: str) -> Iterator[ServiceAccount]:
    """All service accounts of a project (IAM API, "projects.serviceAccounts.list")."""
    for row in listed(
        session,
        f"/v1/projects/{project}/serviceAccounts",
        (("pageSize", "100"),),
        kind="ListServiceAccountsResponse",
        field="accounts",
        of="ServiceAccount",
        scope=needed(permissions.ACCOUNTS, f"projects/{project}"),
    ):
        yield service_account_of(row, project)


def service_account_of(row: Row, project: str) -> ServiceAccount:
    """One ``ServiceAccount``."""
    email = row.text("email").lower()
    return ServiceAccount(project, email, row.text("uniqueId", absent=""), row.flag("disabled", absent=False))


def list_keys(session: ApiSession, account: ServiceAccount) -> Iterator[ServiceAccountKey]:
    """The keys that people made for an account ("projects.serviceAccounts.keys.list"); Google does not page them."""
    reply = session.get(
        f"/v1/projects/-/serviceAccounts/{quote(account.email, safe='@')}/keys",
        (("keyTypes", "USER_MANAGED"),),
        scope=needed(permissions.KEYS, f"projects/{account.project}"),
    )
    envelope = row_of(reply.value, "ListServiceAccountKeysResponse")
    if set(envelope.value) - {"keys"}:
        raise BadAnswer("Instead of keys came something else.")
    for row in _as(envelope.rows("keys", absent=()), "ServiceAccountKey"):
        if row.text("keyType") == "USER_MANAGED":
            yield key_of(row, account.project, account.email)


def key_of(row: Row, project: str, account: str) -> ServiceAccountKey:
    """One ``ServiceAccountKey``; the year 9999 stands for "never"."""
    until: datetime | None = row.moment("validBeforeTime", absent=None)
    return ServiceAccountKey(
        project,
        account,
        row.text("name").rpartition("/")[2],
        row.moment("validAfterTime", absent=None),
        None if until is None or until.year >= NEVER_FROM else until,
        row.flag("disabled", absent=False),
    )


def list_entitlements(session: ApiSession, project: str) -> Iterator[Entitlement]:
    """What may be requested in a project (Privileged Access Manager API, "projects.locations.entitlements.list").

    Raises:
        Incomplete: a location did not answer.
    """
    path = f"/v1/projects/{project}/locations/global/entitlements"
    for reply in by_token(session, path, scope=needed(permissions.ENTITLEMENTS, f"projects/{project}")):
        envelope = row_of(reply.value, "ListEntitlementsResponse")
        if set(envelope.value) - {"entitlements", "nextPageToken", "unreachable"}:
            raise BadAnswer("Instead of entitlements came something else.")
        for row in _as(envelope.rows("entitlements", absent=()), "Entitlement"):
            yield entitlement_of(row, project)
        if envelope.texts("unreachable", absent=()):
            raise Incomplete("Privileged Access Manager did not answer for every location.")


def entitlement_of(row: Row, project: str) -> Entitlement:
    """One ``Entitlement``. No approval workflow means that nobody has to agree."""
    steps = row.rows("approvalWorkflow.manualApprovals.steps", absent=())
    return Entitlement(
        project,
        row.text("name").rpartition("/")[2],
        tuple(each.text("role") for each in row.rows("privilegedAccess.gcpIamAccess.roleBindings", absent=())),
        sum(step.number("approvalsNeeded", absent=0) for step in steps if step.rows("approvers", absent=())),
        row.text("state") == "AVAILABLE",
    )


def _as(rows: Iterable[Row], kind: str) -> Iterator[Row]:
    """The rows under Google's name of what they are, so that their fields are found in its description."""
    return (Row(kind, row.value) for row in rows)
