"""Owns turning Okta's policies and rules into values of the snapshot."""

from __future__ import annotations

from ztassess.connectors.api import Row
from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.okta.parsing import network_of
from ztassess.connectors.okta.snapshot import AuthorizationServer
from ztassess.connectors.okta.snapshot_policies import (
    AccessRule,
    Constraint,
    DeviceCondition,
    Method,
    People,
    Policy,
    SessionRule,
    Step,
    TokenRule,
    Verification,
)

DEEPEST_CHAIN = 6  # Okta allows three steps
ANY = "ANY"
SIGN_ON_CONDITIONS = frozenset({"people", "network", "authContext", "identityProvider"})
# What Okta writes where nothing was set, such as "riskScore": {"level": "ANY"}.
UNCONDITIONAL: tuple[object, ...] = (None, {}, {"level": ANY}, {"behaviors": []})
SESSION, ACCESS = "OKTA_SIGN_ON", "ACCESS_POLICY"


def policy_of(row: Row) -> Policy:
    """Documentation: "List all policies"."""
    return Policy(row.text("id"), row.text("name"), row.text("type"), row.text("status"))


def access_rule_of(row: Row, policy_id: str) -> AccessRule:
    """Documentation: "List all policy rules", rules of type ACCESS_POLICY."""
    risk = row.text("conditions.riskScore.level", "")
    return AccessRule(
        policy_id=policy_id,
        id=row.text("id"),
        name=row.text("name"),
        priority=row.number("priority", 0),
        status=row.text("status"),
        system=row.flag("system", absent=False),
        access=row.text("actions.appSignOn.access", ""),
        verification=_verification(row),
        network=network_of(row, "conditions.network"),
        people=People(
            row.texts("conditions.people.users.include", ()), row.texts("conditions.people.groups.include", ())
        ),
        device=_device(row),
        risk="" if risk == "ANY" else risk,
        expression=bool(row.text("conditions.elCondition.condition", "")),
        narrowed=_narrowed(row, "people.users", "people.groups", "userType") or _some_platforms(row),
    )


def _narrowed(row: Row, *conditions: str) -> bool:
    """One of these conditions names somebody whom the rule is for, or not for."""
    return any(row.texts(f"conditions.{each}.{way}", ()) for each in conditions for way in ("include", "exclude"))


def _some_platforms(row: Row) -> bool:
    named = [each.text("type", ANY) for each in row.rows("conditions.platform.include", ())]
    systems = [each.text("os.type", ANY) for each in row.rows("conditions.platform.include", ())]
    return any(each != ANY for each in (*named, *systems)) or bool(row.rows("conditions.platform.exclude", ()))


def _device(row: Row) -> DeviceCondition:
    inner = row.row("conditions.device", None)
    if inner is None:
        return DeviceCondition()
    return DeviceCondition(
        inner.flag("registered", None), inner.flag("managed", None), inner.texts("assurance.include", ())
    )


def _verification(row: Row) -> Verification:
    inner = row.row("actions.appSignOn.verificationMethod", None)
    if inner is None:
        return Verification()
    return Verification(
        kind=inner.text("type", ""),
        factor_mode=inner.text("factorMode", ""),
        constraints=tuple(_constraint(each) for each in inner.rows("constraints", ())),
        chains=tuple(_step(Row("AuthenticationMethodChain", each.value), 1) for each in inner.rows("chains", ())),
    )


def _constraint(row: Row) -> Constraint:
    inner = row.row("possession", None)
    if inner is None:
        return Constraint()
    return Constraint(inner.text("phishingResistant", ""), inner.flag("required", None))


def _step(row: Row, depth: int) -> Step:
    if depth > DEEPEST_CHAIN:
        raise BadAnswer("A chain of authentication methods is longer than Okta allows.")
    methods = tuple(
        Method(
            each.text("key"),
            each.text("method", "").lower(),
            each.text("phishingResistant", ""),
            each.text("userVerification", ""),
        )
        for each in row.rows("authenticationMethods", ())
    )
    following = (Row("AuthenticationMethodChain", each.value) for each in row.rows("next", ()))
    return Step(methods, tuple(_step(each, depth + 1) for each in following))


def session_rule_of(row: Row, policy_id: str) -> SessionRule:
    """Documentation: "List all policy rules", rules of type SIGN_ON."""
    return SessionRule(
        policy_id=policy_id,
        id=row.text("id"),
        name=row.text("name"),
        status=row.text("status"),
        system=row.flag("system", absent=False),
        access=row.text("actions.signon.access", ""),
        require_factor=row.flag("actions.signon.requireFactor", None),
        lifetime_minutes=row.number("actions.signon.session.maxSessionLifetimeMinutes", None),
        idle_minutes=row.number("actions.signon.session.maxSessionIdleMinutes", None),
        persistent_cookie=row.flag("actions.signon.session.usePersistentCookie", None),
        network=network_of(row, "conditions.network"),
        priority=row.number("priority", 0),
        narrowed=_narrowed(row, "people.users", "people.groups") or _some_sign_ins(row),
    )


def _some_sign_ins(row: Row) -> bool:
    """The rule is for some ways of signing in only, or has a condition that Okta's description does not know."""
    ways = (row.text("conditions.authContext.authType", ANY), row.text("conditions.identityProvider.provider", ANY))
    conditions = row.row("conditions", None)
    others = [value for name, value in conditions.value.items() if name not in SIGN_ON_CONDITIONS] if conditions else []
    return any(each != ANY for each in ways) or any(each not in UNCONDITIONAL for each in others)


def token_rule_of(row: Row, server: AuthorizationServer, policy: str) -> TokenRule:
    """Documentation: "List all policy rules" of an authorization server."""
    return TokenRule(
        server.id,
        server.name,
        policy,
        row.text("name"),
        row.text("status"),
        row.number("actions.token.accessTokenLifetimeMinutes", None),
    )
