"""Owns snapshots for the rules' tables: a well-kept realm as the client parses it, one thing of it changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.connectors.keycloak.realm import client, good_realm
from tests.fakes.vendor import NOW
from ztassess.connectors.api import Row, rows_of
from ztassess.connectors.keycloak import CONNECTOR, parsing
from ztassess.connectors.keycloak.snapshot import KeycloakSnapshot, Step
from ztassess.domain.checks import CheckResult, evaluate, fold
from ztassess.domain.findings import Outcome, Unavailable, Verdict

PASS, FAIL, SKIP, NONE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
NO_ROLE = Unavailable("missing_scope", "view-realm", "The service account lacks realm-management role view-realm.")


def rows(value: Any, kind: str, parse: Any) -> tuple[Any, ...]:
    return tuple(parse(row) for row in rows_of(value, kind))


def steps(alias: str, executions: list[dict[str, Any]], passed_by: tuple[str, ...] | None = None) -> tuple[Step, ...]:
    """The steps of a flow; `passed_by` stands for the config of its conditions on credentials."""
    read = [parsing.step_of(Row("E", each), alias) for each in executions]
    found = [replace(step, passed_by=passed_by) if step.provider == "conditional-credential" else step for step in read]
    return parsing.ordered(found)


def good() -> KeycloakSnapshot:
    """Everything read, everything in order."""
    data = good_realm()
    return KeycloakSnapshot(
        taken_at=NOW,
        where="acme at sso.acme.example",
        own_client="assess",
        realm=(parsing.realm_of(Row("R", data["realm"])),),
        clients=rows(data["clients"], "C", parsing.client_of),
        flows=rows(data["flows"], "F", parsing.flow_of),
        executions=tuple(step for alias, found in data["executions"].items() for step in steps(alias, found)),
        actions=rows(data["actions"], "A", parsing.action_of),
        users=rows(data["users"], "U", parsing.user_of),
        credentials=tuple(
            parsing.credentials_of(each["id"], rows_of(each["credentials"], "K")) for each in data["users"][:3]
        ),
        brokers=(),
    )


def with_realm(**changes: Any) -> KeycloakSnapshot:
    (realm,) = good().realm  # type: ignore[misc]  # a tuple, see above
    return replace(good(), realm=(replace(realm, **changes),))


def with_clients(*more: dict[str, Any], only: bool = False, **parts: Any) -> KeycloakSnapshot:
    """The realm with these clients beside its own, or alone."""
    found = tuple(parsing.client_of(Row("C", each)) for each in more)
    return replace(good(), clients=found if only else (*good().clients, *found), **parts)  # type: ignore[misc]


def with_flow(executions: list[dict[str, Any]], passed_by: tuple[str, ...] | None = None, **parts: Any) -> Any:
    """The realm with these steps as its browser flow."""
    return replace(good(), executions=steps("browser", executions, passed_by), **parts)


def silent(name: str, *fields: str) -> dict[str, Any]:
    """A client of which Keycloak did not say some fields."""
    return {field: value for field, value in client(name).items() if field not in fields}


def verdicts(snapshot: KeycloakSnapshot, check: str) -> list[Verdict]:
    found = [each.verdict for each in evaluate([CONNECTOR.checks[f"keycloak.{check}"]], snapshot)]
    assert found
    return found


def result(snapshot: KeycloakSnapshot, check: str) -> CheckResult:
    return fold(f"keycloak.{check}", evaluate([CONNECTOR.checks[f"keycloak.{check}"]], snapshot))


def said(snapshot: KeycloakSnapshot, check: str) -> str:
    """All words of a check: reasons and near misses."""
    return " ".join(f"{each.reason} {each.near_miss}" for each in verdicts(snapshot, check))
