"""Owns the checks of grants as they are written: PUBLIC, default privileges, definer functions, completeness."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import MOST_NAMES, count, names
from ztassess.connectors.postgres.access import Access
from ztassess.connectors.postgres.judging import blocked, exempt_administrators, graph, have, holes, rights
from ztassess.connectors.postgres.matrix import READ_VERBS, WRITE_VERBS
from ztassess.connectors.postgres.snapshot import PUBLIC, SEQUENCE, DefaultPrivilege, DefinerFunction, PostgresSnapshot
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_applicable, not_checked, passed

CHECKS: Checks[PostgresSnapshot] = Checks("postgres")
_MINIMAL: Final = "least-privilege.db-grants-minimal"
_PUBLIC_PARTS: Final = ("relations", "column_grants", "schema_grants")
_DEFAULT_PARTS: Final = ("default_privileges", "roles", "memberships")
_FUNCTION_PARTS: Final = ("definer_functions", "roles", "memberships", "relations", "effective", "column_grants")


@CHECKS.check(
    "postgres.no_public_grants",
    title="PUBLIC has no rights on user tables",
    verifies=(Verifies(_MINIMAL, level=2),),
    severity=Severity.HIGH,
    parts=("databases", *_PUBLIC_PARTS),
)
def no_public_grants(snapshot: PostgresSnapshot) -> Iterator[Verdict]:
    """Everyone who may connect is no role that anybody chose."""
    why = blocked(snapshot, _PUBLIC_PARTS)
    if why:
        yield not_checked(snapshot.server, why)
        return
    objects = len(have(snapshot.relations)) + len({(g.database, g.schema) for g in have(snapshot.schema_grants)})
    fails = [*_public_on_tables(snapshot, objects), *_public_on_schemas(snapshot, objects)]
    missing = list(holes(snapshot, _PUBLIC_PARTS))
    yield from fails
    yield from missing
    if fails or missing:
        return
    if objects == 0:
        yield not_applicable(snapshot.server, "There is no table and no schema.")
        return
    skipped = sum(each.extension for each in have(snapshot.relations))
    note = f" {count(skipped, 'relation')} of extensions not judged." if skipped else ""
    reason = (
        f"PUBLIC has no rights on {count(objects, 'relation or schema')} (USAGE on schema public is PostgreSQL's "
        f"default).{note}"
    )
    line = Evidence("Q2 grants, Q3 column grants, Q6 schema grants", snapshot.server, "grants to PUBLIC", "0", "0")
    yield passed(snapshot.server, reason, seen=objects, evidence=(line,))


def _public_on_tables(snapshot: PostgresSnapshot, objects: int) -> Iterator[Verdict]:
    columns: dict[object, list[str]] = {}
    for grant in have(snapshot.column_grants):
        if grant.grantee == PUBLIC:
            columns.setdefault(grant.relation, []).append(f"{grant.privilege} of column {grant.column}")
    for relation in have(snapshot.relations):
        if relation.extension:
            continue
        whole = [verb for acl in relation.grants if acl.grantee == PUBLIC for verb in acl.privileges]
        held = [*whole, *columns.get(relation.id, [])]
        if held:
            source = "Q2 grants" if whole else "Q3 column grants"
            line = Evidence(
                source, f"{relation.id.database}.{relation.id}", "grants to PUBLIC", ", ".join(held), "none"
            )
            reason = f"Everyone who may connect to {relation.id.database} has {names(held)} on {relation.id}."
            resource = f"{relation.id.database}/{PUBLIC}/{relation.id}"
            yield failed(resource, reason, seen=objects, evidence=(line,))


def _public_on_schemas(snapshot: PostgresSnapshot, objects: int) -> Iterator[Verdict]:
    held: dict[tuple[str, str], list[str]] = {}
    for grant in have(snapshot.schema_grants):
        if grant.grantee == PUBLIC and (grant.schema, grant.privilege) != ("public", "USAGE"):
            held.setdefault((grant.database, grant.schema), []).append(grant.privilege)
    for (database, schema), verbs in held.items():
        what = "create objects in" if "CREATE" in verbs else "look into"
        line = Evidence("Q6 schema grants", f"{database}.{schema}", "grants to PUBLIC", ", ".join(verbs), "none")
        yield failed(
            f"{database}/{PUBLIC}/{schema}",
            f"Everyone who may connect to {database} may {what} schema {schema}.",
            seen=objects,
            evidence=(line,),
            near_miss=f"PUBLIC may create objects in schema {schema}." if "CREATE" in verbs else "",
        )


@CHECKS.check(
    "postgres.default_privileges_safe",
    title="The next table is safe too",
    verifies=(Verifies(_MINIMAL, level=2),),
    severity=Severity.MEDIUM,
    parts=("databases", *_DEFAULT_PARTS),
)
def default_privileges_safe(snapshot: PostgresSnapshot) -> Iterator[Verdict]:
    """ALTER DEFAULT PRIVILEGES hands out rights on tables that do not exist yet."""
    why = blocked(snapshot, _DEFAULT_PARTS)
    if why:
        yield not_checked(snapshot.server, why)
        return
    # Functions and types are left out: EXECUTE and USAGE for PUBLIC are PostgreSQL's own defaults there.
    rows = [
        row for row in have(snapshot.default_privileges) if row.kind in ("r", "S", "n") and row.grantee != row.owner
    ]
    seen = max(1, len(rows))
    fails = [*_default_fails(snapshot, rows, seen)]
    unjudged = (
        []
        if snapshot.declared.matrix
        else [row for row in rows if row.grantee != PUBLIC and row.privilege in WRITE_VERBS]
    )
    missing = list(holes(snapshot, _DEFAULT_PARTS))
    yield from fails
    yield from missing
    if unjudged and not fails:
        grantees = names(sorted({row.grantee for row in unjudged}))
        reason = f"New tables will be writable by {grantees}; no grant matrix says whether they should be."
        yield not_checked(snapshot.server, "input_missing", reason, seen=len(unjudged))
    elif not fails and not missing:
        yield _default_pass(snapshot, rows, seen)


def _default_fails(snapshot: PostgresSnapshot, rows: list[DefaultPrivilege], seen: int) -> Iterator[Verdict]:
    roles = graph(snapshot)
    readers = [role for role in snapshot.declared.matrix.roles if _reads_only(snapshot, role)]
    grouped: dict[tuple[str, str, str, str], list[str]] = {}
    for row in rows:
        if row.grantee == PUBLIC or (row.kind == "r" and row.privilege in WRITE_VERBS):
            grouped.setdefault((row.database, row.owner, row.schema, row.grantee), []).append(row.privilege)
    for (database, owner, schema, grantee), verbs in grouped.items():
        affected = [PUBLIC] if grantee == PUBLIC else [role for role in readers if grantee in roles.reach(role).rights]
        where = "any schema" if schema == "*" else f"schema {schema}"
        for role in affected:
            what = "writable" if set(verbs) & set(WRITE_VERBS) else "readable"
            via = "" if role == grantee else f" through {grantee}"
            reason = f"New tables of {owner} in {where} of {database} will be {what} by {role}{via} ({names(verbs)})."
            line = Evidence(
                "Q4 default privileges", f"{database}.{schema}", f"granted to {grantee}", ", ".join(verbs), "none"
            )
            near_miss = f"New tables of {owner} will be {what} by {role}."
            resource = f"{database}/{owner}/{schema}/{role}"
            yield failed(resource, reason, seen=seen, evidence=(line,), near_miss=near_miss)


def _default_pass(snapshot: PostgresSnapshot, rows: list[DefaultPrivilege], seen: int) -> Verdict:
    databases = len(have(snapshot.databases))
    if not rows:
        expects = any(entry.verbs & set(READ_VERBS) for entry in snapshot.declared.matrix.entries)
        note = " Reads that the matrix expects on new tables have to be granted by hand." if expects else ""
        reason = (
            f"No default privileges are set in {count(databases, 'database')}: a new table is its owner's alone.{note}"
        )
    else:
        reason = (
            f"None of {count(len(rows), 'default privilege')} gives writing to a role that should only read, or "
            "anything to PUBLIC."
        )
    line = Evidence("Q4 default privileges", snapshot.server, "unsafe default privileges", "0", "0")
    return passed(snapshot.server, reason, seen=seen, evidence=(line,))


def _reads_only(snapshot: PostgresSnapshot, role: str) -> bool:
    return not any(entry.verbs & set(WRITE_VERBS) for entry in snapshot.declared.matrix.of(role))


@CHECKS.check(
    "postgres.definer_functions_reviewed",
    title="Definer functions are known",
    verifies=(Verifies(_MINIMAL, level=3),),
    severity=Severity.LOW,
    parts=("databases", *_FUNCTION_PARTS),
)
def definer_functions_reviewed(snapshot: PostgresSnapshot) -> Iterator[Verdict]:
    """A SECURITY DEFINER function lends its owner's rights to whoever may call it."""
    why = blocked(snapshot, _FUNCTION_PARTS)
    if why:
        yield not_checked(snapshot.server, why)
        return
    lending = [
        function for function in have(snapshot.definer_functions) if _lends(snapshot, rights(snapshot), function)
    ]
    open_ones = [each for each in lending if f"{each.schema}.{each.name}" not in snapshot.declared.functions]
    missing = list(holes(snapshot, _FUNCTION_PARTS))
    yield from missing
    if open_ones:
        reason = (
            f"{len(open_ones)} of {count(len(lending), 'function')} work with a stronger owner's rights and are "
            f"not declared as reviewed: {names(open_ones)}."
        )
        near_miss = "; ".join(f"{each} runs as {each.owner}" for each in open_ones[:3]) + "."
        yield not_checked(snapshot.server, "input_missing", reason, seen=len(open_ones), near_miss=near_miss)
    elif lending and not missing:
        lines = tuple(
            Evidence("Q10 definer functions", f"{each.database}.{each}", "runs as", each.owner, "declared as reviewed")
            for each in lending[:MOST_NAMES]
        )
        reason = (
            f"All {count(len(lending), 'function')} that work with a stronger owner's rights are declared as reviewed."
        )
        yield passed(snapshot.server, reason, seen=len(lending), evidence=lines)
    elif not lending and not missing:
        yield not_applicable(snapshot.server, "No function lends a stronger owner's rights to a service.")


