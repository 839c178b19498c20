"""Owns the questions about rules above single resources: access levels, organization policies, constraints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from ztassess.connectors.api import ApiSession, Row, row_of
from ztassess.connectors.api.google import listed
from ztassess.connectors.errors import BadAnswer, NotFound, Refused
from ztassess.connectors.google_iap import permissions
from ztassess.connectors.google_iap.constraints import BUILT_IN, IAP_DEMANDED
from ztassess.connectors.google_iap.refusals import needed
from ztassess.connectors.google_iap.snapshot_access import AccessLevel, LevelCondition, OrgPolicy
from ztassess.connectors.google_iap.spreading import Found, over

_DEMANDS_IAP: Final = {
    "ALLOW": re.compile(r"resource\.iap\.enabled==true"),
    "DENY": re.compile("resource.iap.enabled==false"),
}
_DEVICE_FLAGS: Final = ("requireScreenlock", "requireAdminApproval", "requireCorpOwned")
_DEVICE_LISTS: Final = ("allowedEncryptionStatuses", "allowedDeviceManagementLevels")
_NO_DEMAND: Final = frozenset({"ENCRYPTION_UNSPECIFIED", "MANAGEMENT_UNSPECIFIED", "NONE", "UNENCRYPTED"})


def list_access_levels(session: ApiSession, organization: str) -> Iterator[AccessLevel]:
    """All access levels of an organization (Access Context Manager API, "accessPolicies.accessLevels.list")."""
    where = f"organizations/{organization}"
    policies = listed(
        session,
        "/v1/accessPolicies",
        (("parent", where), ("pageSize", "100")),
        kind="ListAccessPoliciesResponse",
        field="accessPolicies",
        of="AccessPolicy",
        scope=needed(permissions.ACCESS_POLICIES, where),
    )
    yield from over(session, [_policy_name(row) for row in policies], partial(_levels, session))


def _policy_name(row: Row) -> str:
    name = row.text("name")
    if not re.fullmatch(r"accessPolicies/\d{1,25}", name, re.ASCII):
        raise BadAnswer("Google named an access policy in a way we do not know.")
    return name


def _levels(session: ApiSession, policy: str) -> Iterator[AccessLevel]:
    for row in listed(
        session,
        f"/v1/{policy}/accessLevels",
        (("pageSize", "100"),),
        kind="ListAccessLevelsResponse",
        field="accessLevels",
        of="AccessLevel",
        scope=needed(permissions.LEVELS, policy),
    ):
        yield access_level_of(row)


def access_level_of(row: Row) -> AccessLevel:
    """One ``AccessLevel``; without a combining function all conditions must hold (its description)."""
    return AccessLevel(
        row.text("name"),
        row.text("basic.combiningFunction", absent="AND") == "OR",
        tuple(_condition(each) for each in row.rows("basic.conditions", absent=())),
        row.text("custom.expr.expression", absent=""),
    )


def _condition(row: Row) -> LevelCondition:
    return LevelCondition(
        tuple(_device_demands(row)),
        row.texts("requiredAccessLevels", absent=()),
        bool(row.texts("ipSubnetworks", absent=()) or row.rows("vpcNetworkSources", absent=())),
        row.flag("negate", absent=False),
    )


def _device_demands(row: Row) -> Iterator[str]:
    """What a device policy demands. A list that also takes the unprotected state demands nothing."""
    policy = row.row("devicePolicy", absent=None)
    if policy is None:
        return
    yield from (name for name in _DEVICE_FLAGS if policy.flag(name, absent=False))
    for name in _DEVICE_LISTS:
        taken = policy.texts(name, absent=())
        if taken and not _NO_DEMAND & set(taken):
            yield name
    if policy.rows("osConstraints", absent=()):
        yield "osConstraints"


def org_policies(session: ApiSession, projects: list[str], organization: str) -> Found[OrgPolicy]:
    """The effective policies of the constraints we know and of the customer's own that demand IAP."""
    asked: list[tuple[str, str]] = [(constraint, constraint) for constraint in BUILT_IN]
    asked += [(constraint, IAP_DEMANDED) for constraint in _own_constraints(session, organization)]
    pairs = [(project, *each) for project in projects for each in asked]
    return over(session, pairs, lambda pair: [_effective(session, *pair)])


def _effective(session: ApiSession, project: str, constraint: str, known_as: str) -> OrgPolicy:
    """One effective policy (Organization Policy API, "projects.policies.getEffectivePolicy").

    A constraint that Google does not know here cannot be enforced.
    """
    path = f"/v2/projects/{project}/policies/{constraint}:getEffectivePolicy"
    try:
        reply = session.get(path, scope=needed(permissions.ORG_POLICIES, f"projects/{project}"))
    except NotFound:
        return OrgPolicy(project, known_as, enforced=False)
    row = row_of(reply.value, "GoogleCloudOrgpolicyV2Policy")
    row.text("name")
    rules = row.rows("spec.rules", absent=())
    return OrgPolicy(
        project,
        known_as,
        enforced=bool(rules) and all(each.flag("enforce", absent=False) for each in rules),
    )


def _own_constraints(session: ApiSession, organization: str) -> list[str]:
    """Names of custom constraints that let no backend be without IAP ("organizations.customConstraints.list").

    Who may not list them has none, for us: that can only lower a level.
    """
    if not organization:
        return []
    where = f"organizations/{organization}"
    try:
        rows = [
            *listed(
                session,
                f"/v2/{where}/customConstraints",
                (("pageSize", "100"),),
                kind="GoogleCloudOrgpolicyV2ListCustomConstraintsResponse",
                field="customConstraints",
                of="GoogleCloudOrgpolicyV2CustomConstraint",
                scope=needed(permissions.CONSTRAINTS, where),
            )
        ]
    except Refused:
        return []
    return [row.text("name").rpartition("/")[2] for row in rows if _demands_iap(row)]


def _demands_iap(row: Row) -> bool:
    condition = re.sub(r"\s+", "", row.text("condition", absent=""))
    wanted = _DEMANDS_IAP.get(row.text("actionType", absent=""))
    methods = set(row.texts("methodTypes", absent=()))
    return (
        "compute.googleapis.com/BackendService" in row.texts("resourceTypes", absent=())
        and {"CREATE", "UPDATE"} <= methods
        and wanted is not None
        and wanted.fullmatch(condition) is not None
    )
