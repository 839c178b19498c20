"""Owns reading one server: every part that fails named, nothing judged."""

from __future__ import annotations

from typing import Any, Final

from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import BadAnswer, BudgetExceeded, OverPrivileged, Unreachable
from ztassess.connectors.mysql.client import (
    LIVE_PARTS,
    USUAL_PORT,
    OwnRights,
    Session,
    open_session,
    own_rights,
    read_part,
)
from ztassess.connectors.mysql.declared import declarations
from ztassess.connectors.mysql.snapshot import MysqlSnapshot
from ztassess.domain.findings import Part, Unavailable

GRANTS: Final = ("schema_grants", "table_grants", "column_grants", "roles")
MOST_PAIRS: Final = 5_000_000
"""Accounts times grants; real servers have thousands, a server that lies could make the comparison endless."""
TABLES_UNSEEN: Final = Unavailable(
    "missing_scope",
    "the export by an administrator",
    "Names of tables cannot be seen without rights on them; the export has them.",
)


def collect(context: ReadContext) -> MysqlSnapshot:
    """Read the server once.

    Raises:
        OverPrivileged: our account can do more than read the grant tables; nothing else was asked.
        ConnectorError: nothing at all could be read.
    """
    parts: dict[str, Part[Any]] = {}
    with open_session(context) as session:
        own = own_rights(session)
        refuse_over_privilege(session, own)
        for part in LIVE_PARTS:
            try:
                parts[part] = read_part(session, part, own)
            except (BudgetExceeded, Unreachable, BadAnswer) as problem:
                if not any(isinstance(found, tuple) for found in parts.values()):
                    raise
                reason = "unreachable" if isinstance(problem, Unreachable) else problem.code
                why = Unavailable("upstream_error" if reason == "malformed" else reason, detail=problem.sentence)
                parts |= {left: why for left in LIVE_PARTS if left not in parts}
                break
            _report(context, part, parts[part])
    return snapshot_of(
        context,
        {**parts, "tables": TABLES_UNSEEN},
        version=session.version,
        reader=session.account,
        server=f"{context.config['host']}:{context.config.get('port') or USUAL_PORT}",
    )


def _report(context: ReadContext, part: str, found: Part[Any]) -> None:
    if not isinstance(found, Unavailable):
        context.progress(part, len(found))


def refuse_over_privilege(session: Session, own: OwnRights) -> None:
    """The read-only proof: stop before other queries if our account can do more than see the grant tables.

    Raises:
        OverPrivileged: with the exact right named.
    """
    if own.hashes:
        raise OverPrivileged(
            f"{session.account} can read password hashes. Use the script's account, which is granted single columns."
        )
    if own.excess:
        more = f" and {len(own.excess) - 1} more" if len(own.excess) > 1 else ""
        raise OverPrivileged(
            f"{session.account} can read password hashes or data, or change something ({own.excess[0]}{more}). "
            "Use the script's account, or revoke that."
        )


def _bounded(parts: dict[str, Part[Any]]) -> dict[str, Part[Any]]:
    """The parts, with grants left out where there are so many that comparing them with accounts would never end."""
    users = parts.get("users")
    accounts = 0 if users is None or isinstance(users, Unavailable) else len(users)
    rows = sum(len(found) for part in GRANTS if not isinstance(found := parts.get(part, ()), Unavailable))
    if accounts * rows <= MOST_PAIRS:
        return parts
    detail = f"The server has {accounts:,} accounts and {rows:,} grants, more than one reading can compare."
    return {**parts, **dict.fromkeys(GRANTS, Unavailable("partial_data", detail=detail))}


def snapshot_of(context: ReadContext, parts: dict[str, Part[Any]], **given: Any) -> MysqlSnapshot:
    """Freeze what was read; ``given`` are the snapshot's other fields, ``taken_at`` if it is not now."""
    return MysqlSnapshot(
        **{
            "taken_at": context.now,
            "declared": declarations(context.config, context.declared),
            **_bounded(parts),
            **given,
        }
    )
