"""Owns the check of super administrators: how many there are, and whether they are accounts for that alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ztassess.connectors.google_workspace.judgment import USERS_SOURCE, emails
from ztassess.connectors.google_workspace.snapshot import User, WorkspaceSnapshot
from ztassess.connectors.judging import NamedAccounts, conclude, count, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_checked

CHECKS: Checks[WorkspaceSnapshot] = Checks("google_workspace")
FEWEST, MANY, MOST = 2, 4, 8
_MARKS = re.compile(r"(?:^|[._+-])(?:admin|adm|sa|su|super|superadmin|root)(?=$|[._+-])")


@CHECKS.check(
    "google_workspace.super_admin_count",
    title="Few super administrators",
    verifies=(Verifies("identity.admin-separation", level=2),),
    severity=Severity.HIGH,
    parts=("users", "roles", "role_assignments"),
)
def super_admin_count(snapshot: WorkspaceSnapshot) -> Iterator[Verdict]:
    """Two to four, and each of them an account that is used for nothing else."""
    users = rows_read(snapshot.users)
    holders = _holders(snapshot)
    admins = [user for user in users if user.active and (user.super_admin or user.id in holders)]
    unknown = [user for user in users if user.super_admin is None and user.active]
    problems: list[Verdict] = []
    if unknown:
        reason = f"The source does not say of {len(unknown)} of {count(len(users), 'account')} whether it is an "
        problems.append(
            not_checked(f"{snapshot.domain}/roles", "partial_data", f"{reason}administrator's.", seen=len(users))
        )
    daily = [user for user in admins if not _dedicated(snapshot, user)]
    near = ""
    if daily:
        near = f"{count(len(admins), 'super administrator')}; {len(daily)} of them read daily mail on that account."
    problems += _too_many(snapshot, admins, near) if not unknown or len(admins) > MANY else []
    note = "Each of them is an account for that alone." if not daily else f"In daily use: {names(emails(daily))}."
    yield from conclude(
        snapshot.domain,
        problems,
        of=(snapshot.users,),
        seen=max(1, len(admins)),
        good=f"{count(len(admins), 'super administrator')}: {names(emails(admins))}. {note}",
        nothing="",
        evidence=(Evidence(USERS_SOURCE, snapshot.domain, "isAdmin", str(len(admins)), "2 to 4"),),
        level=1 if daily else None,
        near_miss="" if problems else near,
    )


def _holders(snapshot: WorkspaceSnapshot) -> set[str]:
    """Ids of accounts that hold a super administrator role, beside those that Google marks as such itself."""
    roles = {role.id for role in rows_read(snapshot.roles) if role.super_admin}
    return {each.assignee for each in rows_read(snapshot.role_assignments) if each.role in roles}


def _too_many(snapshot: WorkspaceSnapshot, admins: list[User], near: str) -> list[Verdict]:
    number = len(admins)
    # Fewer than two may be half of a list that broke off; too many stay too many.
    if FEWEST <= number <= MANY or (number < FEWEST and not isinstance(snapshot.users, tuple)):
        return []
    line = Evidence(USERS_SOURCE, snapshot.domain, "isAdmin", str(number), "2 to 4")
    if number < FEWEST:
        reason = f"There is {count(number, 'super administrator')}; if that account is lost, nobody can help."
    else:
        reason = f"There are {number} super administrators, 2 to 4 are enough: {names(emails(admins))}."
    level = 1 if MANY < number <= MOST else 0
    return [failed(snapshot.domain, reason, seen=max(1, number), evidence=(line,), level=level, near_miss=near)]


def _dedicated(snapshot: WorkspaceSnapshot, admin: User) -> bool:
    """It is declared as break-glass, or its person has another account here for every day."""
    if NamedAccounts.of(snapshot.inputs.break_glass).matches(admin.email, admin.name, admin.id):
        return True
    others = {user.email: user for user in rows_read(snapshot.users) if user.active and user.email != admin.email}
    owner = next((email for alias, email in snapshot.inputs.aliases if alias in (admin.email, admin.name)), "")
    if owner in others and not others[owner].super_admin:
        return True
    bare = _MARKS.sub("", admin.name).strip("._+-")
    return bool(bare) and bare != admin.name and any(user.name == bare and not user.admin for user in others.values())
