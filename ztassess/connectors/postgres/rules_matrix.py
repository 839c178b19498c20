"""Owns the comparison of what services can do with what was declared: the grant matrix against effective rights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ztassess.connectors.grant_matrix import Matrix
from ztassess.connectors.judging import MOST_NAMES, count, names
from ztassess.connectors.postgres.access import Access, Reach, Way
from ztassess.connectors.postgres.judging import (
    RIGHTS_PARTS,
    blocked,
    holes,
    others,
    rights,
    sensitive_tables,
    sensitive_unknown,
)
from ztassess.connectors.postgres.matrix import READ_VERBS, VERBS, builtin_verbs
from ztassess.connectors.postgres.snapshot import SEQUENCE, PostgresSnapshot, RelationId
from ztassess.connectors.postgres.views import read_through_views
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_checked, passed

CHECKS: Checks[PostgresSnapshot] = Checks("postgres")
PARTS: Final = (*RIGHTS_PARTS, "view_sources")
SOURCE: Final = "Q7 effective privileges"
FOLD_ABOVE: Final = 100
"""Above this many tables, one role's excess of one direction in one database is told in one finding."""
_Ways = Mapping[RelationId, Mapping[str, Way]]


@dataclass(frozen=True, slots=True)
class Judged:
    """One declared role under judgment.

    Attributes:
        broad: undeclared built-in roles that reach every table, told once instead of per table.
        pairs: how many pairs of declared role and relation the whole check covers.
    """

    role: str
    reach: Reach
    ways: _Ways
    broad: frozenset[str]
    pairs: int


@CHECKS.check(
    "postgres.grants_match_matrix",
    title="Roles can do only what was declared",
    verifies=(Verifies("least-privilege.db-grants-minimal", level=3),),
    severity=Severity.CRITICAL,
    parts=("databases", *PARTS),
)
def grants_match_matrix(snapshot: PostgresSnapshot) -> Iterator[Verdict]:
    """Every verb that a declared role can use on a table, by whatever way, is in its line of the matrix."""
    matrix = snapshot.declared.matrix
    if not matrix:
        reason = (
            "No grant matrix is declared, so nobody can say which grants are too many. Declare what each service "
            "should do."
        )
        yield not_checked(snapshot.server, "input_missing", reason)
        return
    why = blocked(snapshot, PARTS)
    if why:
        yield not_checked(snapshot.server, why)
        return
    access = rights(snapshot)
    present = [role for role in matrix.roles if role in access.roles]
    pairs = len(present) * sum(each.kind != SEQUENCE for each in access.relations.values())
    open_points = [
        *_absent(snapshot, access),
        *_undeclared(snapshot, access),
        *holes(snapshot, (*PARTS, "undeclared")),
    ]
    clean = True
    for role in present:
        for verdict in _excess(snapshot, access, role, pairs):
            clean = False
            yield verdict
    yield from open_points
    if clean and not open_points and pairs:
        yield _pass(snapshot, access, present, pairs)
    elif clean and not open_points:
        yield not_checked(
            snapshot.server, "partial_data", "No table was seen, so there was nothing to compare the matrix with."
        )


def _absent(snapshot: PostgresSnapshot, access: Access) -> Iterator[Verdict]:
    for role in snapshot.declared.matrix.roles:
        if role not in access.roles:
            reason = (
                f"{role} is in the grant matrix, but is none of the {count(len(access.roles), 'role')} of this server."
            )
            yield not_checked(f"{snapshot.server}/{role}", "not_configured", reason)


def _undeclared(snapshot: PostgresSnapshot, access: Access) -> Iterator[Verdict]:
    """Roles outside the matrix are no failure, but no pass may stand on them either."""
    found = []
    for role in others(snapshot):
        reach = access.reach(role.name)
        everything = access.unlimited(role.name, reach) or access.broad_verbs(reach)
        held = access.verbs(role.name, reach).items()
        if everything or any(not _of_extension(access, each, ways) for each, ways in held):
            found.append(role.name)
    if found:
        logins = sum(role.can_login for role in access.roles.values())
        reason = (
            f"{len(found)} of {count(logins, 'login role')} may use tables but are not declared: {names(found)}. "
            "Add them to the matrix, to the roles of people or to the administrators."
        )
        yield not_checked(f"{snapshot.server}/undeclared", "input_missing", reason, seen=len(found))


def _of_extension(access: Access, relation: RelationId, ways: Mapping[str, Way]) -> bool:
    """Extensions let everyone read their own views; that is no access to the customer's data."""
    known = access.relations.get(relation)
    return bool(known and known.extension) and all(
        verb in READ_VERBS and way.how == "through PUBLIC" for verb, way in ways.items()
    )


