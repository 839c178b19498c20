"""Owns the comparison of what services can do with what was declared: the grant matrix against effective rights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ztassess.connectors.grant_matrix import Entry, Matrix
from ztassess.connectors.judging import MOST_NAMES, count, names
from ztassess.connectors.mysql.access import Access, Held, access_of
from ztassess.connectors.mysql.judging import (
    SOURCES,
    blocked,
    left_out,
    named,
    revokes_unseen,
    unexplained,
    wildcard_schemas,
)
from ztassess.connectors.mysql.privileges import DIALECT, GRANT_OPTION, MINOR_RIGHTS, READ_RIGHTS
from ztassess.connectors.mysql.snapshot import Account, MysqlSnapshot, TableId
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked, passed

CHECKS: Checks[MysqlSnapshot] = Checks("mysql")
FOLD_ABOVE: Final = 100
"""Above this many places, one account's excess of one direction is told in one finding."""
_JUDGED: Final = frozenset((*DIALECT.verbs, GRANT_OPTION))
"""Rights on schemas and tables; those on the server itself are `mysql.no_global_rights`."""
_NOT_READ: Final = "Rights to run stored routines one by one and PROXY grants are not among the five sources."


@dataclass(frozen=True, slots=True)
class Excess:
    """Rights outside the matrix at one place by one way. ``why`` is set where that could not be settled."""

    place: TableId
    rights: frozenset[str]
    held: Held
    why: Unavailable | None = None

    @property
    def direction(self) -> str:
        """``read`` or ``write``."""
        return "read" if self.rights <= READ_RIGHTS else "write"


@CHECKS.check(
    "mysql.grants_match_matrix",
    title="Accounts can do only what was declared",
    verifies=(Verifies("least-privilege.db-grants-minimal", level=2),),
    severity=Severity.CRITICAL,
    parts=(*SOURCES, "schemas", "settings"),
)
def grants_match_matrix(snapshot: MysqlSnapshot) -> Iterator[Verdict]:
    """Every right that a declared account can use, at whatever level and by whatever role, is in its line."""
    matrix = snapshot.declared.matrix
    if not matrix:
        reason = (
            "No grant matrix is declared, so nobody can say which grants are too many. Declare what each service "
            "should do."
        )
        yield not_checked(snapshot.server, "input_missing", reason)
        return
    if isinstance(snapshot.users, Unavailable):
        yield not_checked(snapshot.server, snapshot.users)
        return
    access = access_of(snapshot)
    declared = [each for each in sorted(access.accounts.values(), key=lambda one: one.id) if line_of(matrix, each)]
    open_points = list(_open_points(snapshot, access, declared))
    clean, grants = True, 0
    for account in declared:
        held = list(access.held(account.id))
        grants += len(held)
        excess = [found for one in held for found in _excess(snapshot, one, matrix.of(line_of(matrix, account)))]
        sure = [each for each in excess if each.why is None]
        yield from _told(account, sure, matrix, len(declared))
        unsure = [each for each in excess if each.why is not None]
        if unsure:
            open_points.append(_unsure(account, unsure))
        clean = clean and not sure
    yield from open_points
    if clean and not open_points:
        yield _pass(snapshot, access, declared, grants)


def line_of(matrix: Matrix, account: Account) -> str:
    """The line that speaks about an account: its own, else the one of its name; empty if there is none."""
    own = str(account.id)
    return own if own in matrix.roles else account.id.user if account.id.user in matrix.roles else ""


def _open_points(snapshot: MysqlSnapshot, access: Access, declared: Sequence[Account]) -> Iterator[Verdict]:
    why = blocked(snapshot, SOURCES)
    if why:
        yield not_checked(f"{snapshot.server}/sources", why, f"Not every source of rights was read. {why.detail}")
    for line in snapshot.declared.matrix.roles:
        if not any(named({line}, account.id) for account in declared):
            reason = f"{line} is in the grant matrix, but is none of the {count(len(access.accounts), 'account')} here."
            yield not_checked(f"{snapshot.server}/{line}", "not_configured", reason)
    found = [each.id for each in unexplained(snapshot, access) if any(True for _ in access.held(each.id))]
    if found:
        reason = (
            f"{len(found)} of {count(len(access.accounts), 'account')} hold rights but are not declared: "
            f"{names(found)}. Add them to the matrix, to the accounts of people or to the administrators."
        )
        yield not_checked(f"{snapshot.server}/undeclared", "input_missing", reason, seen=len(found))


def _excess(snapshot: MysqlSnapshot, held: Held, entries: Sequence[Entry]) -> Iterator[Excess]:
    rights = held.rights & _JUDGED
    if held.everywhere:
        yield from _excess_everywhere(snapshot, held, rights, entries)
        return
    if not held.schema_wide:
        over = rights - _allowed(entries, held.place)
        if over:
            yield Excess(held.place, over, held)
        return
    schemas = wildcard_schemas(snapshot, held)
    if schemas is None:
        over = rights - _allowed(entries, TableId("*", "*"))
        if over:
            why = snapshot.schemas if isinstance(snapshot.schemas, Unavailable) else None
            yield Excess(held.place, over, held, why)
        return
    for schema in schemas:
        place = TableId(schema, "*")
        over = rights - _allowed(entries, place)
        if over:
            yield Excess(place, over, held)


