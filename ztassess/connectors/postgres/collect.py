"""Owns reading one server: one database after the other, every part that fails named, nothing judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import (
    AuthFailed,
    BudgetExceeded,
    ConnectorError,
    DatabaseRefused,
    OverPrivileged,
    Unreachable,
)
from ztassess.connectors.postgres.access import access_of
from ztassess.connectors.postgres.client import OwnRole, Session, open_session, own_rights, own_role, read_part
from ztassess.connectors.postgres.declared import declarations
from ztassess.connectors.postgres.managed import managed_service
from ztassess.connectors.postgres.snapshot import (
    SEQUENCE,
    DatabaseRead,
    Declarations,
    Gap,
    Gaps,
    PostgresSnapshot,
)
from ztassess.domain.findings import Part, Unavailable

MOST_PAIRS: Final = 500_000
"""Roles times relations that Q7 reads in one database; 100,000 pairs take the server about 0.2 s."""

FIRST_DATABASE: Final = "postgres"
SERVER_PARTS: Final = ("roles", "memberships", "settings", "listed", "activity", "hba")
DATABASE_PARTS: Final = (
    "relations",
    "column_grants",
    "default_privileges",
    "schema_grants",
    "view_sources",
    "definer_functions",
)
_NEVER_READ: Final = Unavailable("partial_data", detail="The reading ended before this part.")


@dataclass
class Picture:
    """What was read so far; becomes the snapshot. Shared by the live reading and the export.

    Attributes:
        server: parts that are the same in every database.
        rows: rows by part, all databases together.
        read: parts read in at least one database.
    """

    declared: Declarations
    server: dict[str, Part[Any]] = field(default_factory=dict)
    rows: dict[str, list[Any]] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    databases: list[DatabaseRead] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    def add(self, database: str, part: str, found: Part[Any]) -> None:
        """Keep one part of one database, or why it is missing."""
        if isinstance(found, Unavailable):
            self.gaps.append(Gap(database, part, found))
            return
        self.read.add(part)
        self.rows.setdefault(part, []).extend(found)

    def add_server(self, part: str, found: Part[Any]) -> None:
        """Keep one part of the server; the first database that may show it wins."""
        if isinstance(self.server.get(part, _NEVER_READ), Unavailable):
            self.server[part] = found

    def lacks(self, part: str) -> bool:
        """True if a part of the server is still unread."""
        return isinstance(self.server.get(part, _NEVER_READ), Unavailable)

    def part(self, name: str) -> Part[Any]:
        """A part of the snapshot: everything that was read of it, or why nothing was."""
        if name in SERVER_PARTS:
            return self.server.get(name, _NEVER_READ)
        if name in self.read:
            return tuple(self.rows.get(name, ()))
        return next((gap.why for gap in self.gaps if gap.part in (name, "databases")), _NEVER_READ)


def collect(context: ReadContext) -> PostgresSnapshot:
    """Read the server once.

    Raises:
        OverPrivileged: our role can do more than read catalogs; nothing else was asked.
        ConnectorError: nothing at all could be read.
    """
    picture = Picture(declarations(context.config, context.declared.people))
    named = tuple(context.config.get("databases") or ())
    waiting = list(named or (FIRST_DATABASE,))
    seen: set[str] = set()
    while waiting:
        database = waiting.pop(0)
        seen.add(database)
        try:
            _read_database(context, picture, database)
        except BudgetExceeded as problem:
            _give_up(picture, (database, *waiting), Unavailable("partial_data", detail=problem.sentence))
            if not picture.read:
                raise
            break
        except (DatabaseRefused, AuthFailed, Unreachable) as problem:
            _skip(picture, database, problem)
            if not picture.server and not isinstance(problem, DatabaseRefused):
                raise
            if not picture.server and not waiting:
                raise first_refused(problem, named) from problem
        listed = picture.part("listed")
        if not named and not isinstance(listed, Unavailable):
            waiting = [name for name in sorted(listed) if name not in seen]
    return snapshot_of(picture, context, named)


def first_refused(problem: ConnectorError, named: tuple[str, ...]) -> ConnectorError:
    """The refusal of the first database; without names it is one that nobody typed, so it says how to type others."""
    if named:
        return problem
    return DatabaseRefused(f"{problem.sentence} Or name the databases to read instead of all.")


def _read_database(context: ReadContext, picture: Picture, database: str) -> None:
    with open_session(context, database) as session:
        refuse_over_privilege(own_role(session), own_rights(session))
        for part in SERVER_PARTS:
            if picture.lacks(part):
                picture.add_server(part, read_part(session, part))
                _report(context, picture, part)
        for part in DATABASE_PARTS:
            picture.add(database, part, read_part(session, part))
            _report(context, picture, part)
        _read_effective(session, picture)
        _report(context, picture, "effective")


def _report(context: ReadContext, picture: Picture, part: str) -> None:
    found = picture.part(part)
    if part != "listed" and not isinstance(found, Unavailable):
        context.progress(part, len(found))


def refuse_over_privilege(own: OwnRole, rights: tuple[str, ...]) -> None:
    """The read-only proof: stop before other queries if our role can do more than see the catalogs.

    Raises:
        OverPrivileged: with the exact right named.
    """
    if own.attributes:
        raise OverPrivileged(f"{own.name} has {', '.join(own.attributes)}. Use the script's role.")
    if own.broad:
        raise OverPrivileged(f"{own.name} is a member of {', '.join(own.broad)}. Use the script's role.")
    if rights:
        table = rights[0].partition(" on ")[2]
        raise OverPrivileged(
            f"{own.name} can read or change data in {table} ({rights[0]}). Use the script's role, or revoke that right."
        )


def _read_effective(session: Session, picture: Picture) -> None:
    roles, database = picture.part("roles"), session.database
    tables = [
        each for each in picture.rows.get("relations", ()) if each.id.database == database and each.kind != SEQUENCE
    ]
    if isinstance(roles, Unavailable) or any(
        gap.database == database and gap.part == "relations" for gap in picture.gaps
    ):
        picture.add(
            database, "effective", Unavailable("partial_data", detail=f"Roles or tables of {database} are unread.")
        )
        return
    pairs = len(roles) * len(tables)
    if pairs <= MOST_PAIRS:
        picture.add(database, "effective", read_part(session, "effective"))
        picture.databases.append(DatabaseRead(database, pairs, pairs))
        return
    first = _first_roles(picture)
    schemas = {each.id.schema for each in tables}
    limited = len(first) * len(tables) > MOST_PAIRS
    if limited:
        schemas = _first_schemas(picture.declared)
        tables = [each for each in tables if each.id.schema in schemas]
    pairs_read = len(first) * len(tables)
    why = Unavailable(
        "partial_data",
        detail=f"{database} has {pairs:,} pairs of role and table, above {MOST_PAIRS:,}; "
        f"only {pairs_read:,} of declared roles{' and schemas' if limited else ''} were read.",
    )
    picture.gaps.append(Gap(database, "effective" if limited else "undeclared", why))
    if 0 < pairs_read <= MOST_PAIRS:
        picture.add(database, "effective", read_part(session, "effective", roles=first, schemas=tuple(sorted(schemas))))
    picture.databases.append(DatabaseRead(database, pairs, pairs_read if pairs_read <= MOST_PAIRS else 0))


def _first_roles(picture: Picture) -> tuple[str, ...]:
    """Declared roles and people's roles, with every role they can reach."""
    roles, edges = picture.part("roles"), picture.part("memberships")
    if isinstance(roles, Unavailable) or isinstance(edges, Unavailable):
        return ()
    access = access_of(roles, edges, (), (), ())
    wanted = [*picture.declared.matrix.roles, *(role for role, _ in picture.declared.humans)]
    reached = {name for role in wanted for name in access.reach(role).rights}
    return tuple(sorted(reached & set(access.roles)))


