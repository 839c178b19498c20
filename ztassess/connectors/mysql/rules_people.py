"""Owns the checks of people: accounts of their own, no standing read of sensitive data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import count, names
from ztassess.connectors.mysql.access import Access, Held, access_of
from ztassess.connectors.mysql.judging import (
    SOURCES,
    blocked,
    can_log_in,
    named,
    revokes_unseen,
    sensitive_reach,
    sensitive_unseen,
    unexplained,
)
from ztassess.connectors.mysql.snapshot import Account, MysqlSnapshot
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked, passed

CHECKS: Checks[MysqlSnapshot] = Checks("mysql")
_READ: Final = frozenset({"SELECT"})
_GENERIC: Final = frozenset(
    (
        *("root", "admin", "administrator", "dev", "developer", "developers", "ops", "devops", "dba", "user", "test"),
        *("readonly", "read_only", "support", "team", "shared", "guest", "analyst", "analysts", "reporting"),
        *("staging", "backup", "mysql"),
    )
)


@CHECKS.check(
    "mysql.people_have_own_accounts",
    title="People do not share accounts",
    verifies=(Verifies("identity.no-shared-accounts", level=2),),
    severity=Severity.HIGH,
    parts=("users",),
)
def people_have_own_accounts(snapshot: MysqlSnapshot) -> Iterator[Verdict]:
    """Every declared account of people has one person, and no account is left that nobody explains."""
    humans = snapshot.declared.humans
    if not humans:
        yield not_checked(snapshot.server, "input_missing", "The accounts used by people are not declared.")
        return
    if isinstance(snapshot.users, Unavailable):
        yield not_checked(snapshot.server, snapshot.users)
        return
    access = access_of(snapshot)
    verdicts = [verdict for typed, people in humans for verdict in _own(access, typed, people, len(humans))]
    left = [each.id for each in unexplained(snapshot, access)]
    if left:
        generic = [each for each in left if each.user.lower() in _GENERIC]
        reason = (
            f"{count(len(left), 'account')} of nobody could be shared by people: {names(left)}. Declare them as "
            "accounts of services, of people or of administrators."
        )
        near_miss = f"{generic[0]} looks generic." if generic else ""
        verdicts.append(
            not_checked(f"{snapshot.server}/unexplained", "input_missing", reason, seen=len(left), near_miss=near_miss)
        )
    yield from verdicts
    if not verdicts:
        reason = (
            f"{len(humans)} of {count(len(humans), 'account')} of people belong to one person each, as declared, and "
            "every other account is explained. Who is behind a connection cannot be seen."
        )
        line = Evidence("connect form, mysql.user", snapshot.server, "people per account", "1", "1")
        yield passed(snapshot.server, reason, seen=len(humans), evidence=(line,))


def _own(access: Access, typed: str, people: tuple[str, ...], seen: int) -> Iterator[Verdict]:
    resource = f"*/{typed}"
    if not any(named({typed}, each.id) and each.id not in access.roles for each in access.accounts.values()):
        reason = f"{typed} is declared as an account of people, but there is no such account."
        yield not_checked(resource, "not_configured", reason)
    elif len(people) > 1:
        line = Evidence("connect form", typed, "people", str(len(people)), "1")
        yield failed(resource, f"{len(people)} people share the account {typed}.", seen=seen, evidence=(line,))
    elif not people:
        generic = f"{typed} looks generic." if typed.partition("@")[0].lower() in _GENERIC else ""
        reason = f"Nobody said whose account {typed} is; write {typed}=person@example.com."
        yield not_checked(resource, "input_missing", reason, near_miss=generic)


@CHECKS.check(
    "mysql.people_cannot_browse",
    title="People have no standing read of sensitive schemas",
    verifies=(Verifies("least-privilege.human-prod-data", level=2),),
    severity=Severity.HIGH,
    parts=(*SOURCES, "states", "schemas"),
)
def people_cannot_browse(snapshot: MysqlSnapshot) -> Iterator[Verdict]:
    """No account of a person that can log in reads declared sensitive data, at whatever level the grant stands."""
    declared = snapshot.declared
    if not declared.humans or not declared.sensitive:
        lacking = "accounts used by people" if not declared.humans else "schemas or tables with customer data"
        yield not_checked(snapshot.server, "input_missing", f"The {lacking} are not declared.")
        return
    if isinstance(snapshot.users, Unavailable):
        yield not_checked(snapshot.server, snapshot.users)
        return
    access = access_of(snapshot)
    verdicts: list[Verdict] = []
    kept: list[str] = []
    for typed, _ in declared.humans:
        accounts = [each for each in access.accounts.values() if named({typed}, each.id)]
        if not accounts:
            reason = f"{typed} is declared as an account of people, but there is no such account."
            verdicts.append(not_checked(f"*/{typed}", "not_configured", reason))
        for account in sorted(accounts, key=lambda one: one.id):
            held = sensitive_reach(snapshot, access, account.id, _READ)
            if held and can_log_in(access, account) is False:
                kept.append(str(account.id))
            elif held:
                verdicts.append(_browses(snapshot, access, account, held))
    open_points = {"sources": blocked(snapshot, SOURCES), "sensitive": sensitive_unseen(snapshot)}
    verdicts += [not_checked(f"{snapshot.server}/{name}", why) for name, why in open_points.items() if why]
    yield from _each_once(verdicts)
    if not verdicts:
        note = f" Locked now, rights kept: {names(kept)}." if kept else ""
        total = len(declared.humans)
        reason = f"0 of {count(total, 'account')} of people may read any of {names(declared.sensitive)}.{note}"
        line = Evidence("mysql.user, db, tables_priv, columns_priv, roles", snapshot.server, "standing reads", "0", "0")
        yield passed(snapshot.server, reason, seen=total * len(declared.sensitive), evidence=(line,))


def _browses(snapshot: MysqlSnapshot, access: Access, account: Account, held: list[Held]) -> Verdict:
    resource = f"*/{account.id}"
    ways = names([f"{each.place} {each.how}" for each in held])
    unseen = revokes_unseen(snapshot)
    if unseen and all(each.everywhere for each in held):
        return not_checked(resource, unseen, f"{account.id} may read {ways}. {unseen.detail}")
    if can_log_in(access, account) is None:
        why = snapshot.states if isinstance(snapshot.states, Unavailable) else Unavailable("partial_data")
        reason = f"{account.id} may read {ways}, unless it is locked, which could not be seen. {why.detail}".strip()
        return not_checked(resource, why, reason)
    lines = tuple(
        Evidence(each.source, str(account.id), f"SELECT on {each.place}", each.how, "no standing right")
        for each in held
    )
    sensitive = names(snapshot.declared.sensitive)
    reason = f"{account.id} may read sensitive data at any time ({sensitive}): {ways}."
    return failed(resource, reason, seen=len(snapshot.declared.sensitive), evidence=lines[:50])


def _each_once(verdicts: list[Verdict]) -> list[Verdict]:
    """One verdict per resource: an account may be declared twice, by name and by host."""
    return list({verdict.resource: verdict for verdict in verdicts}.values())
