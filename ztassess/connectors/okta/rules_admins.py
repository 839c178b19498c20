"""Owns the checks of administrators: how many super administrators, and whether a token acts as one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import NamedAccounts, conclude, count, names, never_empty, rows_read, unread
from ztassess.connectors.okta.judging import label_of, lines_of
from ztassess.connectors.okta.snapshot import SUPER_ADMIN, ApiToken, OktaSnapshot, User
from ztassess.connectors.okta.snapshot_policies import ACTIVE
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_checked, passed

CHECKS: Checks[OktaSnapshot] = Checks("okta")
FEWEST, MOST, TOO_MANY = 2, 4, 8
SOURCE: Final = "GET /api/v1/users/{id}/roles, /api/v1/groups/{id}/roles"


def super_admins(snapshot: OktaSnapshot) -> dict[str, tuple[str, ...]]:
    """User ids of super administrators, each with the groups it comes from; no group: it is the user's own role."""
    found: dict[str, set[str]] = {}
    for role in rows_read(snapshot.roles):
        if role.role == SUPER_ADMIN and role.status in (ACTIVE, ""):
            found.setdefault(role.user_id, set()).add(role.group)
    return {user: tuple(sorted(groups)) for user, groups in found.items()}


@CHECKS.check(
    "okta.super_admin_count",
    title="Few super administrators",
    verifies=(Verifies("identity.admin-separation", level=2),),
    severity=Severity.HIGH,
    parts=("roles", "users"),
)
def super_admin_count(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """Two to four, those through groups included: one alone locks the org out, more than that is nobody's duty."""
    found = super_admins(snapshot)
    direct = [user for user, groups in found.items() if "" in groups]
    others = {user: groups for user, groups in found.items() if "" not in groups}
    total, missing = len(found), unread(snapshot.roles)
    through = names(sorted({group for groups in others.values() for group in groups}))
    near_miss = ""
    if others:
        near_miss = f"{len(direct)} direct super administrators, {len(others)} more through group '{through}'."
    logins = [label_of(snapshot, user) for user in (*direct, *others)]
    who = names(logins)
    lines = lines_of(SOURCE, logins, "type", SUPER_ADMIN, f"{FEWEST} to {MOST} users")
    glass = _glass(snapshot, found)
    if total > MOST:
        level = 1 if total <= TOO_MANY and missing is None else None
        reason = f"{count(total, 'super administrator')}, {len(others)} of them through groups: {who}.{glass}"
        yield failed(snapshot.org, reason, seen=total, evidence=lines, level=level, near_miss=near_miss)
    elif missing is not None:
        yield not_checked(snapshot.org, missing, seen=total, near_miss=near_miss)
    elif not total:
        yield not_checked(snapshot.org, "partial_data", "Okta listed no super administrator, which cannot be.")
    elif total < FEWEST:
        reason = f"{who} is the only super administrator; without that account nobody can repair the org.{glass}"
        yield failed(snapshot.org, reason, seen=total, evidence=lines, near_miss=near_miss)
    else:
        reason = f"{count(total, 'super administrator')}, {len(others)} of them through groups: {who}.{glass}"
        yield passed(snapshot.org, reason, seen=total, evidence=lines)


def _glass(snapshot: OktaSnapshot, found: dict[str, tuple[str, ...]]) -> str:
    """Break-glass accounts among them are counted, and named."""
    declared = NamedAccounts.of(snapshot.declared.break_glass)
    users: dict[str, User] = {user.id: user for user in rows_read(snapshot.users)}
    among = [
        label_of(snapshot, user)
        for user in found
        if declared.matches(user, *((users[user].login, users[user].email) if user in users else ()))
    ]
    return f" Counted with them, declared as break-glass: {names(among)}." if among else ""


@CHECKS.check(
    "okta.api_token_not_super_admin",
    title="No token acts as super administrator",
    verifies=(Verifies("identity.admin-separation", level=2),),
    severity=Severity.HIGH,
    parts=("tokens", "roles"),
)
def api_token_not_super_admin(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """A static token has all rights of its owner, also those that come through a group."""
    tokens, admins = rows_read(snapshot.tokens), super_admins(snapshot)
    problems: list[Verdict] = []
    for token in tokens:
        if token.user_id in admins:
            problems.append(_super(snapshot, token, admins[token.user_id], len(tokens)))
        elif not token.user_id:
            problems.append(not_checked(token.id, "partial_data", f"Okta did not say whose token {token.name} is."))
    # Somebody is super administrator in every org.
    roles = snapshot.roles if admins or unread(snapshot.roles) else ()
    parts = (
        (snapshot.tokens, never_empty(roles, "Okta listed no super administrator")) if tokens else (snapshot.tokens,)
    )
    yield from conclude(
        snapshot.org,
        problems,
        of=parts,
        seen=len(tokens),
        good=f"None of {count(len(tokens), 'API token')} belongs to any of {len(admins)} super administrators.",
        nothing="There is no static API token.",
        evidence=tuple(
            Evidence("GET /api/v1/api-tokens", each.id, "userId", each.user_id, "no super administrator")
            for each in tokens[:50]
        ),
    )


def _super(snapshot: OktaSnapshot, token: ApiToken, groups: tuple[str, ...], of: int) -> Verdict:
    user = label_of(snapshot, token.user_id)
    via = next((group for group in groups if group), "")
    how = "super administrator" if "" in groups else f"super administrator through group {via}"
    sentence = f"{token.name} belongs to {user}, {how}."
    line = Evidence(SOURCE, token.user_id, "type", SUPER_ADMIN, "another role")
    near_miss = sentence if via else ""
    return failed(
        token.id, f"{sentence} {count(of, 'API token')} read.", seen=of, evidence=(line,), near_miss=near_miss
    )