def _first_schemas(declared: Declarations) -> set[str]:
    sensitive = {entry.rpartition("/")[2].partition(".")[0] for entry in declared.sensitive}
    named = {entry.schema.text for entry in declared.matrix.entries}
    return (sensitive | named | {name.lower() for name in named}) - {"*"}


def _skip(picture: Picture, database: str, problem: ConnectorError) -> None:
    if isinstance(problem, DatabaseRefused):
        why = Unavailable("missing_scope", f"CONNECT on database {database}", problem.sentence)
    else:
        reason = "unreachable" if isinstance(problem, Unreachable) else "forbidden_role"
        why = Unavailable(reason, detail=problem.sentence)
    picture.gaps.append(Gap(database, "databases", why))


def _give_up(picture: Picture, databases: Iterable[str], why: Unavailable) -> None:
    picture.gaps += [Gap(database, "databases", why) for database in databases]


def snapshot_of(picture: Picture, context: ReadContext, named: tuple[str, ...], **given: Any) -> PostgresSnapshot:
    """Freeze what was read.

    Parameters:
        named: the databases the customer named; empty means all, so every unread one is already a gap.
        given: fields that the export knows better: ``taken_at``, ``server``.
    """
    roles, listed = picture.part("roles"), picture.part("listed")
    service = None if isinstance(roles, Unavailable) else managed_service({role.name for role in roles})
    closed = service.databases if service else frozenset()
    gaps = [gap for gap in picture.gaps if not (gap.part == "databases" and gap.database in closed)]
    read = {each.name for each in picture.databases}
    if isinstance(listed, Unavailable):
        gaps.append(Gap("", "databases", listed))
        known = read | set(named)
    else:
        known = set(listed) - closed
        unread = sorted(known - read - {gap.database for gap in gaps if gap.part == "databases"})
        reason = "Database {} of this server was not read: add it to the list, or use all."
        gaps += [Gap(name, "databases", Unavailable("partial_data", detail=reason.format(name))) for name in unread]
    fields: dict[str, Any] = {
        "taken_at": context.now,
        "server": f"{context.config.get('host', 'server')}:{context.config.get('port', '')}".rstrip(":"),
        **given,
    }
    for part in ("roles", "memberships", "settings", "hba", "activity", *DATABASE_PARTS, "effective"):
        fields[part] = picture.part(part)
    return PostgresSnapshot(
        reader=context.config.get("user") or "zt_auditor",
        declared=picture.declared,
        gaps=Gaps(tuple(gaps)),
        listed=frozenset(known),
        databases=tuple(picture.databases) if picture.databases else picture.part("databases"),
        **fields,
    )
