"""Owns the checks of how clients come in: authentication methods, TLS, client certificates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import count, names
from ztassess.connectors.postgres.hba import deciding, for_databases, is_remote, plain_lines
from ztassess.connectors.postgres.judging import have, holes, sensitive_tables, sensitive_unknown, service_of
from ztassess.connectors.postgres.snapshot import HbaLine, PostgresSnapshot
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

CHECKS: Checks[PostgresSnapshot] = Checks("postgres")
_MTLS: Final = "mesh.sensitive-path-mtls"
_SOURCE: Final = "Q9 authentication"
_KNOWN: Final = frozenset(
    {"scram-sha-256", "cert", "peer", "gss", "sspi", "ldap", "radius", "pam", "bsd", "oauth", "ident", "reject"}
)


def _line(line: HbaLine, field: str, expected: str) -> Evidence:
    observed = " ".join(
        part
        for part in (
            line.type,
            ",".join(line.databases),
            ",".join(line.users),
            line.address,
            line.netmask,
            line.method,
            *line.options,
        )
        if part
    )
    return Evidence(_SOURCE, f"line {line.number}", field, observed, expected)


def _resource(line: HbaLine) -> str:
    """What the line matches, not its number: a line inserted above must not rename every finding below."""
    address = f"{line.address}/{line.netmask}" if line.netmask else line.address
    return "/".join(["hba", line.type, ",".join(line.databases), ",".join(line.users), address])


def _unread(snapshot: PostgresSnapshot) -> Verdict:
    """Why pg_hba.conf is not judged: a managed service has none to show; else the optional grant is missing."""
    service = service_of(snapshot)
    if service:
        return not_applicable(
            snapshot.server, f"{service.title} manages authentication itself and shows no pg_hba.conf."
        )
    assert isinstance(snapshot.hba, Unavailable)  # noqa: S101  asked by the callers
    return not_checked(snapshot.server, snapshot.hba)


@CHECKS.check(
    "postgres.authentication_methods_safe",
    title="No weak authentication",
    verifies=(Verifies(_MTLS, level=1),),
    severity=Severity.CRITICAL,
    parts=("hba",),
)
def authentication_methods_safe(snapshot: PostgresSnapshot) -> Iterator[Verdict]:
    """No line of pg_hba.conf that decides lets anybody in unasked, or sends a password that can be replayed."""
    if isinstance(snapshot.hba, Unavailable):
        yield _unread(snapshot)
        return
    if not snapshot.hba:
        yield not_checked(snapshot.server, "partial_data", "pg_hba.conf has no line, although the server let us in.")
        return
    lines, total = list(deciding(snapshot.hba)), len(snapshot.hba)
    broken = [line for line in snapshot.hba if line.error]
    clean = True
    for line in lines:
        verdict = _method(line, total)
        if verdict:
            clean = False
            yield verdict
    if broken:
        reason = (
            f"{len(broken)} of {count(total, 'line')} of pg_hba.conf cannot be read by the server, which keeps "
            "using an older file."
        )
        yield not_checked(snapshot.server, "partial_data", reason, seen=len(broken))
    elif clean:
        methods = sorted({line.method for line in lines})
        reason = f"{len(lines)} of {count(total, 'line')} decide, by {names(methods)}; none is weak."
        line_seen = Evidence(_SOURCE, snapshot.server, "auth_method", ", ".join(methods), "no trust, password, md5")
        yield passed(snapshot.server, reason, seen=total, evidence=(line_seen,))


def _method(line: HbaLine, total: int) -> Verdict | None:
    where = (
        "from the local socket"
        if line.type == "local"
        else f"from {line.address}{'/' + line.netmask if line.netmask else ''}"
    )
    who = f"{names(line.users)} to {names(line.databases)} {where}"
    resource = _resource(line)
    evidence = (_line(line, "auth_method", "scram-sha-256 or cert"),)
    if line.method == "trust":
        near_miss = (
            ""
            if is_remote(line)
            else "trust, limited to the local socket."
            if line.type == "local"
            else "trust, limited to the machine itself."
        )
        return failed(
            resource, f"trust lets {who} in without any password.", seen=total, evidence=evidence, near_miss=near_miss
        )
    if line.method == "password":
        reason = f"password makes {who} send the password itself to the server."
        return failed(resource, reason, seen=total, evidence=evidence, severity=Severity.HIGH)
    if line.method == "md5":
        reason = f"md5 lets {who} sign in with a hash that is easy to crack and to replay."
        near_miss = "Passwords stored as SCRAM already sign in by SCRAM over this line; the line still permits md5."
        return failed(resource, reason, seen=total, evidence=evidence, severity=Severity.MEDIUM, near_miss=near_miss)
    if line.method == "ident" and is_remote(line):
        reason = f"ident believes whatever the other machine says about {who}."
        return failed(resource, reason, seen=total, evidence=evidence, severity=Severity.HIGH)
    if line.method not in _KNOWN:
        return not_checked(
            resource, "unsupported", f"We do not know the authentication method {line.method!r} of line {line.number}."
        )
    return None


@CHECKS.check(
    "postgres.tls_required",
    title="Connections are encrypted",
    verifies=(Verifies(_MTLS, level=1),),
    severity=Severity.HIGH,
    parts=("settings", "hba"),
)
def tls_required(snapshot: PostgresSnapshot) -> Iterator[Verdict]:
    """The server offers TLS and takes no connection over the network without it."""
    settings = snapshot.settings
    values = {} if isinstance(settings, Unavailable) else {each.name: each.value for each in settings}
    if "ssl" not in values:
        yield not_checked(snapshot.server, settings if isinstance(settings, Unavailable) else "partial_data")
        return
    if values["ssl"] != "on":
        line = Evidence("Q8 settings", snapshot.server, "ssl", values["ssl"], "on")
        yield failed(
            snapshot.server, "The server offers no TLS: passwords and rows travel in the clear.", evidence=(line,)
        )
        return
    service = service_of(snapshot)
    forced = values.get(service.force_tls, "") if service and service.force_tls else ""
    if forced in ("on", "1"):
        line = Evidence("Q8 settings", snapshot.server, service.force_tls if service else "", forced, "on")
        yield passed(snapshot.server, "The server refuses connections without TLS.", seen=1, evidence=(line,))
        return
    if isinstance(snapshot.hba, Unavailable):
        reason = f"TLS is offered; whether it is required is not known. {snapshot.hba.detail}".strip()
        why = Unavailable(snapshot.hba.reason, snapshot.hba.missing_scope, reason)
        yield not_checked(snapshot.server, why, near_miss="TLS is offered; plain connections may be accepted too.")
        return
    yield from _lines_require_tls(snapshot, have(snapshot.hba))


def _lines_require_tls(snapshot: PostgresSnapshot, lines: tuple[HbaLine, ...]) -> Iterator[Verdict]:
    broken = [line for line in lines if line.error]
    plain = list(plain_lines(lines))
    for line in plain:
        resource = _resource(line)
        reason = (
            f"Line {line.number} of pg_hba.conf ({line.type}) lets {names(line.users)} connect from "
            f"{line.address or 'anywhere'} without TLS."
        )
        near_miss = "TLS is offered; plain connections are accepted too."
        evidence = (_line(line, "type", "hostssl"),)
        yield failed(resource, reason, seen=len(lines), evidence=evidence, near_miss=near_miss)
    remote = [line for line in deciding(lines) if is_remote(line)]
    if broken:
        reason = (
            f"{len(broken)} of {count(len(lines), 'line')} of pg_hba.conf cannot be read by the server, which "
            "keeps using an older file."
        )
        yield not_checked(snapshot.server, "partial_data", reason)
    elif not plain and remote:
        reason = f"All {count(len(remote), 'line')} for connections over the network require TLS."
        yield passed(snapshot.server, reason, seen=len(remote), evidence=(_line(remote[0], "type", "hostssl"),))
    elif not plain:
        yield not_applicable(snapshot.server, "pg_hba.conf lets nobody in over the network.")


@CHECKS.check(
    "postgres.client_certificates_required",
    title="Sensitive databases demand a client certificate",
    verifies=(Verifies(_MTLS, level=2),),
    severity=Severity.MEDIUM,
    parts=("databases", "relations", "hba"),
)
def client_certificates_required(snapshot: PostgresSnapshot) -> Iterator[Verdict]:
    """Every line for the network that opens a database with sensitive tables asks for a certificate of that user."""
    if not snapshot.declared.sensitive:
        yield not_checked(
            snapshot.server, "input_missing", "The schemas or tables with customer data are not declared."
        )
        return
    if isinstance(snapshot.hba, Unavailable):
        yield _unread(snapshot)
        return
    if isinstance(snapshot.relations, Unavailable):
        yield not_checked(snapshot.server, snapshot.relations)
        return
    databases = frozenset(each.id.database for each in sensitive_tables(snapshot))
    if not databases:
        reason = f"{names(snapshot.declared.sensitive)} is declared sensitive, but was not found."
        yield not_checked(snapshot.server, "not_configured", reason)
        return
    lines = for_databases(snapshot.hba, databases)
    missing = list(holes(snapshot, ("relations",)))
    if sensitive_unknown(snapshot):
        reason = f"{names(sensitive_unknown(snapshot))} is declared sensitive, but was not found."
        missing.append(not_checked(f"{snapshot.server}/sensitive", "not_configured", reason))
    weak = [verdict for line in lines if (verdict := _certificate(line, len(lines)))]
    yield from weak
    yield from missing
    if weak or missing:
        return
    if not lines:
        yield not_applicable(snapshot.server, "pg_hba.conf lets nobody into a sensitive database over the network.")
        return
    reason = (
        f"All {count(len(lines), 'line')} for {names(sorted(databases))} demand a client certificate in the user's "
        "name."
    )
    yield passed(
        snapshot.server, reason, seen=len(lines), evidence=(_line(lines[0], "options", "clientcert=verify-full"),)
    )


def _certificate(line: HbaLine, total: int) -> Verdict | None:
    if line.type == "hostssl" and (line.method == "cert" or "clientcert=verify-full" in line.options):
        return None
    resource = _resource(line)
    evidence = (_line(line, "options", "clientcert=verify-full"),)
    if line.type == "hostssl" and "clientcert=verify-ca" in line.options:
        reason = f"Line {line.number} of pg_hba.conf accepts any certificate of the authority, whoever it names."
        near_miss = "verify-ca accepts any certificate of the CA under any name."
        return failed(resource, reason, seen=total, evidence=evidence, level=1, near_miss=near_miss)
    reason = (
        f"Line {line.number} of pg_hba.conf opens {names(line.databases)} to {names(line.users)} without a client "
        "certificate."
    )
    return failed(resource, reason, seen=total, evidence=evidence)
