"""A pasted table is read by its head or by position, each wrong line gets one sentence, and nothing is half-planned."""

from __future__ import annotations

import pytest

from ztassess.charts.figure import csv_of
from ztassess.domain import inventory_tables
from ztassess.domain.inventory_paste import MOST_PROBLEMS, MOST_TEXT, ChangeKind, plan_paste, plan_rows
from ztassess.domain.inventory_tables import EMPTY, SHAPES, Contents, Table, landscape_of
from ztassess.domain.landscape import Right

KNOWN = (
    EMPTY.put(Table.SERVICES, [("web",), ("api",), ("Reporting",)])
    .put(Table.STORES, [("users", "personal"), ("orders", "confidential")])
    .put(Table.ENTRIES, [("laptop", "session", "", "yes")])
    .put(Table.PERMISSIONS, [("api", "users", "write", "read"), ("laptop", "users", "read", "read")])
    .put(Table.CALLS, [("web", "api")])
)


def rows(table: Table, text: str, contents: Contents = KNOWN) -> list[tuple[str, ...] | None]:
    plan = plan_paste(table, text, contents, replace=False)
    assert plan.problems == ()
    return [change.after for change in plan.changes]


def problems(table: Table, text: str, contents: Contents = KNOWN) -> list[str]:
    return [str(each) for each in plan_paste(table, text, contents, replace=False).problems]


@pytest.mark.parametrize(
    ("table", "text", "expected"),
    [
        (Table.SERVICES, "billing\nnotify\n", [("billing",), ("notify",)]),
        (Table.SERVICES, "Service\nbilling", [("billing",)]),
        (Table.STORES, "payments\tPII\nlogs\tinternal", [("payments", "personal"), ("logs", "internal")]),
        (Table.STORES, "sensitivity;store\n3;logs", [("logs", "confidential")]),
        (Table.STORES, '"a, b",public', [("a, b", "public")]),
        (Table.CALLS, "api,WEB\r\n", [("api", "web")]),
        (Table.PERMISSIONS, "reporting\torders\tSELECT", [("Reporting", "orders", "read", "read")]),
        (Table.PERMISSIONS, "store,who,needs,has\nusers,web,none,rw", [("web", "users", "write", "none")]),
        (Table.ENTRIES, "ci key,leaked key,api", [("ci key", "key", "api", "no")]),
        (Table.ENTRIES, "old account,former employee", [("old account", "leaver", "", "yes")]),
        (Table.ENTRIES, "partner,password,,no", [("partner", "password", "", "no")]),
    ],
)
def test_table_is_read(table: Table, text: str, expected: list[tuple[str, ...]]) -> None:
    assert rows(table, text) == expected


@pytest.mark.parametrize(
    ("table", "text", "sentence"),
    [
        (Table.CALLS, "web,api\nweb,billing", "Line 2: billing is not a listed service."),
        (Table.CALLS, "web,reportin", "Line 1: reportin is not a listed service. Did you mean Reporting?"),
        (Table.CALLS, "web,web", "Line 1: web is said to call itself; a call has two services."),
        (Table.PERMISSIONS, "ghost,users,read", "Line 1: ghost is neither a listed service nor an entry point."),
        (Table.PERMISSIONS, "web,gone,read", "Line 1: gone is not a listed store."),
        (Table.PERMISSIONS, "web,users,maybe", "Line 1: 'maybe' is no has; use one of none, read, write."),
        (Table.PERMISSIONS, "web,users", "Line 1: Has is empty; every permission needs one."),
        (
            Table.STORES,
            "logs,internal,x",
            "Line 1: It has 3 cells; stores have 2: store, sensitivity.",
        ),
        (Table.STORES, "logs,internal\nLogs,public", "Line 2: Logs stands in line 1 already."),
        (
            Table.ENTRIES,
            "key,key",
            "Line 1: key is a leaked key and must name the service whose rights it carries.",
        ),
        (
            Table.SERVICES,
            "Laptop",
            "Line 1: Laptop is listed as an entry point already; services need other names.",
        ),
        (Table.SERVICES, "x" * 81, f"Line 1: {'x' * 40!r}... is longer than 80 characters; give it a shorter name."),
        (Table.SERVICES, "a\x07b", "Line 1: 'a?b' holds a control character; type the name again."),
        (Table.SERVICES, " \n\n", "There is no row in it; paste at least one line."),
        (Table.SERVICES, "x" * (MOST_TEXT + 1), "This is longer than 400,000 characters; paste it in several parts."),
    ],
)
def test_wrong_line_gets_one_sentence(table: Table, text: str, sentence: str) -> None:
    assert problems(table, text) == [sentence]


