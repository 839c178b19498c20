"""Owns what an AWS account tells rules over several systems: its users, its roles, the hosts it serves."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ztassess.connectors.aws.snapshot import AwsSnapshot, CredentialRow, Role
from ztassess.domain.findings import Part, Unavailable
from ztassess.domain.roster import Account, AccountKind, Host, Share

ADMINISTRATOR: Final = "arn:aws:iam::aws:policy/AdministratorAccess"
OWNER_TAGS: Final = frozenset({"owner", "team", "contact"})


def shares(snapshot: AwsSnapshot) -> Share:
    """IAM users and roles as accounts; public load balancers and distributions as hosts.

    People of Identity Center are told by the identity provider behind it, not here.
    """
    return Share(accounts=_accounts(snapshot), hosts=_hosts(snapshot))


def _accounts(snapshot: AwsSnapshot) -> Part[Account]:
    report, roles = snapshot.credential_report, snapshot.roles
    if isinstance(report, Unavailable):
        return report
    admins = _administrators(snapshot)
    users = [_user(row, admins) for row in report if not row.is_root]
    if isinstance(roles, Unavailable):
        return tuple(users)  # roles are service accounts: without them the people are still all there
    return (*users, *(_role(role) for role in roles if not role.service_linked and not role.reserved))


def _administrators(snapshot: AwsSnapshot) -> frozenset[str]:
    """ARNs of users with AWS's own administrator policy, directly or through a group."""
    if isinstance(snapshot.users, Unavailable):
        return frozenset()
    groups = () if isinstance(snapshot.groups, Unavailable) else snapshot.groups
    strong = {group.name for group in groups if any(each.arn == ADMINISTRATOR for each in group.attached)}
    return frozenset(
        user.arn
        for user in snapshot.users
        if strong & set(user.groups) or any(each.arn == ADMINISTRATOR for each in user.attached)
    )


def _user(row: CredentialRow, admins: frozenset[str]) -> Account:
    keys = None if row.keys is None else [key for key in row.keys if key.active]
    unknown = row.password_enabled is None or keys is None
    active = True if row.password_enabled or keys else None if unknown else False
    moments: list[datetime] = [key.last_used for key in row.keys or () if key.last_used is not None]
    if row.password_last_used is not None:
        moments.append(row.password_last_used)
    person = bool(row.password_enabled) or "@" in row.user
    return Account(
        id=row.arn,
        name=row.user,
        kind=AccountKind.PERSON if person else AccountKind.SERVICE if keys else AccountKind.UNKNOWN,
        emails=(row.user.lower(),) if "@" in row.user else (),
        active=active,
        admin=True if row.arn in admins else None,
        second_factor=row.mfa_active,
        through_idp=False,
        last_used=max(moments, default=None),
    )


def _role(role: Role) -> Account:
    owner = next((tag.value for tag in role.tags if tag.key.lower() in OWNER_TAGS), "")
    return Account(
        id=role.arn,
        name=role.name,
        kind=AccountKind.SERVICE,
        active=True,
        admin=True if any(each.arn == ADMINISTRATOR for each in role.attached) else None,
        last_used=role.last_used,
        created=role.created,
        owner=owner,
    )


def _hosts(snapshot: AwsSnapshot) -> Part[Host]:
    balancers, distributions = snapshot.load_balancers, snapshot.distributions
    if isinstance(balancers, Unavailable):
        return balancers
    if isinstance(distributions, Unavailable):
        return distributions
    facing = [each.dns_name for each in balancers if each.internet_facing]
    named = [name for each in distributions if each.enabled for name in (each.domain, *each.aliases)]
    return tuple(Host(name.lower(), served=True) for name in dict.fromkeys([*facing, *named]) if name)