def _lends(snapshot: PostgresSnapshot, access: Access, function: DefinerFunction) -> bool:
    """True if some service may call it and is not its owner anyway. No matrix: any login role but administrators."""
    exempt = exempt_administrators(snapshot) | {snapshot.reader}
    logins = tuple(role.name for role in have(snapshot.roles) if role.can_login and role.name not in exempt)
    for service in snapshot.declared.matrix.roles or logins:
        reach = access.reach(service)
        if function.owner in reach.rights:
            continue
        if PUBLIC in function.callers or reach.rights & set(function.callers):
            return True
    return False


@CHECKS.check(
    "postgres.grants_exported",
    title="Every grant is listed",
    verifies=(Verifies("least-privilege.grant-inventory", level=2),),
    severity=Severity.LOW,
    parts=(
        "databases",
        "roles",
        "memberships",
        "relations",
        "column_grants",
        "default_privileges",
        "schema_grants",
        "effective",
    ),
)
def grants_exported(snapshot: PostgresSnapshot) -> Iterator[Verdict]:
    """Roles, memberships and grants of every database of the server were read in this scan."""
    parts = (
        "databases",
        "roles",
        "memberships",
        "relations",
        "column_grants",
        "default_privileges",
        "schema_grants",
        "effective",
    )
    why = blocked(snapshot, parts)
    if why:
        yield not_checked(snapshot.server, why)
        return
    missing = list(holes(snapshot, (*parts, "undeclared")))
    read, known = len(have(snapshot.databases)), max(len(snapshot.listed), 1)
    for verdict in missing:
        reason = f"{read} of {count(known, 'database')} were readable. {verdict.reason}"
        yield not_checked(verdict.resource, verdict.reason_code, reason, seen=read)
    if missing:
        return
    grants = sum(len(each.grants) for each in have(snapshot.relations)) + len(have(snapshot.column_grants))
    shown = sum(each.kind != SEQUENCE for each in have(snapshot.relations))
    pairs = sum(each.pairs_read for each in have(snapshot.databases))
    reason = (
        f"{read} of {count(known, 'database')}: {count(len(have(snapshot.roles)), 'role')}, "
        f"{count(shown, 'table or view')}, {count(grants, 'grant')}, {pairs} pairs of role and table."
    )
    line = Evidence("Q11 databases", snapshot.server, "databases read", str(read), str(known))
    yield passed(snapshot.server, reason, seen=max(1, grants + read), evidence=(line,))
