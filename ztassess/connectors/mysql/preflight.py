"""Owns the connection test: who we are, the read-only proof, and which parts we may read."""

from __future__ import annotations

from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import OverPrivileged
from ztassess.connectors.mysql.client import LIVE_PARTS, open_session, own_rights, read_part
from ztassess.connectors.mysql.collect import refuse_over_privilege
from ztassess.domain.findings import Unavailable


def preflight(context: ReadContext) -> Preflight:
    """Connect, prove that we only read, and ask each part once: the grant tables are small.

    Raises:
        ConnectorError: the server could not be entered.
    """
    account = str(context.config.get("user") or "zt_auditor")
    try:
        with open_session(context) as session:
            account = session.account
            own = own_rights(session)
            refuse_over_privilege(session, own)
            found = {part: read_part(session, part, own) for part in LIVE_PARTS}
    except OverPrivileged as problem:
        return Preflight(account, (), refused=problem.sentence)
    rows = tuple(
        PreflightRow.refused(part, read) if isinstance(read, Unavailable) else PreflightRow(part, allowed=True)
        for part, read in found.items()
    )
    product = "MariaDB" if session.mariadb else "MySQL"
    warnings = ("We could not verify that this credential is read-only.",) if own.unverified else ()
    return Preflight(f"{account} on {product} {session.version.partition('-')[0]}", rows, warnings)
