"""Owns the connection test: who we are, the read-only proof, and which parts we may read."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import DatabaseRefused, OverPrivileged
from ztassess.connectors.postgres.client import READERS, OwnRole, Session, open_session, own_rights, own_role, read_part
from ztassess.connectors.postgres.collect import FIRST_DATABASE, first_refused, refuse_over_privilege
from ztassess.domain.findings import Unavailable

MOST_DATABASES: Final = 10
"""More are proven by the scan itself, which stops at the same right."""


def preflight(context: ReadContext) -> Preflight:
    """Connect to each named database (at most 10), prove that we only read, and ask one row of each part.

    Raises:
        ConnectorError: the first database could not be entered.
    """
    named = tuple(context.config.get("databases") or ())
    first, rest = (named or (FIRST_DATABASE,))[0], named[1:]
    try:
        with open_session(context, first) as session:
            own = own_role(session)
            refuse_over_privilege(own, own_rights(session))
            rows = _rows(session)
            listed = read_part(session, "listed")
    except OverPrivileged as problem:
        return Preflight(context.config.get("user") or "zt_auditor", (), refused=problem.sentence)
    except DatabaseRefused as problem:
        raise first_refused(problem, named) from problem
    if not named and not isinstance(listed, Unavailable):
        rest = tuple(name for name in sorted(listed) if name != first)
    entered, refused = _databases(context, rest[: MOST_DATABASES - 1])
    if refused:
        return Preflight(own.name, (), refused=refused)
    identity = f"{own.name} on PostgreSQL {own.version // 10000}.{own.version % 10000}"
    return Preflight(identity, (PreflightRow("databases", allowed=True, detail=first), *entered, *rows), _warnings(own))


def _rows(session: Session) -> list[PreflightRow]:
    rows = []
    for part in READERS:
        if part == "listed":
            continue
        found = read_part(session, part, limit=1)
        if isinstance(found, Unavailable):
            rows.append(PreflightRow.refused(part, found))
        else:
            rows.append(PreflightRow(part, allowed=True))
    return rows


def _databases(context: ReadContext, names: tuple[str, ...]) -> tuple[list[PreflightRow], str]:
    """One row per further database, and the sentence of an over-privilege found in one of them."""
    rows: list[PreflightRow] = []
    for name in names:
        try:
            with open_session(context, name) as session:
                refuse_over_privilege(own_role(session), own_rights(session))
        except OverPrivileged as problem:
            return rows, problem.sentence
        except DatabaseRefused as problem:
            scope = f"CONNECT on database {name}"
            rows.append(PreflightRow("databases", allowed=False, missing_scope=scope, detail=problem.sentence))
        else:
            rows.append(PreflightRow("databases", allowed=True, detail=name))
    return rows, ""


def _warnings(own: OwnRole) -> tuple[str, ...]:
    if own.endless:
        return (f"The password of {own.name} never ends; set VALID UNTIL, so that a forgotten copy stops working.",)
    return ()
