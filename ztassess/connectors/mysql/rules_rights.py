"""Owns the checks of rights beside the matrix: global rights, the list of grants itself, hosts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ztassess.connectors.judging import count, names
from ztassess.connectors.mysql.access import access_of
from ztassess.connectors.mysql.hosts import is_any, is_broad
from ztassess.connectors.mysql.judging import SOURCES, blocked, can_log_in, exempt, have, left_out, reserved
from ztassess.connectors.mysql.privileges import WATCHING_RIGHTS
from ztassess.connectors.mysql.snapshot import Account, MysqlSnapshot
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import (
    Evidence,
    Severity,
    Unavailable,
    Verdict,
    failed,
    not_applicable,
    not_checked,
    passed,
)

CHECKS: Checks[MysqlSnapshot] = Checks("mysql")
_MINIMAL: Final = "least-privilege.db-grants-minimal"


@CHECKS.check(
    "mysql.no_global_rights",
    title="Services hold no global rights",
    verifies=(Verifies(_MINIMAL, level=2), Verifies("least-privilege.db-user-per-service", level=2)),
    severity=Severity.CRITICAL,
    parts=("users", "roles", "dynamic", "states", "settings"),
)
def no_global_rights(snapshot: MysqlSnapshot) -> Iterator[Verdict]:
    """No account holds a right on the whole server, by itself or by a role, declared administrators apart."""
    if isinstance(snapshot.users, Unavailable):
        yield not_checked(snapshot.server, snapshot.users)
        return
    access = access_of(snapshot)
    judged = [each for each in access.accounts.values() if each.id not in access.roles]
    judged = [each for each in judged if not exempt(snapshot, access, each)]
    if not judged:
        reason = f"Every account is an administrator's, the product's own or ours{left_out(snapshot, access)}."
        yield not_applicable(snapshot.server, reason)
        return
    verdicts = [
        _global(account, rights, len(judged)) for account in judged if (rights := access.global_rights(account.id))
    ]
    verdicts += _unread(snapshot)
    yield from verdicts
    if not verdicts:
        reason = f"0 of {count(len(judged), 'account')} hold a right on the whole server{left_out(snapshot, access)}."
        line = Evidence("mysql.user", snapshot.server, "accounts with global rights", "0", "0")
        yield passed(snapshot.server, reason, seen=len(judged), evidence=(line,))


def _global(account: Account, rights: Mapping[str, str], seen: int) -> Verdict:
    watching = frozenset(rights) <= WATCHING_RIGHTS
    only = frozenset(rights) == {"PROCESS"}
    told = "; ".join(f"{right} {how}" for right, how in sorted(rights.items())[:8])
    more = f" and {len(rights) - 8} more" if len(rights) > 8 else ""  # noqa: PLR2004  as many as are shown
    reason = f"{account.id} holds {count(len(rights), 'right')} on the whole server: {told}{more}. {seen} judged."
    line = Evidence("mysql.user", str(account.id), "global rights", ", ".join(sorted(rights)), "none")
    return failed(
        f"*/{account.id}",
        reason,
        seen=seen,
        evidence=(line,),
        severity=Severity.MEDIUM if watching else None,
        near_miss="PROCESS only: it shows other accounts' queries." if only else "",
    )


def _unread(snapshot: MysqlSnapshot) -> Iterator[Verdict]:
    """Where global rights may hide that nobody could look at."""
    roles = blocked(snapshot, ("roles",))
    if roles:
        yield not_checked(f"{snapshot.server}/roles", roles)
    if isinstance(snapshot.dynamic, Unavailable):
        yield not_checked(f"{snapshot.server}/dynamic", snapshot.dynamic)
    if snapshot.mariadb and isinstance(snapshot.states, Unavailable):
        hidden = "MariaDB has global rights without a column, such as SET USER, which only the view shows."
        reason = f"{hidden} {snapshot.states.detail}"
        yield not_checked(f"{snapshot.server}/hidden", snapshot.states, reason.strip())


@CHECKS.check(
    "mysql.grants_exported",
    title="Every grant is listed",
    verifies=(Verifies("least-privilege.grant-inventory", level=2),),
    severity=Severity.LOW,
    parts=SOURCES,
)
def grants_exported(snapshot: MysqlSnapshot) -> Iterator[Verdict]:
    """All five sources of rights were read; with four, an account may hold what nobody lists."""
    parts = (*SOURCES, "dynamic")
    missing = [name for name in parts if isinstance(getattr(snapshot, name), Unavailable)]
    if missing:
        why = blocked(snapshot, parts) or Unavailable("partial_data")
        read = sum(not isinstance(getattr(snapshot, name), Unavailable) for name in SOURCES)
        near_miss = "Role sources were refused." if "roles" in missing else ""
        reason = f"{read} of {len(SOURCES)} sources were read; missing: {names(missing)}. {why.detail}".strip()
        yield not_checked(snapshot.server, why, reason.replace("_", " "), seen=read, near_miss=near_miss)
        return
    total = sum(len(getattr(snapshot, name)) for name in parts)
    if not have(snapshot.users):
        yield not_checked(snapshot.server, "partial_data", "The server listed no account, although ours got in.")
        return
    access = access_of(snapshot)
    roles = sum(1 for each in access.accounts if each in access.roles)
    reason = (
        f"5 of 5 sources were read: {count(len(access.accounts) - roles, 'account')}, {count(roles, 'role')}, "
        f"{total} rows. Stored routines and PROXY grants are not part of them. {snapshot.warning}"
    ).strip()
    line = Evidence("mysql.user, db, tables_priv, columns_priv, roles", snapshot.server, "sources read", "5", "5")
    yield passed(snapshot.server, reason, seen=total, evidence=(line,))


@CHECKS.check(
    "mysql.hosts_restricted",
    title="Accounts are bound to networks",
    verifies=(Verifies(_MINIMAL, level=2, supporting=True),),
    severity=Severity.LOW,
    parts=("users", "states"),
)
def hosts_restricted(snapshot: MysqlSnapshot) -> Iterator[Verdict]:
    """No account that can log in may come from anywhere."""
    if isinstance(snapshot.users, Unavailable):
        yield not_checked(snapshot.server, snapshot.users)
        return
    access = access_of(snapshot)
    judged = [
        each
        for each in sorted(access.accounts.values(), key=lambda one: one.id)
        if can_log_in(access, each) is not False and not reserved(access, each) and str(each.id) != snapshot.reader
    ]
    if not judged:
        yield not_applicable(snapshot.server, "No account but our own can log in.")
        return
    wide = [each for each in judged if is_any(each.id.host)]
    unsure = [each for each in wide if can_log_in(access, each) is None]
    sure = [each for each in wide if each not in unsure]
    if sure:
        yield _from_anywhere(sure, len(judged))
    if unsure:
        yield _maybe_locked(snapshot, unsure)
    if not wide:
        broad = [each.id for each in judged if is_broad(each.id.host)]
        note = f" {broad[0].host} is the whole network: {names(broad)}." if broad else ""
        reason = f"{len(judged)} of {count(len(judged), 'account')} are bound to hosts or networks.{note}"
        line = Evidence("mysql.user", snapshot.server, "accounts with Host %", "0", "0")
        yield passed(snapshot.server, reason, seen=len(judged), evidence=(line,))


def _from_anywhere(accounts: list[Account], seen: int) -> Verdict:
    who = [each.id for each in accounts]
    lines = tuple(Evidence("mysql.user", str(each), "Host", each.host, "a host or a network") for each in who[:50])
    reason = f"{len(who)} of {count(seen, 'account')} may log in from any host: {names(who)}."
    return failed("*/hosts", reason, seen=seen, evidence=lines)


def _maybe_locked(snapshot: MysqlSnapshot, accounts: list[Account]) -> Verdict:
    why = snapshot.states if isinstance(snapshot.states, Unavailable) else Unavailable("partial_data")
    who = names([each.id for each in accounts])
    reason = f"{who} may log in from any host, unless locked, which could not be seen. {why.detail}".strip()
    return not_checked(f"{snapshot.server}/locks", why, reason, seen=len(accounts))
