"""A field is what the vendor said it is, and silence is neither no, nor zero, nor an empty list."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ztassess.connectors.api import row_of, rows_of
from ztassess.connectors.api.rows import heard_fields
from ztassess.connectors.errors import BadAnswer

USER = row_of(
    {
        "id": "u1",
        "active": False,
        "count": 0,
        "big": "12",
        "half": 1.5,
        "profile": {"login": "a@x", "empty": ""},
        "groups": ["g1"],
        "mixed": ["g1", 2],
        "roles": [{"type": "ADMIN"}],
        "seen": "2026-11-22T10:00:00.5Z",
        "local": "2026-11-22T10:00:00+02:00",
        "bare": "2026-11-22T10:00:00",
        "nothing": None,
        "labels": {"a.b/c": "x"},
        "pair": "text",
        "first": "0001-01-01T00:00:00+14:00",
        "last": "9999-12-31T23:59:59-12:00",
        "endless": "1" * 21,
        "padded": "0" * 20 + "7",
        "huge": 1e400,
    },
    "User",
)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda: USER.text("id"), "u1"),
        (lambda: USER.text("profile.login"), "a@x"),
        (lambda: USER.text("profile.empty"), ""),
        (lambda: USER.text(("labels", "a.b/c")), "x"),
        (lambda: USER.flag("active"), False),
        (lambda: USER.number("count"), 0),
        (lambda: USER.number("big"), 12),
        (lambda: USER.texts("groups"), ("g1",)),
        (lambda: USER.rows("roles")[0].text("type"), "ADMIN"),
        (lambda: USER.row("profile").text("login"), "a@x"),
        (lambda: USER.keys("labels"), ("a.b/c",)),
        (lambda: USER.moment("seen"), datetime(2026, 11, 22, 10, 0, 0, 500_000, tzinfo=UTC)),
        (lambda: USER.moment("local"), datetime(2026, 11, 22, 8, 0, tzinfo=UTC)),
        (lambda: USER.moment("bare"), datetime(2026, 11, 22, 10, 0, tzinfo=UTC)),
        (lambda: USER.text("missing", "other"), "other"),
        (lambda: USER.flag("nothing", None), None),
        (lambda: USER.number("profile.age", -1), -1),
        (lambda: USER.rows("missing", None), None),
        (lambda: USER.moment("profile.empty", None), None),
        (lambda: USER.has("nothing"), False),
        (lambda: USER.has("count"), True),
    ],
)
def test_a_field_is_read_as_its_type(read: Any, value: object) -> None:
    assert read() == value


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (lambda: USER.text("missing"), "User came without missing"),
        (lambda: USER.flag("nothing"), "User came without nothing"),
        (lambda: USER.texts("missing"), "without"),
        (lambda: USER.text("count"), "count is int, not str"),
        (lambda: USER.number("active"), "active is bool, not int"),
        (lambda: USER.number("half"), "half is float"),
        (lambda: USER.number("id", None), "id is str"),
        (lambda: USER.flag("count"), "count is int, not bool"),
        (lambda: USER.texts("mixed"), "something else than text"),
        (lambda: USER.rows("groups"), "came str"),
        (lambda: USER.row("groups"), "groups is list, not dict"),
        (lambda: USER.text("pair.inner"), "stands where str is"),
        (lambda: USER.moment("id"), "not a point in time"),
        (lambda: USER.moment("first"), "not a point in time"),
        (lambda: USER.moment("last"), "not a point in time"),
        (lambda: USER.number("endless"), "endless is str"),
        (lambda: USER.number("padded"), "padded is str"),
        (lambda: USER.number("huge"), "huge is float"),
        (lambda: row_of([], "User"), "Instead of User came list"),
        (lambda: rows_of({}, "User"), "Instead of a list of User came dict"),
        (lambda: rows_of([1], "User"), "came int"),
    ],
)
def test_anything_else_is_a_bad_answer(read: Any, words: str) -> None:
    with pytest.raises(BadAnswer, match=words):
        read()


def test_every_field_read_is_heard_while_a_test_listens() -> None:
    with heard_fields() as heard:
        USER.text("profile.login")
        USER.rows("roles")[0].text("type")
        USER.has("missing")
    USER.text("id")
    assert heard == {
        ("User", "profile.login"),
        ("User", "roles"),
        ("User.roles", "type"),
        ("User", "missing"),
    }
