"""The shipped export script, run by the real client, and what people upload instead of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ztassess.connectors.contract import UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.mysql import CONNECTOR
from ztassess.connectors.mysql.privileges import GLOBAL_COLUMNS, SCHEMA_COLUMNS
from ztassess.connectors.mysql.snapshot import TableId
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Unavailable

HASH = "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19"
MATRIX = "reporting: shop.orders=SELECT"
WORLD = (
    "CREATE DATABASE shop",
    "CREATE TABLE shop.orders (id int, total int)",
    'CREATE DATABASE `strange\n"name`',
    f"CREATE USER reporting@'10.%' IDENTIFIED VIA mysql_native_password USING '{HASH}' REQUIRE X509",
    "GRANT SELECT, UPDATE ON shop.* TO reporting@'10.%'",
    "GRANT INSERT (total), DELETE ON shop.orders TO reporting@'10.%'",
    "CREATE ROLE readers",
    'GRANT SELECT ON `strange\n"name`.* TO readers',
    "GRANT readers TO reporting@'10.%'",
    "CREATE USER gone@'%' IDENTIFIED BY 'x' ACCOUNT LOCK",
    "GRANT SET USER ON *.* TO gone@'%'",
    "CREATE USER empty@localhost IDENTIFIED VIA unix_socket OR mysql_native_password USING ''",
)


def uploaded(context: Any, *contents: bytes) -> Any:
    assert CONNECTOR.parse_upload
    return CONNECTOR.parse_upload(
        [UploadedFile(f"export{number}.json", content) for number, content in enumerate(contents)], context
    )


def user(name: str = "reporting", **changed: Any) -> dict[str, Any]:
    plain = dict.fromkeys(GLOBAL_COLUMNS, "N")
    return {"User": name, "Host": "10.%", "plugin": "ed25519", "ssl_type": "", "is_role": "N", **plain, **changed}


def export(**changed: Any) -> dict[str, Any]:
    """A small complete export, as the script writes it."""
    grant = {
        "Host": "10.%",
        "Db": "shop",
        "User": "reporting",
        **dict.fromkeys(SCHEMA_COLUMNS, "N"),
        "Select_priv": "Y",
    }
    state = {"User": "reporting", "Host": "10.%", "account_locked": "N", "passwordless": 0, "access": "0"}
    plain: dict[str, Any] = {
        "format": "ztassess-mysql/1",
        "taken_at": "2026-11-20T10:00:00Z",
        "version": "10.11.6-MariaDB",
        "sees_schemas": "Y",
        "users": [user(), None],
        "db": [grant, None],
        "tables_priv": [None],
        "columns_priv": [None],
        "roles": [None],
        "global_grants": [None],
        "account_state": [{**state, "plugins": None, "restrictions": None}, None],
        "settings": [{"name": "require_secure_transport", "value": "OFF"}, None],
        "schemata": [{"SCHEMA_NAME": "shop"}, None],
        "tables": [{"TABLE_SCHEMA": "shop", "TABLE_NAME": "orders"}, None],
        "complete": True,
    }
    return {**plain, **changed}


@pytest.fixture
def context(lab_context: Any) -> Any:
    return lab_context(grant_matrix=MATRIX)


@pytest.mark.xdist_group("mariadb")
def test_the_script_gives_what_the_live_reading_gives(lab: Any) -> None:
    with lab.world(*WORLD):
        content = lab.export()
        live = lab.read(grant_matrix=MATRIX)
        snapshot = uploaded(lab.context(grant_matrix=MATRIX), content)
    assert content.startswith(b"zt_export\n{")
    for part in (
        "users", "schema_grants", "table_grants", "column_grants", "roles", "dynamic", "states", "schemas",
    ):  # fmt: skip
        assert sorted(map(repr, getattr(snapshot, part))) == sorted(map(repr, getattr(live, part))), part
    assert {each.name for each in snapshot.settings} == {each.name for each in live.settings}
    assert snapshot.version == live.version
    assert TableId("shop", "orders") in snapshot.tables
    assert HASH not in repr(snapshot)
    assert HASH.encode() not in content
    assert snapshot.warning == ""
    assert snapshot.reader == ""
    for check in ("grants_match_matrix", "no_global_rights", "no_anonymous_or_passwordless"):
        outcomes = [
            {result.check: result.outcome.value for result in judge(CONNECTOR, each).results}[f"mysql.{check}"]
            for each in (snapshot, live)
        ]
        assert outcomes == ["fail", "fail"], check


@pytest.mark.xdist_group("mariadb")
def test_an_export_without_the_clients_headings_is_the_same(lab: Any) -> None:
    content = lab.export()
    bare = b"\n".join(line for line in content.splitlines() if line != b"zt_export")
    first, second = uploaded(lab.context(), content), uploaded(lab.context(), bare)
    assert first == second
    json.loads(bare)


def test_an_upload_is_judged_with_its_own_date(context: Any) -> None:
    snapshot = uploaded(context, json.dumps(export()).encode())
    assert snapshot.taken_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    results = {result.check: result.outcome.value for result in judge(CONNECTOR, snapshot).results}
    assert results["mysql.grants_match_matrix"] == "fail"
    assert results["mysql.grants_exported"] == "pass"


def test_an_old_export_is_taken_and_one_from_the_future_is_not_newer_than_now(context: Any) -> None:
    old = uploaded(context, json.dumps(export(taken_at="2019-01-01T00:00:00Z")).encode())
    assert old.taken_at.year == 2019
    future = (context.now + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert uploaded(context, json.dumps(export(taken_at=future)).encode()).taken_at == context.now


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_what_other_shells_write_is_read(encoding: str, context: Any) -> None:
    text = "zt_export\r\n" + json.dumps(export()).replace(", ", ",\r\n")
    assert len(uploaded(context, text.encode(encoding)).users) == 1


@pytest.mark.parametrize(
    "key", ["users", "db", "tables_priv", "columns_priv", "roles", "global_grants", "account_state"]
)
def test_a_part_that_is_not_in_the_file_never_passes(key: str, context: Any) -> None:
    content = export()
    del content[key]
    snapshot = uploaded(context, json.dumps(content).encode())
    results = {result.check: result.outcome.value for result in judge(CONNECTOR, snapshot).results}
    assert results["mysql.grants_exported"] == ("pass" if key == "account_state" else "not_checked")
    assert results["mysql.no_global_rights"] in ("not_checked", "pass")
    if key in ("users", "roles", "global_grants", "account_state"):
        assert results["mysql.no_global_rights"] == "not_checked"


def test_an_exporter_that_may_not_see_all_schemas_is_told(context: Any) -> None:
    snapshot = uploaded(context, json.dumps(export(sees_schemas="N")).encode())
    assert isinstance(snapshot.schemas, Unavailable)
    assert snapshot.schemas.missing_scope == "GRANT SHOW DATABASES ON *.*"


WRONG = {
    "empty": b"",
    "another program's output": b"Grants for app@%\nGRANT USAGE ON *.* TO app",
    "an error": b"ERROR 1045 (28000): Access denied",
    "another connector's": json.dumps({"format": "ztassess-postgres/1", "complete": True}).encode(),
    "a list": b"[]",
    "cut off": json.dumps(export()).encode()[:-30],
    "cut off at a row": json.dumps(export()).encode().rpartition(b"null")[0],
    "not complete": json.dumps(export(complete=False)).encode(),
    "complete in words": json.dumps(export(complete="yes")).encode(),
    "no date": json.dumps(export(taken_at=None)).encode(),
    "no version": json.dumps(export(version="")).encode(),
    "no list": json.dumps(export(users={})).encode(),
    "a row of another form": json.dumps(export(users=[{"User": "a"}])).encode(),
    "neither product": json.dumps(export(users=[{k: v for k, v in user().items() if k != "is_role"}])).encode(),
    "flags as numbers": json.dumps(export(users=[user(Super_priv=1)])).encode(),
    "unknown ssl_type": json.dumps(export(users=[user(ssl_type="SOME")])).encode(),
    "a name without end": json.dumps(export(users=[user(User="x" * 2000)])).encode(),
    "deep JSON in a cell": json.dumps(
        export(account_state=[{**export()["account_state"][0], "plugins": "[" * 100_000}])
    ).encode(),
    "deep JSON": b'{"format":' + b"[" * 100_000 + b"}",
    "names as numbers": json.dumps(export(users=[user(User=7)])).encode(),
    "a null in the middle": json.dumps(export(users=[user(), None, user("b"), None])).encode(),
    "rights that are no number": json.dumps(
        export(account_state=[{**export()["account_state"][0], "access": "many"}])
    ).encode(),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused_in_a_sentence(name: str, context: Any) -> None:
    with pytest.raises(InputInvalid) as refused:
        uploaded(context, WRONG[name])
    assert refused.value.sentence.endswith(".")


def test_more_grants_than_can_be_compared_are_not_judged(context: Any) -> None:
    row = export()["db"][0]
    many = export(users=[user(Host=f"10.0.0.{number}") for number in range(3000)], db=[row] * 3000)
    snapshot = uploaded(context, json.dumps(many).encode())
    assert isinstance(snapshot.schema_grants, Unavailable)
    assert "3,000 accounts and 3,000 grants" in snapshot.schema_grants.detail
    results = {result.check: result.outcome.value for result in judge(CONNECTOR, snapshot).results}
    assert results["mysql.grants_match_matrix"] == "not_checked"
    assert results["mysql.grants_exported"] == "not_checked"


def test_two_files_or_none_are_refused(context: Any) -> None:
    good = json.dumps(export()).encode()
    for files in ((), (good, good)):
        with pytest.raises(InputInvalid, match="one file per server"):
            uploaded(context, *files)


def test_hashes_in_a_file_are_removed_and_told(context: Any) -> None:
    content = export(users=[user(authentication_string=HASH, Password=HASH)])
    snapshot = uploaded(context, json.dumps(content).encode())
    assert HASH not in repr(snapshot)
    assert "were removed" in snapshot.warning
    (found,) = [f for f in judge(CONNECTOR, snapshot).findings if f.check == "mysql.grants_exported"]
    assert "were removed" in found.verdict.reason


@pytest.mark.parametrize(
    "text",
    [
        f"GRANT USAGE ON *.* TO `app`@`%` IDENTIFIED BY PASSWORD '{HASH}'",
        f"CREATE USER `app`@`%` IDENTIFIED VIA mysql_native_password USING '{HASH}'",
        "CREATE USER `app`@`%` IDENTIFIED WITH 'caching_sha2_password' AS '$A$005$canarycanarycanarycanary'",
    ],
)
def test_the_output_of_show_grants_is_refused_and_its_hash_is_told(text: str, context: Any) -> None:
    with pytest.raises(InputInvalid, match="password hashes") as refused:
        uploaded(context, text.encode())
    assert HASH not in refused.value.sentence
    assert "canary" not in refused.value.sentence


def test_the_script_only_reads_and_names_no_hash_but_inside_a_comparison() -> None:
    from importlib.resources import files

    text = (files("ztassess.connectors.mysql") / CONNECTOR.uploads[0].download).read_text()
    statements = [part.strip() for part in "\n".join(
        line for line in text.splitlines() if not line.startswith("--")
    ).split(";\n") if part.strip()]  # fmt: skip
    assert len(statements) > 30
    for statement in statements:
        assert statement.startswith(
            ("SELECT ", "SET NAMES", "SET SESSION sql_mode", "START TRANSACTION READ ONLY", "COMMIT")
        )
    for line in text.splitlines():
        if "authentication_string" in line:
            assert "= ''" in line or "JSON_CONTAINS" in line, line
