"""Owns the reading of what belongs to the whole account: identities, Identity Center, the organization, CloudFront."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from ztassess.connectors.aws import client_directory, client_identity
from ztassess.connectors.aws.client import GLOBAL_REGION, Aws
from ztassess.connectors.aws.client_errors import Refused
from ztassess.connectors.aws.client_network import distributions
from ztassess.connectors.aws.client_services import public_access_block
from ztassess.connectors.aws.collect_regions import MALFORMED, malformed
from ztassess.connectors.aws.parsing_identity import Identities
from ztassess.connectors.aws.policies import broad_grants
from ztassess.connectors.aws.snapshot import Assignment, IdentityCenter, ManagedPolicy, PermissionSet, Role
from ztassess.connectors.errors import ConnectorError
from ztassess.domain.findings import Part, Unavailable

Parts = Mapping[str, Any]
"""Values of snapshot fields by name; most are parts."""

_IDENTITY_PARTS = ("users", "groups", "roles", "policies")
_DIRECTORY_PARTS = ("identity_centers", "permission_sets", "assignments")
_MOST_BROAD_ROLES = 3


def part(name: str, read: Callable[[], Iterable[Any]]) -> Parts:
    """One part, or the reason why it is not there. Raises `Canceled`."""
    try:
        return {name: tuple(read())}
    except Refused as problem:
        return {name: problem.why}
    except MALFORMED as problem:
        return {name: malformed(name, problem)}


def iam_tasks(aws: Aws) -> dict[str, Callable[[], Parts]]:
    """What is read of IAM, whatever the account's size: names and tasks that may run side by side."""
    return {
        "identities": lambda: _identities(aws),
        "credential_report": lambda: _credential_report(aws),
        "account_summary": lambda: part("account_summary", lambda: client_identity.account_summary(aws)),
        "virtual_mfa_devices": lambda: part("virtual_mfa_devices", lambda: client_identity.virtual_mfa_devices(aws)),
        "password_policy": lambda: part("password_policy", lambda: client_identity.password_policy(aws)),
        "oidc_providers": lambda: part("oidc_providers", lambda: client_identity.oidc_providers(aws)),
        "saml_providers": lambda: part("saml_providers", lambda: client_identity.saml_providers(aws)),
    }


def account_tasks(aws: Aws, account: str) -> dict[str, Callable[[], Parts]]:
    """What is read once for the account beside IAM."""
    return {
        "distributions": lambda: part("distributions", lambda: distributions(aws)),
        "public_access_block": lambda: part("public_access_block", lambda: public_access_block(aws, account)),
        "organization": lambda: {
            **part("organization_accounts", lambda: client_directory.organization_accounts(aws)),
            **part("organization_path", lambda: client_directory.organization_path(aws, account)),
            **part("service_control_policies", lambda: client_directory.service_control_policies(aws)),
        },
    }


def _identities(aws: Aws) -> Parts:
    try:
        found: Identities = client_identity.identities(aws)
    except Refused as problem:
        return dict.fromkeys(_IDENTITY_PARTS, problem.why)
    except MALFORMED as problem:
        return dict.fromkeys(_IDENTITY_PARTS, malformed("identities", problem))
    return {name: getattr(found, name) for name in _IDENTITY_PARTS}


def _credential_report(aws: Aws) -> Parts:
    try:
        rows, made = client_identity.credential_report(aws)
    except Refused as problem:
        return {"credential_report": problem.why}
    except MALFORMED as problem:
        return {"credential_report": malformed("credential_report", problem)}
    return {"credential_report": rows, "report_at": made}


def role_uses(aws: Aws, roles: Part[Role], policies: Part[ManagedPolicy]) -> Parts:
    """When a few broad roles used which service: asked only where it can name rights to take away."""
    if isinstance(roles, Unavailable) or isinstance(policies, Unavailable):
        return {}
    known = {policy.arn: policy.document for policy in policies}
    broad = [
        role.arn
        for role in roles
        if not (role.service_linked or role.reserved)
        and broad_grants(
            (
                *(policy.document for policy in role.inline),
                *(known[policy.arn] for policy in role.attached if policy.arn in known),
            )
        )
    ]
    if not broad:
        return {"role_uses": ()}
    return part("role_uses", lambda: client_identity.role_uses(aws, broad[:_MOST_BROAD_ROLES]))


def directory(open_aws: Callable[[], Aws], account: str, regions: Sequence[str]) -> Parts:
    """Identity Center: the instance, its permission sets and who may use them on this account.

    Parameters:
        open_aws: calls to the account that owns Identity Center.
        regions: where to look for it (`directory_regions`).
    """
    try:
        aws = open_aws()
    except ConnectorError as problem:
        return dict.fromkeys(_DIRECTORY_PARTS, Unavailable("forbidden_role", detail=problem.sentence))
    centers: list[IdentityCenter] = []
    refused: list[Unavailable] = []
    for region in regions:
        read = partial(client_directory.identity_centers, aws, region)
        value = part("identity_centers", read)["identity_centers"]
        if isinstance(value, Unavailable):
            refused.append(value)
        else:
            centers += value
    if not centers and refused:
        return dict.fromkeys(_DIRECTORY_PARTS, refused[0])
    unique = list({center.arn: center for center in centers}.values())
    sets = part("permission_sets", lambda: _all_sets(aws, unique))
    return {"identity_centers": tuple(unique), **sets, **_assignments(aws, account, unique, sets["permission_sets"])}


def _all_sets(aws: Aws, centers: Sequence[IdentityCenter]) -> Iterator[PermissionSet]:
    for center in centers:
        yield from client_directory.permission_sets(aws, center)


def _all_assignments(
    aws: Aws, account: str, centers: Sequence[IdentityCenter], sets: Sequence[PermissionSet]
) -> Iterator[Assignment]:
    for center in centers:
        own = [each for each in sets if each.arn.startswith(_sets_of(center))]
        yield from client_directory.assignments(aws, center, account, own)


def _assignments(aws: Aws, account: str, centers: Sequence[IdentityCenter], sets: Any) -> Parts:
    if isinstance(sets, Unavailable):
        return {"assignments": sets}
    return part("assignments", lambda: _all_assignments(aws, account, centers, sets))


def _sets_of(center: IdentityCenter) -> str:
    """Start of the ARNs of an instance's permission sets: ``arn:aws:sso:::permissionSet/ssoins-1/ps-1``."""
    return center.arn.replace(":instance/", ":permissionSet/") + "/"


def directory_regions(roles: Part[Role], read: Sequence[str]) -> tuple[str, ...]:
    """Where to look for Identity Center: its own roles carry its home region in their path (none means us-east-1).

    Parameters:
        read: regions that are read anyway, where no role tells.
    """
    reserved = () if isinstance(roles, Unavailable) else tuple(role for role in roles if role.reserved)
    homes = {
        role.path.removeprefix("/aws-reserved/sso.amazonaws.com/").strip("/") or GLOBAL_REGION for role in reserved
    }
    return tuple(sorted(homes)) or tuple(read)