def test_every_wrong_line_is_named_and_the_right_ones_are_not() -> None:
    found = problems(Table.CALLS, "web,api\nghost,api\nweb,spook\napi,web")
    assert [line.partition(":")[0] for line in found] == ["Line 2", "Line 3"]


def test_many_problems_are_counted_and_the_first_are_shown() -> None:
    plan = plan_paste(Table.CALLS, "\n".join(f"ghost{at},api" for at in range(80)), KNOWN, replace=False)
    assert len(plan.problems) == 50
    assert plan.problem_count == 80


def test_plan_says_what_is_new_changed_and_the_same() -> None:
    plan = plan_paste(Table.STORES, "users,public\norders,confidential\nlogs,internal", KNOWN, replace=False)
    assert [(each.kind, each.key) for each in plan.changes] == [
        (ChangeKind.CHANGED, ("users",)),
        (ChangeKind.SAME, ("orders",)),
        (ChangeKind.ADDED, ("logs",)),
    ]


def test_rows_that_are_missing_go_only_where_that_was_asked() -> None:
    assert plan_paste(Table.SERVICES, "web", KNOWN, replace=False).counted(ChangeKind.REMOVED) == 0
    plan = plan_paste(Table.SERVICES, "web", KNOWN, replace=True)
    assert plan.counted(ChangeKind.REMOVED) == 2
    assert plan.fallout == ((Table.CALLS, 1), (Table.PERMISSIONS, 1))


def test_digest_names_the_changes_and_nothing_else() -> None:
    one = plan_paste(Table.SERVICES, "billing", KNOWN, replace=False)
    same = plan_paste(Table.SERVICES, "Service\nbilling\nweb", KNOWN, replace=False)
    other = plan_paste(Table.SERVICES, "billing2", KNOWN, replace=False)
    assert one.digest == same.digest != other.digest


def test_table_cannot_grow_beyond_its_limit() -> None:
    most = SHAPES[Table.STORES].most
    wanted = {(f"s{at}",): (f"s{at}", "public") for at in range(most - 1)}
    plan = plan_rows(Table.STORES, wanted, KNOWN)
    assert str(plan.problems[0]) == "That would be 501 stores; at most 500 are kept."


@pytest.mark.parametrize("table", list(Table))
def test_own_csv_can_be_pasted_again(table: Table) -> None:
    contents = KNOWN if table is not Table.SERVICES else KNOWN.put(table, [*KNOWN.of(table), ("=odd",)])
    text = csv_of([column.title for column in SHAPES[table].columns], list(contents.of(table).values()))
    plan = plan_paste(table, text, contents, replace=True)
    assert plan.problems == ()
    assert plan.real == ()


def test_landscape_keeps_every_row() -> None:
    landscape = landscape_of(KNOWN)
    assert landscape.services == ("web", "api", "Reporting")
    assert landscape.rights["api", "users"].kept is Right.READ
    assert landscape.entries[0].on_network


def test_only_problems_that_are_shown_are_given_a_hint(monkeypatch):
    looked = []
    monkeypatch.setattr(inventory_tables, "get_close_matches", lambda text, *_, **__: looked.append(text) or [])
    text = "\n".join(f"ghost-{number},spook" for number in range(1_500))
    plan = plan_paste(Table.CALLS, text, EMPTY.put(Table.SERVICES, [("web",)]), replace=False)
    assert (plan.problem_count, len(plan.problems)) == (1_500, MOST_PROBLEMS)
    assert looked == [f"ghost-{number}" for number in range(MOST_PROBLEMS)]