def _excess_everywhere(
    snapshot: MysqlSnapshot, held: Held, rights: frozenset[str], entries: Sequence[Entry]
) -> Iterator[Excess]:
    over = rights - _allowed(entries, held.place)
    if not over:
        return
    unseen = revokes_unseen(snapshot)
    if unseen or not held.restrictions:
        yield Excess(held.place, over, held, unseen)
        return
    if isinstance(snapshot.schemas, Unavailable):
        yield Excess(held.place, over, held, snapshot.schemas)
        return
    for schema in snapshot.schemas:
        cut = {right for each in held.restrictions if each.schema.lower() == schema.lower() for right in each.rights}
        place = TableId(schema, "*")
        left = over - cut - _allowed(entries, place)
        if left and schema.lower() != "information_schema":
            yield Excess(place, left, held)


def _allowed(entries: Sequence[Entry], place: TableId) -> frozenset[str]:
    return frozenset(verb for entry in entries if entry.covers(place) for verb in entry.verbs)


def _told(account: Account, excess: Sequence[Excess], matrix: Matrix, seen: int) -> Iterator[Verdict]:
    """One verdict per place and direction; folded into one where there are very many places."""
    entries = matrix.of(line_of(matrix, account))
    for direction in ("write", "read"):
        places: dict[TableId, list[Excess]] = {}
        for each in excess:
            if each.direction == direction:
                places.setdefault(each.place, []).append(each)
        writes = any(verb not in READ_RIGHTS for entry in entries for verb in entry.verbs)
        level = 0 if direction == "write" and not writes else 1
        if len(places) > FOLD_ABOVE:
            lines = tuple(
                line for found in list(places.values())[:MOST_NAMES] for line in _evidence(account, found[:1])
            )
            reason = f"{account.id} may {direction} {len(places)} tables or schemas that the matrix does not give it."
            yield failed(f"*/{account.id}/*/{direction}", reason, seen=seen, evidence=lines, level=level)
            continue
        for place, found in places.items():
            yield _one(account, place, found, entries, seen=seen, level=level)


def _one(
    account: Account, place: TableId, found: Sequence[Excess], entries: Sequence[Entry], *, seen: int, level: int
) -> Verdict:
    direction = found[0].direction
    wanted = sorted(_allowed(entries, place))
    rule = f"the matrix allows it {' and '.join(wanted)} only" if wanted else "the matrix gives it nothing there"
    told = "; ".join(dict.fromkeys(f"{_rights(each)} {each.held.how}" for each in found))
    where = "everything on the server" if place == TableId("*", "*") else str(place)
    reason = f"{account.id} may {direction} {where} ({told}); {rule}."
    wide = next((each for each in found if each.held.schema_wide), None)
    near_miss = ""
    if wide:
        verb = min(wide.rights).lower()
        near_miss = f"{account.id} may {verb} all of {place.schema} through a schema grant."
    minor = all(each.rights <= MINOR_RIGHTS for each in found)
    return failed(
        f"{place}/{account.id}/{direction}",
        reason,
        seen=seen,
        evidence=tuple(_evidence(account, found))[:MOST_NAMES],
        level=level,
        severity=Severity.LOW if minor else None,
        near_miss=near_miss,
    )


def _rights(excess: Excess) -> str:
    said = ", ".join(sorted(excess.rights))
    if excess.held.column:
        return f"{said} of column {excess.held.column}"
    if excess.held.schema_wide and excess.held.place != excess.place:
        return f"{said} by the pattern {excess.held.place.schema}"
    return said


def _evidence(account: Account, found: Sequence[Excess]) -> Iterator[Evidence]:
    for each in found:
        place = f"{each.held.place}({each.held.column})" if each.held.column else str(each.held.place)
        expected = "only what the matrix declares"
        yield Evidence(each.held.source, str(account.id), place, f"{_rights(each)}, {each.held.how}", expected)


def _unsure(account: Account, found: Sequence[Excess]) -> Verdict:
    why = found[0].why or Unavailable("partial_data")
    places = names(sorted({str(each.place) for each in found}))
    reason = (
        f"{account.id} holds {_rights(found[0])} on {places}; whether that is too much cannot be seen. {why.detail}"
    )
    return not_checked(f"*/{account.id}/unsettled", why, reason.strip(), seen=len(found))


def _pass(snapshot: MysqlSnapshot, access: Access, declared: Sequence[Account], grants: int) -> Verdict:
    lacking = _lacking(snapshot, access, declared)
    note = f" Declared but not granted: {names(lacking)}." if lacking else ""
    reason = (
        f"{count(len(declared), 'account')} of {count(len(snapshot.declared.matrix.roles), 'declared line')} can do "
        f"only what the matrix says, by {count(grants, 'grant')}{left_out(snapshot, access)}.{note} {_NOT_READ}"
    )
    line = Evidence("mysql.user, db, tables_priv, columns_priv, roles", snapshot.server, "rights outside", "0", "0")
    return passed(snapshot.server, reason, seen=max(1, grants), evidence=(line,))


def _lacking(snapshot: MysqlSnapshot, access: Access, declared: Sequence[Account]) -> list[str]:
    """Declared rights on single tables that no grant gives: a note, since it harms nobody but the service."""
    matrix, lacking = snapshot.declared.matrix, []
    for account in declared:
        held = list(access.held(account.id))
        for entry in matrix.of(line_of(matrix, account)):
            if entry.exact:
                has = {right for one in held if _gives(one, entry) for right in one.rights}
                lacking += [f"{account.id} {verb} on {entry}" for verb in sorted(entry.verbs - has)]
    return lacking


def _gives(held: Held, entry: Entry) -> bool:
    """Whether a grant may be what an entry about one table means; for a note only."""
    return held.everywhere or held.schema_wide or entry.covers(held.place)
