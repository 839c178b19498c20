"""MySQL 8 as its manual shows it: recorded rows, since no server of it answers here; each check says what they mean."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from ztassess.connectors.contract import UploadedFile
from ztassess.connectors.mysql import CONNECTOR, queries
from ztassess.connectors.mysql.client import _refused
from ztassess.connectors.mysql.privileges import GLOBAL_COLUMNS, MYSQL_COLUMNS, SCHEMA_COLUMNS
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Unavailable

RECORDED = json.loads((Path(__file__).parent / "mysql8_recorded.json").read_text())
RIGHTS = (*GLOBAL_COLUMNS, *MYSQL_COLUMNS)


def account(user: str, host: str, everything: str, locked: str, plugin: str, *rights: str) -> dict[str, Any]:
    flags = {column: everything if column not in rights else "Y" for column in RIGHTS}
    return {"User": user, "Host": host, **flags, "plugin": plugin, "ssl_type": "", "account_locked": locked}


def export(**changed: Any) -> dict[str, Any]:
    """The manual's server in the form of the export script."""
    db = [
        {
            **{key: row[key] for key in ("Host", "Db", "User")},
            **{
                column: "Y" if (row["rights"] == "*" and column != "Grant_priv") or column in row["rights"] else "N"
                for column in SCHEMA_COLUMNS
            },
        }
        for row in RECORDED["db"]
    ]
    states = [
        {"User": user, "Host": host, "account_locked": locked, "passwordless": 0, "access": None, "plugins": None}
        for user, host, _, locked, _ in RECORDED["accounts"]
    ]
    plain: dict[str, Any] = {
        "format": "ztassess-mysql/1",
        "taken_at": "2026-11-20T10:00:00Z",
        "version": "8.4.3",
        "sees_schemas": "Y",
        "users": [account(*row) for row in RECORDED["accounts"]],
        "db": db,
        "tables_priv": [],
        "columns_priv": [],
        "roles": RECORDED["role_edges"],
        "global_grants": RECORDED["global_grants"],
        "account_state": [{**state, "restrictions": None} for state in states],
        "settings": [{"name": "require_secure_transport", "value": "OFF"}, {"name": "partial_revokes", "value": "OFF"}],
        "schemata": [{"SCHEMA_NAME": name} for name in ("mysql", "information_schema", "app_db", "world")],
        "tables": [{"TABLE_SCHEMA": "app_db", "TABLE_NAME": "t1"}],
        "complete": True,
    }
    return {**plain, **changed}


def read(lab_context: Any, content: dict[str, Any], **entered: str) -> Any:
    assert CONNECTOR.parse_upload
    return CONNECTOR.parse_upload([UploadedFile("grants.json", json.dumps(content).encode())], lab_context(**entered))


def test_every_column_that_is_asked_for_is_in_the_manual() -> None:
    assert set(queries.MYSQL_USER_COLUMNS) <= set(RECORDED["user_columns"])
    texts = {
        "db_columns": queries.schema_grants(mariadb=False),
        "tables_priv_columns": queries.TABLE_GRANTS,
        "columns_priv_columns": queries.COLUMN_GRANTS,
        "role_edges_columns": queries.MYSQL_ROLES,
        "global_grants_columns": queries.DYNAMIC,
    }
    for key, text in texts.items():
        asked = set(re.split(r",\s*", text.removeprefix("SELECT ").partition(" FROM ")[0]))
        assert asked <= set(RECORDED[key]), key
    missing = {column for column in RECORDED["user_columns"] if column.endswith("_priv")} - set(
        queries.MYSQL_USER_COLUMNS
    )
    assert missing == set()  # no right of the manual is left unread


def test_the_script_asks_mysql_for_columns_of_the_manual_only() -> None:
    text = (files("ztassess.connectors.mysql") / queries.EXPORT_SCRIPT).read_text()
    for comment in re.findall(r"/\*!80000(.*?)\*/", text, re.DOTALL):
        for key in re.findall(r"'(\w+)', (\w+)", comment):
            known = {*RECORDED["user_columns"], *RECORDED["role_edges_columns"], *RECORDED["global_grants_columns"]}
            assert key[1] in known | {"IF", "NULL", "JSON_EXTRACT"}, key


