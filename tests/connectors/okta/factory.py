"""Owns snapshots for the rules' tables: a well-kept org, read by the client's own parsers, one thing of it changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.connectors.okta.conftest import EVERYTHING
from tests.connectors.okta.org import access_rule, good_org
from tests.fakes.vendor import NOW
from ztassess.connectors.api import Row, rows_of
from ztassess.connectors.okta import CONNECTOR, parsing
from ztassess.connectors.okta.parsing_policies import access_rule_of, policy_of, session_rule_of, token_rule_of
from ztassess.connectors.okta.snapshot import AdminRole, Assignments, AuthorizationServer, OktaSnapshot
from ztassess.domain.checks import CheckResult, evaluate, fold
from ztassess.domain.findings import Verdict

FORBIDDEN = "forbidden_role"


def rows(value: Any, kind: str, parse: Any) -> tuple[Any, ...]:
    return tuple(parse(row) for row in rows_of(value, kind))


def good() -> OktaSnapshot:
    """Everything read, everything in order."""
    data = good_org()
    policies = rows(data["policies"], "Policy", policy_of)
    server = AuthorizationServer("aus1", "default", "ACTIVE")
    return OktaSnapshot(
        taken_at=NOW,
        org="acme.okta.com",
        engine="idx",
        declared=EVERYTHING,
        session_policies=tuple(each for each in policies if each.kind == "OKTA_SIGN_ON"),
        access_policies=tuple(each for each in policies if each.kind == "ACCESS_POLICY"),
        session_rules=tuple(session_rule_of(Row("R", row), "pos1") for row in data["rules"]["pos1"]),
        access_rules=access(pol1=data["rules"]["pol1"], pol2=data["rules"]["pol2"]),
        apps=rows(data["apps"], "Application", parsing.app_of),
        assignments=tuple(Assignments(each["id"], each["label"], 0, 2) for each in data["apps"]),
        users=rows(data["users"], "User", parsing.user_of),
        deactivated=(),
        factors=tuple(parsing.factors_of(user, value) for user, value in data["factors"].items()),
        roles=(
            AdminRole("00u1", "SUPER_ADMIN", "ACTIVE"),
            AdminRole("00u3", "SUPER_ADMIN", "ACTIVE", "Platform"),
            AdminRole("00u2", "READ_ONLY_ADMIN", "ACTIVE"),
        ),
        tokens=rows(data["api-tokens"], "ApiToken", parsing.token_of),
        authenticators=rows(data["authenticators"], "Authenticator", parsing.authenticator_of),
        servers=(server,),
        token_rules=tuple(token_rule_of(Row("R", row), server, "All") for row in data["serverRules"]["aus1-asp1"]),
        device_assurances=rows(data["device-assurances"], "DeviceAssurance", parsing.assurance_of),
        devices=rows(data["devices"], "DeviceList", parsing.device_of),
        zones=rows(data["zones"], "NetworkZone", parsing.zone_of),
        providers=(),
        log_streams=rows(data["logStreams"], "LogStream", parsing.stream_of),
        admin_console=(parsing.console_of(data["admin-console"]),),
        resets=(),
    )


def access(**policies: list[dict[str, Any]]) -> tuple[Any, ...]:
    """Rules of authentication policies, by policy id."""
    return tuple(
        access_rule_of(Row("AccessPolicyRule", row), name) for name, found in policies.items() for row in found
    )


OWN = [access_rule("own", "Catch-all Rule", system=True)]


def with_rules(*rules: dict[str, Any], own: list[dict[str, Any]] | None = None, **parts: Any) -> OktaSnapshot:
    """The org with these rules before every app, Okta's own apart."""
    return replace(good(), access_rules=access(pol1=list(rules), pol2=own or OWN), **parts)


def declared(**lists: Any) -> OktaSnapshot:
    return replace(good(), declared=replace(EVERYTHING, **lists))


def verdicts(snapshot: OktaSnapshot, check: str) -> list[Verdict]:
    name = f"okta.{check}"
    found = [each.verdict for each in evaluate([CONNECTOR.checks[name]], snapshot)]
    assert found
    return found


def result(snapshot: OktaSnapshot, check: str) -> CheckResult:
    name = f"okta.{check}"
    return fold(name, evaluate([CONNECTOR.checks[name]], snapshot))


def said(snapshot: OktaSnapshot, check: str) -> str:
    """All words of a check: reasons and near misses."""
    return " ".join(f"{each.reason} {each.near_miss}" for each in verdicts(snapshot, check))
