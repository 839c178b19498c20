"""The shipped export script, run by the real psql, and what people upload instead of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ztassess.connectors.contract import UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.postgres import CONNECTOR, queries
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Unavailable

MATRIX = "reporting: public.orders=SELECT"
TABLES = (
    "CREATE TABLE orders (id int, total int)",
    "CREATE TABLE users (id int)",
    "GRANT SELECT, INSERT ON orders TO reporting",
    "GRANT SELECT ON users TO reporting",
    "GRANT UPDATE (total) ON orders TO reporting",
    "CREATE VIEW ids AS SELECT id FROM users",
    "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reporting",
)
ROLES = ("reporting LOGIN VALID UNTIL '2031-05-06 07:08:09+00'", "endless LOGIN VALID UNTIL 'infinity'")


def uploaded(context: Any, *contents: bytes) -> Any:
    assert CONNECTOR.parse_upload
    return CONNECTOR.parse_upload(
        [UploadedFile(f"export{number}.json", content) for number, content in enumerate(contents)], context
    )


def export(**changed: Any) -> dict[str, Any]:
    """A small complete export, as the script writes it."""
    lists = (
        "roles relations column_grants default_privileges memberships schema_grants effective settings "
        "definer_functions view_sources"
    )
    plain: dict[str, Any] = {
        "format": "ztassess-postgres/1",
        "taken_at": "2026-11-20T10:00:00Z",
        "database": "shop",
        "hba": None,
        **{name: [] for name in lists.split()},
        "databases": [{"datname": "shop"}, {"datname": "billing"}],
        "complete": True,
    }
    return {**plain, **changed}


@pytest.fixture
def context(lab_context: Any) -> Any:
    return lab_context(grant_matrix=MATRIX)


@pytest.mark.postgres
def test_the_script_gives_what_the_live_reading_gives(lab: Any) -> None:
    with lab.database(*TABLES, roles=ROLES) as name:
        content = lab.export(name, user="zt_auditor", password="canary-7f3a-only-read")
        live = lab.read(databases=name, grant_matrix=MATRIX)
        snapshot = uploaded(lab.context(grant_matrix=MATRIX), content)
    assert json.loads(content)["complete"] is True
    for part in (
        "roles", "memberships", "relations", "column_grants", "schema_grants", "default_privileges", "effective",
        "view_sources", "definer_functions", "settings",
    ):  # fmt: skip
        assert sorted(map(repr, getattr(snapshot, part))) == sorted(map(repr, getattr(live, part))), part
    assert snapshot.databases == live.databases
    assert {role.name: role.valid_until for role in snapshot.roles if role.name in ("reporting", "endless")} == {
        "reporting": datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC),
        "endless": None,
    }
    assert isinstance(snapshot.hba, Unavailable)
    assert isinstance(snapshot.activity, Unavailable)
    found = [f.verdict.resource for f in judge(CONNECTOR, snapshot).findings if f.verdict.outcome.value == "fail"]
    assert f"{name}/reporting/public.orders/write" in found
    assert f"{name}/reporting/public.users/read" in found


@pytest.mark.postgres
def test_an_administrators_export_holds_authentication_but_no_secret(lab: Any) -> None:
    lines = 'hostssl all all 10.0.0.0/8 radius radiusservers="10.0.0.5" radiussecrets="hba-canary-9d"\n'
    with lab.database(*TABLES, roles=ROLES) as name, lab.hba(lines + "local all all trust\n"):
        content = lab.export(name)
    assert b"hba-canary" not in content
    snapshot = uploaded(lab.context(), content)
    assert [line.method for line in snapshot.hba] == ["radius", "trust"]


@pytest.mark.postgres
def test_two_databases_are_two_files_of_one_picture(lab: Any) -> None:
    with lab.database(*TABLES, roles=ROLES) as one, lab.database("CREATE TABLE b (id int)") as two:
        first, second = lab.export(one), lab.export(two)
    snapshot = uploaded(lab.context(), first, second)
    assert {each.name for each in snapshot.databases} == {one, two}
    assert "postgres" in {gap.database for gap in snapshot.gaps.entries}
    alone = uploaded(lab.context(), first)
    assert {gap.database for gap in alone.gaps.entries} >= {two, "postgres"}


def test_the_script_only_reads() -> None:
    script = queries._sections()
    assert sorted(script) == sorted([f"Q{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13)])
    for text in (*script.values(), queries.ACTIVITY, queries.OWN_RIGHTS, queries.OWN_ROLE):
        words = set(text.upper().split())
        assert not words & {"INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "GRANT", "REVOKE", "COPY", "SET"}
        assert "information_schema." not in text


def test_a_complete_export_is_read(context: Any) -> None:
    snapshot = uploaded(context, json.dumps(export()).encode())
    assert snapshot.taken_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert snapshot.roles == ()
    assert {gap.database for gap in snapshot.gaps.entries} == {"billing"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_windows_shell_may_have_changed_the_encoding(context: Any, encoding: str) -> None:
    assert uploaded(context, json.dumps(export()).encode(encoding)).roles == ()


def test_the_oldest_file_dates_the_picture_and_the_future_is_not_believed(context: Any) -> None:
    old = json.dumps(export()).encode()
    new = json.dumps(export(database="billing", taken_at="2026-11-22T10:00:00Z")).encode()
    assert uploaded(context, new, old).taken_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    future = (context.now + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert uploaded(context, json.dumps(export(taken_at=future)).encode()).taken_at == context.now


WHOLE = json.dumps(export()).encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not the output of"),
        (b"user,arn\n=cmd|' /C calc'!A0,x\n", "is not the output of"),
        (b"<html>sign in</html>", "is not the output of"),
        (WHOLE[: len(WHOLE) // 2], "cut off"),
        (b'{"a": ' * 10_000 + b"}", "damaged"),
        (b'{"format": "other"}', "is not the output of"),
        (b'{"format": "ztassess-postgres/1", "format": "ztassess-postgres/1"}', "damaged"),
        (json.dumps(export(complete=False)).encode(), "not complete"),
        (json.dumps(export(complete="true")).encode(), "not complete"),
        (json.dumps(export(database=None)).encode(), "not complete"),
        (json.dumps(export(taken_at=None)).encode(), "when it was taken"),
        (json.dumps(export(roles={"a": 1})).encode(), "no list of roles"),
        (json.dumps(export(roles=[1])).encode(), "do not look like"),
        (json.dumps(export(roles=[{"rolname": "x"}])).encode(), "do not look like"),
        (json.dumps(export(memberships=[{"member": "a", "role": "b", "admin_option": "yes"}])).encode(), "do not look"),
        (json.dumps(export(relations=[{"nspname": 5}])).encode(), "do not look like"),
        (json.dumps(export(databases=[{"datname": "elsewhere"}])).encode(), "different servers"),
        (b"\xff\xfe\x00", "is not the output of"),
        (b"{\xff\xfe}", "damaged"),
    ],
)
def test_another_file_is_refused_in_a_sentence(context: Any, content: bytes, said: str) -> None:
    with pytest.raises(InputInvalid) as refused:
        uploaded(context, content)
    assert said in refused.value.sentence


def test_one_database_twice_is_refused(context: Any) -> None:
    with pytest.raises(InputInvalid, match="shop was uploaded twice"):
        uploaded(context, WHOLE, WHOLE)


def test_a_missing_list_is_unavailable_never_empty(context: Any) -> None:
    content = export()
    del content["memberships"], content["relations"]
    content["effective"] = None
    snapshot = uploaded(context, json.dumps(content).encode())
    assert isinstance(snapshot.memberships, Unavailable)
    assert isinstance(snapshot.relations, Unavailable)
    assert isinstance(snapshot.effective, Unavailable)
    outcomes = {result.check: result.outcome.value for result in judge(CONNECTOR, snapshot).results}
    assert "pass" not in {
        outcomes[f"postgres.{name}"] for name in ("grants_match_matrix", "no_public_grants", "grants_exported")
    }


def test_nothing_uploaded_is_refused(context: Any) -> None:
    with pytest.raises(InputInvalid):
        uploaded(context)