@pytest.mark.parametrize(
    ("matrix", "outcome"),
    [
        ("read_user1: app_db.*=SELECT\nread_user2: app_db.*=SELECT\nrw_user1: app_db.*=READ+WRITE", "pass"),
        ("rw_user1: app_db.*=SELECT\nread_user1: app_db.*=SELECT\nread_user2: app_db.*=SELECT", "fail"),
        ("read_user1: app_db.t1=SELECT\nread_user2: app_db.*=SELECT\nrw_user1: app_db.*=ALL", "fail"),
        ("rw_user1: app_db.*=ALL", "not_checked"),
    ],
)
def test_roles_of_the_manual_are_walked(matrix: str, outcome: str, lab_context: Any, say: Any) -> None:
    snapshot = read(lab_context, export(), grant_matrix=matrix, human_roles="dev1=dev@example.com")
    found = say.judge("grants_match_matrix", snapshot)
    assert say.outcome(found) == outcome, found
    if outcome == "fail":
        assert "through role app_" in next(iter(say.failing(found).values())).verdict.reason


def test_roles_and_reserved_accounts_are_no_logins(lab_context: Any, say: Any) -> None:
    snapshot = read(lab_context, export())
    (hosts,) = say.judge("hosts_restricted", snapshot)
    assert hosts.verdict.outcome.value == "pass"
    assert hosts.verdict.seen == 5  # root and the four users; roles at % and reserved accounts are locked
    found = say.judge("no_global_rights", snapshot)
    assert say.outcome(found) == "pass", found
    assert "mysql.session@localhost" in found[0].verdict.reason  # left out by name, with its dynamic rights


def test_a_dynamic_right_is_a_global_right(lab_context: Any, say: Any) -> None:
    grants = [*RECORDED["global_grants"], {"USER": "rw_user1", "HOST": "localhost", "PRIV": "SYSTEM_VARIABLES_ADMIN"}]
    found = say.judge("no_global_rights", read(lab_context, export(global_grants=grants)))
    assert "SYSTEM_VARIABLES_ADMIN" in say.failing(found)["*/rw_user1@localhost"].verdict.reason


@pytest.mark.parametrize(
    ("matrix", "outcome"),
    [
        ("u1: world.*=SELECT, app_db.*=SELECT+INSERT, mysql.*=SELECT+INSERT", "pass"),
        ("u1: world.*=SELECT, app_db.*=SELECT, mysql.*=SELECT+INSERT", "fail"),
    ],
)
def test_partial_revoke_of_the_manual_is_taken_off(matrix: str, outcome: str, lab_context: Any, say: Any) -> None:
    recorded = RECORDED["restrictions"]
    one = account(recorded["User"], recorded["Host"], "N", "N", "caching_sha2_password", *recorded["rights"])
    state = {"User": "u1", "Host": "%", "account_locked": "N", "passwordless": 0, "access": None, "plugins": None}
    content = export(
        users=[one],
        db=[],
        roles=[],
        global_grants=[],
        account_state=[{**state, "restrictions": recorded["value"]}],
        settings=[{"name": "partial_revokes", "value": "ON"}],
    )
    found = say.judge("grants_match_matrix", read(lab_context, content, grant_matrix=matrix))
    assert say.outcome(found) == outcome, found


def test_passwords_of_the_manual_are_strong_but_static(lab_context: Any, say: Any) -> None:
    found = say.judge("iam_or_certificate_authentication", read(lab_context, export()))
    assert {f.verdict.near_miss for f in found} == {"caching_sha2_password is strong but static."}


def test_a_version_without_have_ssl_is_judged_by_what_it_requires(lab_context: Any) -> None:
    snapshot = read(lab_context, export(settings=[{"name": "require_secure_transport", "value": "ON"}]))
    results = {result.check: result.outcome.value for result in judge(CONNECTOR, snapshot).results}
    assert results["mysql.tls_required"] == "pass"


def test_refusals_name_mysqls_own_tables() -> None:
    class Session:
        mariadb = False

    refused = _refused("roles", Session(), 1142)  # type: ignore[arg-type]
    assert refused == Unavailable(
        "missing_scope", "GRANT SELECT ON mysql.role_edges", "Column or table grant missing: mysql.role_edges."
    )
