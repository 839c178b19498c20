"""Owns the checks of accounts as such: no anonymous ones, one per service, credentials that are issued."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import count, names
from ztassess.connectors.mysql.access import Access, access_of
from ztassess.connectors.mysql.hosts import is_any, is_local
from ztassess.connectors.mysql.judging import administrators, apps, blocked, can_log_in, named, reserved, services
from ztassess.connectors.mysql.privileges import DEFINITION_RIGHTS
from ztassess.connectors.mysql.snapshot import Account, AccountId, MysqlSnapshot
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
SOCKETS: Final = frozenset({"unix_socket", "auth_socket"})
"""The operating system says who it is; nothing is sent."""
ISSUED: Final = frozenset({"AWSAuthenticationPlugin"})
"""Tokens of the cloud's own identities (RDS user guide, "IAM database authentication").

How the plugins of Cloud SQL and Azure are called in mysql.user is documented nowhere we know of: not checked.
"""
PASSWORDS: Final = frozenset(
    {"", "mysql_native_password", "caching_sha2_password", "sha256_password", "ed25519", "parsec", "mysql_old_password"}
)
CERTIFICATES: Final = frozenset({"X509", "SPECIFIED"})


@CHECKS.check(
    "mysql.no_anonymous_or_passwordless",
    title="No anonymous or passwordless accounts",
    verifies=(Verifies("identity.no-shared-accounts", level=2),),
    severity=Severity.CRITICAL,
    parts=("users", "states"),
)
def no_anonymous_or_passwordless(snapshot: MysqlSnapshot) -> Iterator[Verdict]:
    """Nobody gets in without a name or without proof. An empty password shows only in the optional view."""
    if isinstance(snapshot.users, Unavailable):
        yield not_checked(snapshot.server, snapshot.users)
        return
    access = access_of(snapshot)
    judged = [
        each
        for each in sorted(access.accounts.values(), key=lambda one: one.id)
        if can_log_in(access, each) is not False and not reserved(access, each)
    ]
    if not judged:
        yield not_applicable(snapshot.server, "No account can log in.")
        return
    verdicts = [verdict for each in judged for verdict in _open_door(snapshot, access, each, len(judged))]
    unseen = [each for each in judged if _password_unseen(access, each)]
    rooted = [each.id for each in judged if each.id.user == "root" and is_any(each.id.host)]
    near_miss = "root@% exists." if rooted else ""
    if unseen:
        why = snapshot.states if isinstance(snapshot.states, Unavailable) else Unavailable("partial_data")
        reason = (
            f"{len(unseen)} of {count(len(judged), 'account')} sign in by a password; whether it is empty cannot be "
            f"seen without hashes. {why.detail}"
        )
        verdicts.append(
            not_checked(f"{snapshot.server}/passwords", why, reason.strip(), seen=len(unseen), near_miss=near_miss)
        )
    yield from verdicts
    if not verdicts:
        reason = f"{len(judged)} of {count(len(judged), 'account')} have a name and a proof of it. {near_miss}".strip()
        line = Evidence("mysql.user, account_state", snapshot.server, "anonymous or passwordless", "0", "0")
        yield passed(snapshot.server, reason, seen=len(judged), evidence=(line,))


def _open_door(snapshot: MysqlSnapshot, access: Access, account: Account, seen: int) -> Iterator[Verdict]:
    resource = f"*/{account.id}"
    if not account.id.user:
        if can_log_in(access, account) is None:
            why = snapshot.states if isinstance(snapshot.states, Unavailable) else Unavailable("partial_data")
            reason = f"The anonymous account {account.id} exists; whether it is locked could not be seen. {why.detail}"
            yield not_checked(resource, why, reason.strip())
        else:
            line = Evidence("mysql.user", str(account.id), "User", "(empty)", "no such account, or locked")
            yield failed(resource, f"Anybody gets in as {account.id}, without a name.", seen=seen, evidence=(line,))
        return
    state = access.states.get(account.id)
    if state and state.passwordless and account.tls not in CERTIFICATES:
        line = Evidence("account_state", str(account.id), "passwordless", "1", "0")
        yield failed(resource, f"{account.id} has an empty password.", seen=seen, evidence=(line,))


def _password_unseen(access: Access, account: Account) -> bool:
    """True if it may have an empty password and nothing that was read denies it.

    MariaDB shows one method only, although an account may have several; so a socket counts where the view tells that
    it is the only one, or on MySQL, which has one.
    """
    state = access.states.get(account.id)
    if state is not None:
        return state.passwordless is None
    if not account.id.user or account.plugin in ISSUED or account.tls in CERTIFICATES:
        return False
    single = account.locked is not None  # MySQL
    return not (single and account.plugin in SOCKETS and is_local(account.id.host))


@CHECKS.check(
    "mysql.one_account_per_service",
    title="Each service has its own account",
    verifies=(Verifies("least-privilege.db-user-per-service", level=2),),
    severity=Severity.HIGH,
    parts=("users", "roles", "schema_grants", "table_grants", "settings"),
)
def one_account_per_service(snapshot: MysqlSnapshot) -> Iterator[Verdict]:
    """Each declared service logs in as an account of its own, and only the one that migrates may change tables."""
    declared = snapshot.declared.services
    if not declared:
        reason = "The services and their accounts are not declared, so nobody can say who shares one."
        yield not_checked(snapshot.server, "input_missing", reason)
        return
    why = blocked(snapshot, ("users", "roles", "schema_grants", "table_grants"))
    if why:
        yield not_checked(snapshot.server, why)
        return
    access = access_of(snapshot)
    verdicts = [*_shared(declared), *_missing(access, declared), *_migrating(snapshot, access, declared)]
    yield from verdicts
    if not verdicts:
        reason = (
            f"{len(declared)} of {count(len(declared), 'declared service')} have an account of their own; "
            "tables are changed by an account for migrations only."
        )
        line = Evidence("connect form, mysql.user", snapshot.server, "services per account", "1", "1")
        yield passed(snapshot.server, reason, seen=len(declared), evidence=(line,))


_Services = tuple[tuple[str, str], ...]


def _shared(declared: _Services) -> Iterator[Verdict]:
    """``app`` and ``app@%`` overlap: the bare name means every host."""
    by_user: dict[str, dict[str, str]] = {}
    for service, account in declared:
        by_user.setdefault(account.partition("@")[0], {})[service] = account
    for user, users in by_user.items():
        bare = user in users.values()
        groups: dict[str, list[str]] = {}
        for service, account in users.items():
            groups.setdefault(user if bare else account, []).append(service)
        for account, sharing in groups.items():
            if len(sharing) > 1:
                said = f"{len(sharing)} services share {account}"
                line = Evidence("connect form", account, "services", ", ".join(sharing), "one")
                reason = f"{said}: {names(sharing)}."
                yield failed(f"*/{account}", reason, seen=len(declared), evidence=(line,), near_miss=f"{said}.")


def _missing(access: Access, declared: _Services) -> Iterator[Verdict]:
    for service, typed in declared:
        found = [each for each in access.accounts.values() if named({typed}, each.id) and each.id not in access.roles]
        if not found:
            reason = f"{service} is declared to use {typed}, but there is no such account."
            yield not_checked(f"*/{typed}/{service}", "not_configured", reason)


def _migrating(snapshot: MysqlSnapshot, access: Access, declared: _Services) -> Iterator[Verdict]:
    """Rights to define tables belong to a service that is called migrations, or to an administrator."""
    admins = snapshot.declared.administrators
    for service, typed in declared:
        if "migrat" in service.lower():
            continue
        if typed in admins or typed.partition("@")[0] in admins:
            line = Evidence("connect form", typed, "administrator", "true", "false")
            reason = f"{service} uses {typed}, which is declared as an administrator too; migrations need their own."
            yield failed(f"*/{typed}/administrator/{service}", reason, seen=len(declared), evidence=(line,))
            continue
        for account in (each.id for each in access.accounts.values() if named({typed}, each.id)):
            rights = _definitions(access, account)
            if rights:
                line = Evidence("mysql.db, mysql.tables_priv", str(account), "rights", ", ".join(rights), "none")
                what = f"{account}: {', '.join(rights)}"
                reason = f"{service} may change tables itself ({what}); migrations need their own account."
                yield failed(f"*/{account}/definitions/{service}", reason, seen=len(declared), evidence=(line,))


def _definitions(access: Access, account: AccountId) -> list[str]:
    return sorted({right for held in access.held(account) for right in held.rights & DEFINITION_RIGHTS})


@CHECKS.check(
    "mysql.iam_or_certificate_authentication",
    title="App accounts use issued credentials",
    verifies=(Verifies("credentials.dynamic-database", level=2),),
    severity=Severity.MEDIUM,
    parts=("users", "states"),
)
def iam_or_certificate_authentication(snapshot: MysqlSnapshot) -> Iterator[Verdict]:
    """Each service signs in with a token of the cloud or with a certificate, not with a password that stays."""
    if isinstance(snapshot.users, Unavailable):
        yield not_checked(snapshot.server, snapshot.users)
        return
    access = access_of(snapshot)
    found = [
        each
        for each in sorted(apps(snapshot, access), key=lambda one: one.id)
        if not named(administrators(snapshot), each.id)
    ]
    judged = [(each, word) for each in found if (word := _credential(access, each)) != "socket"]
    sockets = len(found) - len(judged)
    if not judged:
        reason = "No account of a service can log in." if not sockets else "Every service signs in by a local socket."
        missing = services(snapshot) and not found
        yield (
            not_checked(
                snapshot.server, "not_configured", "None of the declared services has an account that can log in."
            )
            if missing
            else not_applicable(snapshot.server, reason)
        )
        return
    static = [each for each, word in judged if word == "static"]
    unknown = [each for each, word in judged if word == "unknown"]
    for each in static:
        line = Evidence(
            "mysql.user", str(each.id), "plugin, ssl_type", f"{each.plugin}, {each.tls or 'none'}", "issued"
        )
        strong = "caching_sha2_password is strong but static." if each.plugin == "caching_sha2_password" else ""
        reason = f"{each.id} signs in with a static password, as {len(static)} of {count(len(judged), 'app account')}."
        yield failed(f"*/{each.id}", reason, seen=len(judged), evidence=(line,), near_miss=strong)
    for each in unknown:
        reason = f"{each.id} signs in by {each.plugin or 'an unnamed method'}, which we do not know."
        yield not_checked(f"*/{each.id}", "unsupported", reason)
    if not static and not unknown:
        note = f" {count(sockets, 'account')} by local socket left out." if sockets else ""
        reason = (
            f"{len(judged)} of {count(len(judged), 'app account')} use a token of the cloud or a certificate.{note}"
        )
        line = Evidence("mysql.user", snapshot.server, "static passwords", "0", "0")
        yield passed(snapshot.server, reason, seen=len(judged), evidence=(line,))


def _credential(access: Access, account: Account) -> str:
    """``issued``, ``static``, ``socket`` or ``unknown``; alternatives are as strong as the weakest."""
    if account.tls in CERTIFICATES:
        return "issued"
    state = access.states.get(account.id)
    plugins = {account.plugin, *(state.plugins if state else ())}
    if plugins & PASSWORDS:
        return "static"
    if plugins <= ISSUED:
        return "issued"
    return "socket" if plugins <= SOCKETS and is_local(account.id.host) else "unknown"