def _excess(snapshot: PostgresSnapshot, access: Access, role: str, pairs: int) -> Iterator[Verdict]:
    matrix, reach = snapshot.declared.matrix, access.reach(role)
    unlimited = access.unlimited(role, reach)
    if unlimited:
        line = Evidence("Q1 roles", role, "rolsuper, rolcreaterole", unlimited, "limited by grants")
        reason = f"{role} may do everything with all {len(access.relations)} relations: {unlimited}."
        yield failed(f"*/{role}/*/all", reason, seen=pairs, evidence=(line,), level=0)
        return
    declared_broad = builtin_verbs(matrix, role)
    everywhere = {
        verb
        for entry in matrix.of(role)
        if (entry.schema.text, entry.relation.text) == ("*", "*")
        for verb in entry.verbs
    }
    broad = {name for name, verbs in access.broad_verbs(reach).items() if verbs - declared_broad - everywhere}
    for name in sorted(broad):
        direction = "read" if name == "pg_read_all_data" else "write"
        line = Evidence("Q5 memberships", role, "member of", name, "not a member")
        reason = f"{role} may {direction} every table through {name}; the matrix does not say so."
        yield failed(
            f"*/{role}/*/{direction}", reason, seen=pairs, evidence=(line,), level=0 if direction == "write" else 1
        )
    judged = Judged(role, reach, access.verbs(role, reach), frozenset(broad), pairs)
    yield from _excess_on_tables(snapshot, access, judged)
    yield from _excess_through_views(snapshot, access, judged)


def allowed(matrix: Matrix, access: Access, role: str, relation: RelationId) -> frozenset[str]:
    """Declared verbs of a role on a relation; a partition takes those of the table it is a part of."""
    verbs = set(builtin_verbs(matrix, role))
    at: RelationId | None = relation
    while at is not None:
        for entry in matrix.of(role):
            if entry.covers(at):
                verbs |= entry.verbs
        known = access.relations.get(at)
        at = known.parent if known else None
    return frozenset(verbs)


def _excess_on_tables(snapshot: PostgresSnapshot, access: Access, judged: Judged) -> Iterator[Verdict]:
    matrix = snapshot.declared.matrix
    found: dict[tuple[str, str], list[tuple[RelationId, dict[str, Way], frozenset[str]]]] = {}
    for relation, ways in sorted(judged.ways.items(), key=lambda item: (item[0].database, str(item[0]))):
        if _of_extension(access, relation, ways):
            continue
        declared = allowed(matrix, access, judged.role, relation)
        told = {f"through {name}" for name in judged.broad} | {f"through {name} (SET ROLE)" for name in judged.broad}
        excess = {
            verb: ways[verb] for verb in VERBS if verb in ways and verb not in declared and ways[verb].how not in told
        }
        for direction, verbs in _by_direction(excess).items():
            found.setdefault((relation.database, direction), []).append((relation, verbs, declared))
    for (database, direction), group in found.items():
        if len(group) > FOLD_ABOVE:
            yield _folded(
                judged,
                database,
                direction,
                [relation for relation, _, _ in group],
                _level(matrix, judged.role, direction),
            )
            continue
        for relation, verbs, declared in group:
            yield _one(judged, relation, direction, verbs, declared, _level(matrix, judged.role, direction))


def _by_direction(excess: Mapping[str, Way]) -> dict[str, dict[str, Way]]:
    read = {verb: way for verb, way in excess.items() if verb in READ_VERBS}
    write = {verb: way for verb, way in excess.items() if verb not in READ_VERBS}
    return {name: verbs for name, verbs in (("write", write), ("read", read)) if verbs}


def _level(matrix: Matrix, role: str, direction: str) -> int:
    """Level 1 is the split of readers and writers: gone if a role declared to read only can write, else standing."""
    writes = any(entry.verbs - set(READ_VERBS) for entry in matrix.of(role))
    return 0 if direction == "write" and not writes else 1


def _one(
    judged: Judged, relation: RelationId, direction: str, verbs: Mapping[str, Way], declared: frozenset[str], level: int
) -> Verdict:
    wanted = " and ".join(verb for verb in VERBS if verb in declared)
    rule = f"the matrix allows it {wanted} only" if wanted else "the matrix gives it nothing there"
    reason = f"{judged.role} may {direction} {relation} in database {relation.database} ({_told(verbs)}); {rule}."
    evidence = tuple(
        Evidence(
            SOURCE,
            f"{relation.database}.{relation}",
            verb,
            _observed(way),
            f"not granted; declared: {wanted or 'nothing'}",
        )
        for verb, way in verbs.items()
    )
    columns = [(verb, way) for verb, way in verbs.items() if way.partial]
    near_miss = ""
    if columns:
        verb, way = columns[0]
        near_miss = f"{judged.role} may {verb.lower()} {_columns(way)} of {relation}."
    resource = f"{relation.database}/{judged.role}/{relation}/{direction}"
    return failed(resource, reason, seen=judged.pairs, evidence=evidence, level=level, near_miss=near_miss)


