"""The grant matrix as people type it."""

from __future__ import annotations

import pytest

from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.postgres.matrix import VERBS, builtin_verbs, matrix_lines, parse_matrix
from ztassess.connectors.postgres.snapshot import RelationId


def allowed(text: str, role: str, relation: RelationId) -> set[str]:
    matrix = parse_matrix(matrix_lines(text))
    return {verb for entry in matrix.of(role) if entry.covers(relation) for verb in entry.verbs}


ORDERS = RelationId("shop", "public", "orders")
USERS = RelationId("shop", "public", "users")


@pytest.mark.parametrize(
    ("text", "relation", "verbs"),
    [
        ("reporting: public.orders=SELECT, public.users=SELECT", ORDERS, {"SELECT"}),
        ("reporting: public.orders=SELECT, public.users=SELECT", USERS, {"SELECT"}),
        ("reporting: public.orders=SELECT", USERS, set()),
        ("reporting: public.orders = select + insert", ORDERS, {"SELECT", "INSERT"}),
        ("reporting: public.orders=SELECT INSERT", ORDERS, {"SELECT", "INSERT"}),
        ("reporting: public.orders=SELECT, INSERT, public.users=DELETE", ORDERS, {"SELECT", "INSERT"}),
        ("reporting: public.orders=READ", ORDERS, {"SELECT"}),
        ("reporting: public.orders=WRITE", ORDERS, {"INSERT", "UPDATE", "DELETE"}),
        ("reporting: public.orders=ALL", ORDERS, set(VERBS)),
        ("reporting: public.*=SELECT", ORDERS, {"SELECT"}),
        ("reporting: sales.*=SELECT", ORDERS, set()),
        ("reporting: *=SELECT", ORDERS, {"SELECT"}),
        ("reporting: *.orders=SELECT", ORDERS, {"SELECT"}),
        ("reporting: shop/public.orders=SELECT", ORDERS, {"SELECT"}),
        ("reporting: other/public.orders=SELECT", ORDERS, set()),
        ("reporting:", ORDERS, set()),
        ("reporting: Public.Orders=SELECT", ORDERS, {"SELECT"}),
        ('reporting: public."Orders"=SELECT', ORDERS, set()),
        ('reporting: public."Orders"=SELECT', RelationId("shop", "public", "Orders"), {"SELECT"}),
        ('reporting: public."a.b,c"=SELECT', RelationId("shop", "public", "a.b,c"), {"SELECT"}),
        ('reporting: public."say ""x"""=SELECT', RelationId("shop", "public", 'say "x"'), {"SELECT"}),
        ("reporting: public.orders=SELECT; billing: public.users=SELECT", USERS, set()),
        ("reporting: public.orders=SELECT\nreporting: public.orders=INSERT", ORDERS, {"SELECT", "INSERT"}),
        ("# our services\n\nreporting: public.orders=SELECT", ORDERS, {"SELECT"}),
    ],
)
def test_typed_matrix_allows_what_it_says(text: str, relation: RelationId, verbs: set[str]) -> None:
    assert allowed(text, "reporting", relation) == verbs


def test_lines_are_roles_in_the_order_typed_and_a_role_may_do_nothing() -> None:
    matrix = parse_matrix(matrix_lines("reporting: public.orders=SELECT\narchive:\nbackup: pg_read_all_data"))
    assert matrix.roles == ("reporting", "archive", "backup")
    assert matrix.builtin == {("backup", "pg_read_all_data")}
    assert builtin_verbs(matrix, "backup") == {"SELECT"}
    assert matrix.of("archive") == ()


def test_nothing_typed_is_nothing_declared() -> None:
    assert matrix_lines("  \n ") == ()
    assert not parse_matrix(())


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("reporting public.orders=SELECT", "role: schema.table=VERB"),
        ("reporting: orders=SELECT", "public.orders"),
        ("reporting: public.orders=LOOK", "'LOOK'"),
        ("reporting: public.orders=", "is not a verb"),
        ("reporting: public.orders", "has no verb"),
        ("reporting: a.b.c.d=SELECT", "is not schema.table"),
        ("reporting: public.orders=SELECT, users", "has no verb"),
        (": public.orders=SELECT", "role: schema.table=VERB"),
        ("x" * 20_001, "20,000"),
    ],
)
def test_a_line_that_says_nothing_is_refused_in_a_sentence(text: str, quoted: str) -> None:
    with pytest.raises(InputInvalid, match="rant matrix") as refused:
        matrix_lines(text)
    assert quoted in refused.value.sentence
