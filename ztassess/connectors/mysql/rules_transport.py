"""Owns the checks of how clients come in: TLS, client certificates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import count, names
from ztassess.connectors.mysql.access import Access, access_of
from ztassess.connectors.mysql.hosts import is_local
from ztassess.connectors.mysql.judging import (
    SOURCES,
    blocked,
    can_log_in,
    is_on,
    reserved,
    revokes_unseen,
    sensitive_reach,
    sensitive_unseen,
    setting,
)
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
_MTLS: Final = "mesh.sensitive-path-mtls"
_FORCED: Final = "require_secure_transport"
_TOUCHING: Final = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})


def _remote(snapshot: MysqlSnapshot, access: Access) -> list[Account]:
    """Accounts that can come over the network, ours too: known locks, roles and the product's own left out."""
    return [
        each
        for each in sorted(access.accounts.values(), key=lambda one: one.id)
        if not is_local(each.id.host) and can_log_in(access, each) is not False and not reserved(access, each)
    ]


@CHECKS.check(
    "mysql.tls_required",
    title="Connections are encrypted",
    verifies=(Verifies(_MTLS, level=1),),
    severity=Severity.HIGH,
    parts=("settings", "users"),
)
def tls_required(snapshot: MysqlSnapshot) -> Iterator[Verdict]:
    """The server takes no connection over the network without TLS, or no account may use one."""
    forced = setting(snapshot, _FORCED)
    if is_on(forced):
        line = Evidence("system variables", snapshot.server, _FORCED, str(forced), "ON")
        yield passed(snapshot.server, "The server refuses connections without TLS.", seen=1, evidence=(line,))
        return
    if isinstance(snapshot.users, Unavailable):
        yield not_checked(snapshot.server, snapshot.users)
        return
    remote = _remote(snapshot, access_of(snapshot))
    plain = [each for each in remote if not each.tls]
    if not remote:
        yield not_applicable(snapshot.server, "No account can log in over the network.")
        return
    if not plain:
        line = Evidence("mysql.user", snapshot.server, "remote accounts without ssl_type", "0", "0")
        reason = f"{len(remote)} of {count(len(remote), 'remote account')} must use TLS."
        yield passed(snapshot.server, reason, seen=len(remote), evidence=(line,))
        return
    offered = is_on(setting(snapshot, "have_ssl"))
    near_miss = f"TLS is offered, not required for {count(len(plain), 'account')}." if offered else ""
    if isinstance(snapshot.settings, Unavailable):
        reason = (
            f"{len(plain)} of {count(len(remote), 'remote account')} need no TLS; whether the server does is unread."
        )
        yield not_checked(snapshot.server, snapshot.settings, reason, seen=len(remote), near_miss=near_miss)
        return
    who = [each.id for each in plain]
    lines = tuple(
        Evidence("mysql.user", str(each), "ssl_type", "(empty)", "ANY, X509 or SPECIFIED") for each in who[:49]
    )
    lines += (Evidence("system variables", snapshot.server, _FORCED, forced or "(absent)", "ON"),)
    reason = f"{len(plain)} of {count(len(remote), 'remote account')} may connect without TLS: {names(who)}."
    yield failed(snapshot.server, reason, seen=len(remote), evidence=lines, near_miss=near_miss)


@CHECKS.check(
    "mysql.client_certificates_required",
    title="Sensitive accounts present a certificate",
    verifies=(Verifies(_MTLS, level=2),),
    severity=Severity.MEDIUM,
    parts=(*SOURCES, "schemas"),
)
def client_certificates_required(snapshot: MysqlSnapshot) -> Iterator[Verdict]:
    """Every account that reaches declared sensitive data over the network must show a certificate."""
    if not snapshot.declared.sensitive:
        reason = "The schemas or tables with customer data are not declared."
        yield not_checked(snapshot.server, "input_missing", reason)
        return
    if isinstance(snapshot.users, Unavailable):
        yield not_checked(snapshot.server, snapshot.users)
        return
    access = access_of(snapshot)
    remote = _remote(snapshot, access)
    reaching = [each for each in remote if _reaches(snapshot, access, each)]
    verdicts = [verdict for each in reaching if (verdict := _certificate(snapshot, access, each, len(reaching)))]
    open_points = {"sources": blocked(snapshot, SOURCES), "sensitive": sensitive_unseen(snapshot)}
    verdicts += [not_checked(f"{snapshot.server}/{name}", why) for name, why in open_points.items() if why]
    yield from verdicts
    if verdicts:
        return
    if not reaching:
        reason = f"None of {count(len(remote), 'remote account')} reaches {names(snapshot.declared.sensitive)}."
        yield not_applicable(snapshot.server, reason)
        return
    line = Evidence("mysql.user", snapshot.server, "accounts without X509 or SPECIFIED", "0", "0")
    reason = (
        f"{len(reaching)} of {count(len(reaching), 'remote account')} that reach sensitive data show a certificate."
    )
    yield passed(snapshot.server, reason, seen=len(reaching), evidence=(line,))


def _reaches(snapshot: MysqlSnapshot, access: Access, account: Account) -> bool:
    return bool(sensitive_reach(snapshot, access, account.id, _TOUCHING))


def _certificate(snapshot: MysqlSnapshot, access: Access, account: Account, seen: int) -> Verdict | None:
    if account.tls in ("X509", "SPECIFIED"):
        return None
    unseen = revokes_unseen(snapshot)
    if unseen and all(held.everywhere for held in sensitive_reach(snapshot, access, account.id, _TOUCHING)):
        return not_checked(f"*/{account.id}", unseen)
    line = Evidence("mysql.user", str(account.id), "ssl_type", account.tls or "(empty)", "X509 or SPECIFIED")
    if account.tls == "ANY":
        reason = f"{account.id} reaches sensitive data and must use TLS, but shows no certificate."
        near_miss = "ANY means TLS without client certificate."
        return failed(f"*/{account.id}", reason, seen=seen, evidence=(line,), level=1, near_miss=near_miss)
    level = 1 if is_on(setting(snapshot, _FORCED)) else 0
    reason = f"{account.id} reaches sensitive data without a certificate."
    return failed(f"*/{account.id}", reason, seen=seen, evidence=(line,), level=level)
