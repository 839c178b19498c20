"""Owns snapshots for the rules' tables: a well-kept tenant as the client parses it, one thing of it changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.connectors.auth0.tenant import good_tenant
from tests.fakes.vendor import NOW
from ztassess.connectors.api import Row, rows_of
from ztassess.connectors.auth0 import CONNECTOR, parsing
from ztassess.connectors.auth0.snapshot import Auth0Snapshot
from ztassess.domain.checks import CheckResult, evaluate, fold
from ztassess.domain.findings import Outcome, Unavailable, Verdict

PASS, FAIL, SKIP, NONE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
NO_SCOPE = Unavailable("missing_scope", "read:x", "Connected, but read:x is missing.")


def rows(value: Any, parse: Any) -> tuple[Any, ...]:
    return tuple(parse(row) for row in rows_of(value, "R"))


def good() -> Auth0Snapshot:
    """Everything read, everything in order."""
    data = good_tenant()
    return Auth0Snapshot(
        taken_at=NOW,
        tenant="acme.eu.auth0.com",
        own_client="assess",
        policies=tuple(data["policies"]),
        factors=rows(data["factors"], parsing.factor_of),
        apis=rows(data["resource-servers"], parsing.api_of),
        clients=rows(data["clients"][1:], parsing.client_of),
        sessions=(parsing.sessions_of(Row("S", data["settings"])),),
        users=rows(data["users"], parsing.user_of),
    )


def changed(**parts: Any) -> Auth0Snapshot:
    """The tenant with other rows of a part, as Auth0 sends them."""
    parsers = {"factors": parsing.factor_of, "apis": parsing.api_of, "clients": parsing.client_of}
    found = {
        name: rows(value, parsers[name]) if isinstance(value, list) and name in parsers else value
        for name, value in parts.items()
    }
    return replace(good(), **found)


def verdicts(snapshot: Auth0Snapshot, check: str) -> list[Verdict]:
    found = [each.verdict for each in evaluate([CONNECTOR.checks[f"auth0.{check}"]], snapshot)]
    assert found
    return found


def result(snapshot: Auth0Snapshot, check: str) -> CheckResult:
    return fold(f"auth0.{check}", evaluate([CONNECTOR.checks[f"auth0.{check}"]], snapshot))


def said(snapshot: Auth0Snapshot, check: str) -> str:
    """All words of a check: reasons and near misses."""
    return " ".join(f"{each.reason} {each.near_miss}" for each in verdicts(snapshot, check))