def _told(verbs: Mapping[str, Way]) -> str:
    """``INSERT, UPDATE granted to reporting; DELETE through writers (SET ROLE)``."""
    by_way: dict[str, list[str]] = {}
    for verb, way in verbs.items():
        word = f"{verb} of {_columns(way)}" if way.partial else verb
        by_way.setdefault(way.how, []).append(word)
    return "; ".join(f"{', '.join(words)} {how}" for how, words in by_way.items())


def _columns(way: Way) -> str:
    return f"column{'s' if len(way.columns) > 1 else ''} {names(way.columns)}" if way.columns else "some columns"


def _observed(way: Way) -> str:
    return f"{way.how}, {_columns(way)} only" if way.partial else way.how


def _folded(judged: Judged, database: str, direction: str, relations: Sequence[RelationId], level: int) -> Verdict:
    evidence = tuple(
        Evidence(SOURCE, f"{database}.{relation}", direction, "allowed", "not granted")
        for relation in relations[:MOST_NAMES]
    )
    reason = (
        f"{judged.role} may {direction} {len(relations)} tables of database {database} that the matrix does not "
        "give it."
    )
    return failed(f"{database}/{judged.role}/*/{direction}", reason, seen=judged.pairs, evidence=evidence, level=level)


def _excess_through_views(snapshot: PostgresSnapshot, access: Access, judged: Judged) -> Iterator[Verdict]:
    """A view works with its owner's rights. Named in the matrix it is a window; swept in by ``*`` it is a hole."""
    matrix = snapshot.declared.matrix
    entries = matrix.of(judged.role)
    for view, tables in read_through_views(snapshot, judged.ways):
        if any(entry.exact and entry.covers(view) for entry in entries):
            continue
        if "SELECT" not in allowed(matrix, access, judged.role, view):
            continue  # already an excess of its own
        hidden = [table for table in tables if "SELECT" not in allowed(matrix, access, judged.role, table)]
        if hidden:
            owner = access.relations[view].owner
            reason = (
                f"{judged.role} may read {names(hidden)} in database {view.database} through view {view}, which works "
                f"with the rights of {owner}; the matrix names the view only by *. Name it, or revoke it."
            )
            line = Evidence(
                "Q13 view sources", f"{view.database}.{view}", "reads", names(hidden), "only declared tables"
            )
            resource = f"{view.database}/{judged.role}/{view}/read"
            yield failed(resource, reason, seen=judged.pairs, evidence=(line,), level=1)


def _pass(snapshot: PostgresSnapshot, access: Access, present: Sequence[str], pairs: int) -> Verdict:
    limited, said = _limited(snapshot, access, present)
    lacking = _lacking(snapshot, access, present)
    note = f" Declared but not granted: {names(lacking)}." if lacking else ""
    reason = (
        f"{len(present)} of {count(len(snapshot.declared.matrix.roles), 'declared role')} can do only "
        f"what the matrix says, on {pairs} pairs of role and relation.{note} {said}"
    )
    line = Evidence(SOURCE, snapshot.server, "rights outside the matrix", "0", "0")
    return passed(snapshot.server, reason.strip(), seen=pairs, evidence=(line,), level=3 if limited else 2)


def _lacking(snapshot: PostgresSnapshot, access: Access, present: Sequence[str]) -> list[str]:
    """Declared rights that no grant gives: a note, since it harms nobody but the service."""
    lacking = []
    for role in present:
        reach = access.reach(role)
        ways = access.verbs(role, reach)
        for entry in snapshot.declared.matrix.of(role):
            if entry.exact:
                held = {verb for relation, verbs in ways.items() if entry.covers(relation) for verb in verbs}
                lacking += [f"{role} {verb} on {entry}" for verb in VERBS if verb in entry.verbs and verb not in held]
    return lacking


def _limited(snapshot: PostgresSnapshot, access: Access, present: Sequence[str]) -> tuple[bool, str]:
    """Level 3: rows or columns of every sensitive table are limited for every declared role that touches it."""
    found = sensitive_tables(snapshot)
    if not found or sensitive_unknown(snapshot):
        return False, ""
    open_tables = []
    for role in present:
        reach = access.reach(role)
        unbound = any(access.roles[name].bypass_rls for name in reach.become if name in access.roles)
        ways = access.verbs(role, reach)
        for table in found:
            whole = [verb for verb, way in ways.get(table.id, {}).items() if not way.partial]
            if whole and table.kind in ("r", "p", "f", "m") and (unbound or not table.row_security):
                open_tables.append(f"{role} on {table.id}")
    if open_tables:
        return False, f"No row or column limits yet: {names(open_tables)}."
    return True, f"All {count(len(found), 'sensitive table')} limit rows or columns."
