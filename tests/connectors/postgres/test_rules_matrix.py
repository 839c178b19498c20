"""grants_match_matrix over recorded parts: what PostgreSQL 15 cannot show, and what must never pass."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ztassess.connectors.postgres.snapshot import ColumnGrant, Gap, Gaps, ViewSource
from ztassess.domain.findings import Unavailable

MATRIX = {"grant_matrix": "reporting: public.orders=SELECT"}
DENIED = Unavailable("forbidden_role", detail="We may not look.")


@pytest.fixture
def base(make: SimpleNamespace) -> dict[str, Any]:
    """A server where reporting can do exactly what was declared."""
    return {
        "roles": (make.role("reporting"), make.role("owner_role", can_login=False)),
        "relations": (make.table("orders", {"reporting": "SELECT"}), make.table("users")),
        "effective": (make.may("reporting", "orders", "SELECT"),),
    }


def test_exactly_the_matrix_passes_at_level_two(
    base: dict[str, Any], make: SimpleNamespace, say: SimpleNamespace
) -> None:
    found = say.judge("grants_match_matrix", make.picture(MATRIX, **base))
    assert say.outcome(found) == "pass"
    assert (found[0].verdict.level, found[0].verdict.seen) == (2, 2)


@pytest.mark.parametrize("part", ["roles", "memberships", "relations", "effective", "column_grants", "view_sources"])
def test_an_unread_part_is_never_a_pass(
    base: dict[str, Any], make: SimpleNamespace, say: SimpleNamespace, part: str
) -> None:
    found = say.judge("grants_match_matrix", make.picture(MATRIX, **{**base, part: DENIED}))
    assert [(f.verdict.outcome.value, f.verdict.reason_code) for f in found] == [("not_checked", "forbidden_role")]


def test_a_gap_keeps_fails_and_stops_the_pass(
    base: dict[str, Any], make: SimpleNamespace, say: SimpleNamespace
) -> None:
    gaps = Gaps((Gap("billing", "databases", Unavailable("missing_scope", "CONNECT", "No way in.")),))
    clean = say.judge("grants_match_matrix", make.picture(MATRIX, **base, gaps=gaps))
    assert [(f.verdict.outcome.value, f.verdict.resource) for f in clean] == [("not_checked", "billing")]
    base["effective"] = (*base["effective"], make.may("reporting", "users", "SELECT"))
    both = say.judge("grants_match_matrix", make.picture(MATRIX, **base, gaps=gaps))
    assert say.outcome(both) == "fail"
    assert set(say.failing(both)) == {"shop/reporting/public.users/read"}


def test_declared_role_that_does_not_exist_is_not_checked(
    base: dict[str, Any], make: SimpleNamespace, say: SimpleNamespace
) -> None:
    declared = {"grant_matrix": "reporting: public.orders=SELECT\nbiling: public.orders=SELECT"}
    found = say.judge("grants_match_matrix", make.picture(declared, **base))
    assert [(f.verdict.outcome.value, f.verdict.resource) for f in found] == [("not_checked", "db:5432/biling")]


def test_no_table_at_all_is_not_a_pass(make: SimpleNamespace, say: SimpleNamespace) -> None:
    found = say.judge("grants_match_matrix", make.picture(MATRIX, roles=(make.role("reporting"),)))
    assert say.outcome(found) == "not_checked"


def test_declared_but_missing_rights_are_a_note(
    base: dict[str, Any], make: SimpleNamespace, say: SimpleNamespace
) -> None:
    declared = {"grant_matrix": "reporting: public.orders=SELECT+INSERT, public.gone=SELECT"}
    found = say.judge("grants_match_matrix", make.picture(declared, **base))
    assert say.outcome(found) == "pass"
    assert "reporting INSERT on public.orders, reporting SELECT on public.gone" in found[0].verdict.reason


def test_write_by_a_reader_leaves_no_level_read_leaves_the_split(
    base: dict[str, Any], make: SimpleNamespace, say: SimpleNamespace
) -> None:
    base["effective"] = (make.may("reporting", "orders", "SELECT INSERT"), make.may("reporting", "users", "SELECT"))
    found = say.failing(say.judge("grants_match_matrix", make.picture(MATRIX, **base)))
    assert found["shop/reporting/public.orders/write"].verdict.level == 0
    assert found["shop/reporting/public.users/read"].verdict.level == 1


@pytest.mark.parametrize(
    ("inherit", "become", "sees"),
    [(True, True, True), (False, True, True), (True, False, True), (False, False, False)],
)
def test_membership_options_of_postgresql_16(
    base: dict[str, Any], make: SimpleNamespace, say: SimpleNamespace, inherit: bool, become: bool, sees: bool
) -> None:
    """Rows as PostgreSQL 16 and 18 give them for GRANT writers TO reporting WITH INHERIT x, SET y."""
    base["roles"] = (*base["roles"], make.role("writers", can_login=False))
    base["memberships"] = (make.member("reporting", "writers", inherit=inherit, become=become),)
    base["effective"] = (*base["effective"], make.may("writers", "users", "DELETE"))
    found = say.judge("grants_match_matrix", make.picture(MATRIX, **base))
    assert set(say.failing(found)) == ({"shop/reporting/public.users/write"} if sees else set())


def test_a_role_that_may_create_roles_can_grant_itself_anything(
    base: dict[str, Any], make: SimpleNamespace, say: SimpleNamespace
) -> None:
    base["roles"] = (make.role("reporting", create_role=True),)
    found = say.failing(say.judge("grants_match_matrix", make.picture(MATRIX, **base)))
    assert set(found) == {"*/reporting/*/all"}
    assert found["*/reporting/*/all"].verdict.level == 0


def test_column_rights_name_the_columns(base: dict[str, Any], make: SimpleNamespace, say: SimpleNamespace) -> None:
    base["effective"] = (make.may("reporting", "orders", "SELECT", "SELECT UPDATE"),)
    orders = make.relation_id("orders")
    base["column_grants"] = (
        *(ColumnGrant(orders, column, "reporting", "UPDATE") for column in ("total", "note")),
        ColumnGrant(orders, "seen", "reporting", "SELECT"),
        ColumnGrant(orders, "foreign", "somebody", "UPDATE"),
    )
    found = say.failing(say.judge("grants_match_matrix", make.picture(MATRIX, **base)))
    verdict = found["shop/reporting/public.orders/write"].verdict
    assert "columns note, total" in verdict.near_miss
    assert verdict.evidence[0].observed == "granted to reporting, columns note, total only"


def test_views_of_extensions_that_everyone_may_read_are_not_data(
    base: dict[str, Any], make: SimpleNamespace, say: SimpleNamespace
) -> None:
    stats = make.table("pg_stat_statements", {"PUBLIC": "SELECT"}, kind="v", extension=True)
    base["relations"] = (*base["relations"], stats)
    base["effective"] = (*base["effective"], make.may("reporting", "pg_stat_statements", "SELECT"))
    assert say.outcome(say.judge("grants_match_matrix", make.picture(MATRIX, **base))) == "pass"
    granted = make.table("pg_stat_statements", {"reporting": "SELECT"}, kind="v", extension=True)
    base["relations"] = (*base["relations"][:2], granted)
    assert say.outcome(say.judge("grants_match_matrix", make.picture(MATRIX, **base))) == "fail"


def test_hundreds_of_tables_are_told_in_one_finding(make: SimpleNamespace, say: SimpleNamespace) -> None:
    names = [f"t{number}" for number in range(150)]
    snapshot = make.picture(
        {"grant_matrix": "reporting:"},
        roles=(make.role("reporting"),),
        relations=tuple(make.table(name, {"reporting": "SELECT"}) for name in names),
        effective=tuple(make.may("reporting", name, "SELECT") for name in names),
    )
    found = say.failing(say.judge("grants_match_matrix", snapshot))
    assert set(found) == {"shop/reporting/*/read"}
    assert "150 tables" in found["shop/reporting/*/read"].verdict.reason
    assert len(found["shop/reporting/*/read"].verdict.evidence) == 50


def test_a_wildcard_view_over_a_wildcard_table_is_declared(
    base: dict[str, Any], make: SimpleNamespace, say: SimpleNamespace
) -> None:
    view = make.table("totals", {"reporting": "SELECT"}, kind="v")
    base["relations"] = (*base["relations"], view)
    base["effective"] = (make.may("reporting", "orders", "SELECT"), make.may("reporting", "totals", "SELECT"))
    base["view_sources"] = (ViewSource(view.id, make.relation_id("orders")),)
    declared = {"grant_matrix": "reporting: public.*=SELECT"}
    assert say.outcome(say.judge("grants_match_matrix", make.picture(declared, **base))) == "pass"
    base["view_sources"] = (ViewSource(view.id, make.relation_id("hidden.users")),)
    found = say.failing(say.judge("grants_match_matrix", make.picture(declared, **base)))
    assert set(found) == {"shop/reporting/public.totals/read"}
    assert "owner_role" in found["shop/reporting/public.totals/read"].verdict.reason


@pytest.mark.parametrize(
    ("stray", "outcome"),
    [
        ({}, "pass"),
        ({"effective": "users"}, "not_checked"),
        ({"effective": "stats"}, "pass"),  # what an extension shows everyone
        ({"attributes": {"superuser": True}}, "not_checked"),
        ({"edge": "pg_write_all_data"}, "not_checked"),
        ({"attributes": {"can_login": False}, "effective": "users"}, "pass"),
    ],
)
def test_a_login_role_outside_every_declaration_stops_the_pass_only_if_it_can_do_something(
    base: dict[str, Any], make: SimpleNamespace, say: SimpleNamespace, stray: dict[str, Any], outcome: str
) -> None:
    base["roles"] = (*base["roles"], make.role("stray", **stray.get("attributes", {})))
    stats = make.table("stats", {"PUBLIC": "SELECT"}, kind="v", extension=True)
    base["relations"] = (*base["relations"], stats)
    if "effective" in stray:
        base["effective"] = (*base["effective"], make.may("stray", stray["effective"], "SELECT"))
    if "edge" in stray:
        base["memberships"] = (make.member("stray", stray["edge"]),)
    assert say.outcome(say.judge("grants_match_matrix", make.picture(MATRIX, **base))) == outcome


@pytest.mark.parametrize(
    ("grants", "edges", "how"),
    [
        ({"reporting": "SELECT", "PUBLIC": "SELECT"}, [], "granted to reporting"),
        ({"PUBLIC": "SELECT", "readers": "SELECT"}, ["readers"], "through PUBLIC"),
        ({"readers": "SELECT", "others": "SELECT"}, ["readers"], "through readers (inherited)"),
        ({}, ["pg_read_all_data"], "through pg_read_all_data"),
    ],
)
def test_evidence_says_which_grant_to_revoke(
    base: dict[str, Any],
    make: SimpleNamespace,
    say: SimpleNamespace,
    grants: dict[str, str],
    edges: list[str],
    how: str,
) -> None:
    base["relations"] = (make.table("orders"), make.table("users", grants))
    base["memberships"] = tuple(make.member("reporting", edge) for edge in edges)
    base["effective"] = (make.may("reporting", "users", "SELECT"),)
    declared = {"grant_matrix": "reporting: public.orders=SELECT+INSERT"}
    found = say.failing(say.judge("grants_match_matrix", make.picture(declared, **base)))
    reasons = [finding.verdict.reason for finding in found.values()]
    assert len(reasons) == 1
    assert how in reasons[0]


def test_the_sentence_names_what_the_matrix_allows(
    base: dict[str, Any], make: SimpleNamespace, say: SimpleNamespace
) -> None:
    base["effective"] = (make.may("reporting", "orders", "SELECT INSERT DELETE"),)
    declared = {"grant_matrix": "reporting: public.orders=SELECT+INSERT"}
    found = say.failing(say.judge("grants_match_matrix", make.picture(declared, **base)))
    assert "the matrix allows it SELECT and INSERT only." in found["shop/reporting/public.orders/write"].verdict.reason


@pytest.mark.parametrize("declared", ["pg_read_all_data", "*=SELECT", "*=ALL"])
def test_reading_everything_may_be_declared(
    base: dict[str, Any], make: SimpleNamespace, say: SimpleNamespace, declared: str
) -> None:
    base["memberships"] = (make.member("reporting", "pg_read_all_data"),)
    matrix = {"grant_matrix": f"reporting: {declared}"}
    assert say.outcome(say.judge("grants_match_matrix", make.picture(matrix, **base))) == "pass"
    base["memberships"] = (*base["memberships"], make.member("reporting", "pg_write_all_data"))
    expected = "pass" if declared == "*=ALL" else "fail"
    assert say.outcome(say.judge("grants_match_matrix", make.picture(matrix, **base))) == expected
