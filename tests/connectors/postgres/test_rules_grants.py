"""Checks of grants as written, over tables of (snapshot part -> outcome)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ztassess.connectors.postgres.snapshot import (
    ColumnGrant,
    DatabaseRead,
    DefaultPrivilege,
    DefinerFunction,
    Gap,
    Gaps,
    RelationId,
    SchemaGrant,
)
from ztassess.domain.findings import Unavailable

DENIED = Unavailable("partial_data", detail="A query was stopped.")
UNREAD = Gaps((Gap("billing", "databases", Unavailable("missing_scope", detail="No way in.")),))
ORDERS = RelationId("shop", "public", "orders")
USAGE = SchemaGrant("shop", "public", "PUBLIC", "USAGE")
CREATE = SchemaGrant("shop", "public", "PUBLIC", "CREATE")


@pytest.mark.parametrize(
    ("grants", "parts", "outcome", "resources"),
    [
        ({"app": "SELECT"}, {}, "pass", set()),
        ({"app": "SELECT"}, {"schema_grants": (USAGE,)}, "pass", set()),
        ({"PUBLIC": "SELECT"}, {}, "fail", {"shop/PUBLIC/public.orders"}),
        ({"PUBLIC": "SELECT"}, {"gaps": UNREAD}, "fail", {"shop/PUBLIC/public.orders"}),
        (
            {},
            {"column_grants": (ColumnGrant(ORDERS, "total", "PUBLIC", "UPDATE"),)},
            "fail",
            {"shop/PUBLIC/public.orders"},
        ),
        ({}, {"column_grants": (ColumnGrant(ORDERS, "total", "app", "UPDATE"),)}, "pass", set()),
        ({}, {"schema_grants": (USAGE, CREATE)}, "fail", {"shop/PUBLIC/public"}),
        ({}, {"schema_grants": (SchemaGrant("shop", "sales", "PUBLIC", "USAGE"),)}, "fail", {"shop/PUBLIC/sales"}),
        ({}, {"gaps": UNREAD}, "not_checked", set()),
        ({}, {"relations": DENIED}, "not_checked", set()),
        ({}, {"schema_grants": DENIED}, "not_checked", set()),
        ({}, {"column_grants": DENIED}, "not_checked", set()),
        ({}, {"relations": ()}, "not_applicable", set()),
    ],
)
def test_no_public_grants(
    make: SimpleNamespace,
    say: SimpleNamespace,
    grants: dict[str, str],
    parts: dict[str, Any],
    outcome: str,
    resources: set[str],
) -> None:
    found = say.judge("no_public_grants", make.picture(**{"relations": (make.table("orders", grants),), **parts}))
    assert (say.outcome(found), set(say.failing(found))) == (outcome, resources)


def test_public_that_may_create_is_the_near_miss_of_old_servers(make: SimpleNamespace, say: SimpleNamespace) -> None:
    found = say.failing(say.judge("no_public_grants", make.picture(schema_grants=(CREATE,))))
    assert found["shop/PUBLIC/public"].verdict.near_miss == "PUBLIC may create objects in schema public."


def test_relations_of_extensions_are_left_out_and_counted(make: SimpleNamespace, say: SimpleNamespace) -> None:
    relations = (make.table("spatial_ref_sys", {"PUBLIC": "SELECT"}, extension=True), make.table("orders"))
    found = say.judge("no_public_grants", make.picture(relations=relations))
    assert say.outcome(found) == "pass"
    assert "1 relation of extensions not judged" in found[0].verdict.reason


READS = {"grant_matrix": "reporting: public.orders=SELECT"}
WRITES = {"grant_matrix": "reporting: public.orders=WRITE"}


def default(grantee: str, verb: str, kind: str = "r", schema: str = "*", owner: str = "deploy") -> DefaultPrivilege:
    return DefaultPrivilege("shop", owner, schema, kind, grantee, verb)


@pytest.mark.parametrize(
    ("declared", "rows", "outcome"),
    [
        (READS, (), "pass"),
        ({}, (), "pass"),
        (READS, (default("reporting", "SELECT"),), "pass"),
        (READS, (default("reporting", "INSERT"),), "fail"),
        (READS, (default("writers", "INSERT"),), "fail"),  # reporting is a member of writers
        (READS, (default("strangers", "INSERT"),), "pass"),
        (WRITES, (default("reporting", "INSERT"),), "pass"),
        ({}, (default("reporting", "INSERT"),), "not_checked"),
        ({}, (default("PUBLIC", "SELECT"),), "fail"),
        (READS, (default("PUBLIC", "USAGE", kind="S"),), "fail"),
        (READS, (default("PUBLIC", "USAGE", kind="n"),), "fail"),
        (READS, (default("PUBLIC", "EXECUTE", kind="f"), default("PUBLIC", "USAGE", kind="T")), "pass"),  # built in
        (READS, (default("deploy", "INSERT"),), "pass"),  # the owner's own
        (READS, DENIED, "not_checked"),
    ],
)
def test_default_privileges_safe(
    make: SimpleNamespace, say: SimpleNamespace, declared: dict[str, str], rows: Any, outcome: str
) -> None:
    snapshot = make.picture(
        declared,
        roles=(make.role("reporting"), make.role("writers", can_login=False)),
        memberships=(make.member("reporting", "writers"),),
        default_privileges=rows,
    )
    assert say.outcome(say.judge("default_privileges_safe", snapshot)) == outcome


def test_default_privileges_say_whose_next_table(make: SimpleNamespace, say: SimpleNamespace) -> None:
    snapshot = make.picture(
        READS, roles=(make.role("reporting"),), default_privileges=(default("reporting", "INSERT"),)
    )
    found = say.failing(say.judge("default_privileges_safe", snapshot))
    assert found["shop/deploy/*/reporting"].verdict.near_miss == "New tables of deploy will be writable by reporting."


def test_default_privileges_of_an_unread_database_do_not_pass(make: SimpleNamespace, say: SimpleNamespace) -> None:
    assert say.outcome(say.judge("default_privileges_safe", make.picture(READS, gaps=UNREAD))) == "not_checked"


def function(owner: str = "owner_role", callers: tuple[str, ...] = ("PUBLIC",), name: str = "pay") -> DefinerFunction:
    return DefinerFunction("shop", "public", name, "", owner, callers)


@pytest.mark.parametrize(
    ("declared", "functions", "outcome"),
    [
        ({}, (), "not_applicable"),
        ({}, (function(),), "not_checked"),
        ({"definer_functions": "public.pay"}, (function(),), "pass"),
        ({"definer_functions": "public.pay"}, (function(), function(name="other")), "not_checked"),
        ({}, (function(callers=("owner_role",)),), "not_applicable"),
        ({}, (function(callers=("readers",)),), "not_checked"),  # reporting is a member
        ({}, (function(owner="reporting", callers=("reporting",)),), "not_applicable"),
        (READS, (function(callers=("stray",)),), "not_applicable"),  # with a matrix, its roles are the services
        ({}, (function(callers=("stray",)),), "not_checked"),
        ({}, (function(callers=("dormant",)),), "not_applicable"),  # nobody can log in as it
        ({}, DENIED, "not_checked"),
    ],
)
def test_definer_functions_reviewed(
    make: SimpleNamespace, say: SimpleNamespace, declared: dict[str, str], functions: Any, outcome: str
) -> None:
    names = ("reporting", "stray", "zt_auditor")
    snapshot = make.picture(
        declared,
        roles=(
            *map(make.role, names),
            make.role("readers", can_login=False),
            make.role("owner_role", can_login=False),
            make.role("dormant", can_login=False),
        ),
        memberships=(make.member("reporting", "readers"),),
        definer_functions=functions,
    )
    found = say.judge("definer_functions_reviewed", snapshot)
    assert say.outcome(found) == outcome
    if outcome == "not_checked" and isinstance(functions, tuple):
        assert "runs as owner_role" in found[-1].verdict.near_miss


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ({}, "pass"),
        ({"gaps": UNREAD}, "not_checked"),
        ({"gaps": Gaps((Gap("shop", "undeclared", DENIED),))}, "not_checked"),
        ({"gaps": Gaps((Gap("shop", "column_grants", DENIED),))}, "not_checked"),
        ({"gaps": Gaps((Gap("shop", "view_sources", DENIED),))}, "pass"),
        ({"memberships": DENIED}, "not_checked"),
        ({"databases": DENIED}, "not_checked"),
    ],
)
def test_grants_exported(make: SimpleNamespace, say: SimpleNamespace, parts: dict[str, Any], outcome: str) -> None:
    plain = {"databases": (DatabaseRead("shop", 2, 2),), "relations": (make.table("orders", {"app": "SELECT"}),)}
    found = say.judge("grants_exported", make.picture(**{**plain, **parts}))
    assert say.outcome(found) == outcome
    if "gaps" in parts and outcome == "not_checked":
        assert "1 of 1 database" in found[0].verdict.reason
