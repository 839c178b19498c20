"""Istio's authorization: refused unless allowed, and callers known by name. Tables of what was seen."""

from __future__ import annotations

import pytest

from tests.connectors.kubernetes.objects import (
    ROOT,
    allow_from,
    authz,
    deployment,
    findings_of,
    istio,
    namespace,
    pod,
    result_of,
    said,
    snapshot,
)
from ztassess.domain.findings import Outcome, Unavailable

DENY, CALLERS = "istio_default_deny", "istio_callers_identified"
PAY = (namespace("shop", labels={"istio-injection": "enabled"}), deployment("pay"), pod("pay-1", "pay"))
NOTHING = authz("allow-nothing", "shop")
ORDERS = "cluster.local/ns/shop/sa/orders"
POST = {"to": [{"operation": {"methods": ["POST"]}}]}
NAMED = authz("orders", "shop", action="ALLOW", app="pay", rules=[allow_from(ORDERS, **POST)])


def rules(*made, name="r", app="pay", action="ALLOW", **more):
    return authz(name, "shop", action=action, app=app, rules=list(made), **more)


def source(**fields):
    return {"from": [{"source": fields}]}


@pytest.mark.parametrize(
    ("objects", "outcome", "level"),
    [
        ([NOTHING, NAMED], Outcome.PASS, 3),
        ([authz("allow-nothing", ROOT), NAMED], Outcome.PASS, 3),
        ([NOTHING], Outcome.PASS, 3),
        ([NOTHING, rules(allow_from(ORDERS))], Outcome.PASS, 2),  # no methods
        ([NOTHING, rules(source(namespaces=["shop"]))], Outcome.PASS, 1),
        ([], Outcome.FAIL, 0),
        # The workload refuses, its namespace does not.
        ([NAMED], Outcome.FAIL, 1),
        # Must not pass: rules: [{}] admits everybody, spec: {} nobody.
        ([NOTHING, rules({})], Outcome.FAIL, 0),
        ([NOTHING, rules(allow_from("*"))], Outcome.FAIL, 0),
        ([NOTHING, rules(source(principals=[ORDERS]), source(notNamespaces=["x"]))], Outcome.FAIL, 0),
        ([NOTHING, rules({"from": [{"source": {"principals": [ORDERS]}}, {"source": {"ipBlocks": ["0.0.0.0/0"]}}]})],
         Outcome.FAIL, 0),
        ([NOTHING, rules(POST)], Outcome.FAIL, 0),
        ([NOTHING, rules({"to": [{"operation": {"methods": ["GET"], "paths": ["/healthz"]}}]})], Outcome.PASS, 3),
        ([NOTHING, rules({"to": [{"operation": {"methods": ["GET"], "paths": ["/health*"]}}]})], Outcome.FAIL, 0),
        ([NOTHING, rules({"when": [{"key": "source.principal", "values": [ORDERS]}]})], Outcome.PASS, 2),
        ([NOTHING, rules({"when": [{"key": "request.headers[x]", "values": ["1"]}]})], Outcome.FAIL, 0),
        ([NOTHING, rules({"when": [{"key": "source.principal", "notValues": [ORDERS]}]})], Outcome.FAIL, 0),
        # Without ALLOW nothing is refused by default.
        ([rules({}, action="AUDIT")], Outcome.FAIL, 0),
        ([rules({}, action="CUSTOM")], Outcome.FAIL, 0),
        ([rules(source(namespaces=["x"]), action="DENY")], Outcome.FAIL, 0),
        # DENY for everybody but named callers refuses by default too, and comes before ALLOW.
        ([rules(source(notPrincipals=[ORDERS]), action="DENY", app="")], Outcome.PASS, 3),
        ([rules(source(notPrincipals=[ORDERS]), action="DENY", app=""), rules({}, name="open")], Outcome.PASS, 2),
        ([rules({}, action="DENY", app="")], Outcome.PASS, 3),
        ([rules({**source(notPrincipals=[ORDERS]), **POST}, action="DENY", app="")], Outcome.FAIL, 0),
        # A condition beside it, even one that nobody knows here, makes the refusal narrower.
        ([rules(source(notPrincipals=[ORDERS], trustDomains=["old"]), action="DENY", app="")], Outcome.FAIL, 0),
        ([rules(source(notPrincipals=[ORDERS], inventedLater=["x"]), action="DENY", app="")], Outcome.FAIL, 0),
        # A dry run refuses nobody; a policy of another namespace neither.
        ([authz("dry", "shop", annotations={"istio.io/dry-run": "true"})], Outcome.FAIL, 0),
        ([authz("allow-nothing", "other")], Outcome.FAIL, 0),
        # A selector works in the root namespace, unlike that of a PeerAuthentication.
        ([NOTHING, authz("open", ROOT, app="pay", rules=[{}])], Outcome.FAIL, 0),
        # Attached to a waypoint, which is not judged here.
        ([authz("way", "shop", spec={"targetRefs": [{"kind": "Gateway", "name": "waypoint"}]})],
         Outcome.NOT_CHECKED, None),
    ],
)  # fmt: skip
def test_default_deny(objects, outcome, level):
    found = result_of(DENY, snapshot(*PAY, *objects))
    assert (found.outcome, found.level) == (outcome, level), said(DENY, snapshot(*PAY, *objects))


def test_the_empty_rule_is_named_and_told_from_the_empty_spec():
    (finding,) = findings_of(DENY, snapshot(*PAY, NOTHING, rules({}, name="oops")))
    assert finding.verdict.near_miss == "Policy shop/oops has one empty rule: it allows everyone."
    assert finding.verdict.resource == "shop/deployment/pay shop/oops"


def test_pass_names_the_deciding_policy():
    assert "AuthorizationPolicy shop/allow-nothing" in said(DENY, snapshot(*PAY, NOTHING, NAMED))


def test_other_open_namespaces_lower_the_level_by_name():
    web = (namespace("web"), deployment("front", "web"), pod("front-1", "front", "web"))
    seen = snapshot(*PAY, *web, NOTHING, NAMED)
    assert result_of(DENY, seen).level == 2
    assert "Other namespaces do not refuse by default: web." in said(DENY, seen)


@pytest.mark.parametrize("check", [DENY, CALLERS])
@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({"istio_authorizations": Unavailable("missing_scope")}, Outcome.NOT_CHECKED),
        ({"pods": Unavailable("missing_scope")}, Outcome.NOT_CHECKED),
        ({"istio": Unavailable("unreachable")}, Outcome.NOT_CHECKED),
        ({"sensitive": None}, Outcome.NOT_CHECKED),
        ({"sensitive": ("shop/deployment/ghost",)}, Outcome.NOT_CHECKED),
        ({"mesh": ""}, Outcome.NOT_APPLICABLE),
    ],
)
def test_what_was_not_seen_never_passes(check, more, outcome):
    assert result_of(check, snapshot(*PAY, NOTHING, NAMED, **more)).outcome is outcome


@pytest.mark.parametrize("check", [DENY, CALLERS])
def test_policies_without_a_proxy_have_no_effect(check):
    seen = snapshot(*PAY[:2], pod("pay-1", "pay", proxy=""), NOTHING, NAMED)
    assert result_of(check, seen).outcome is Outcome.FAIL


TOKENS = istio(
    "RequestAuthentication",
    "jwt",
    "shop",
    {
        "selector": {"matchLabels": {"app": "pay"}},
        "jwtRules": [
            {"issuer": "https://id.example.com", "jwksUri": "https://id.example.com/keys", "audiences": ["pay"]}
        ],
    },
)
BOTH = {"from": [{"source": {"principals": [ORDERS], "requestPrincipals": ["https://id.example.com/*"]}}]}


@pytest.mark.parametrize(
    ("objects", "outcome", "level"),
    [
        ([NAMED], Outcome.PASS, 2),
        ([NOTHING], Outcome.PASS, 2),
        ([rules(source(serviceAccounts=["orders"]))], Outcome.PASS, 2),
        ([TOKENS, rules(BOTH)], Outcome.PASS, 3),
        ([rules(BOTH)], Outcome.PASS, 2),  # a token is demanded that nobody verifies
        ([TOKENS, rules(BOTH, allow_from(ORDERS))], Outcome.PASS, 2),
        ([rules(source(ipBlocks=["10.0.0.0/8"]))], Outcome.FAIL, 1),
        ([rules(source(namespaces=["shop"]))], Outcome.FAIL, 1),
        ([rules(allow_from("cluster.local/ns/shop/*"))], Outcome.FAIL, 1),
        ([rules(allow_from("*"))], Outcome.FAIL, 0),
        ([rules(allow_from(ORDERS), source(namespaces=["shop"]))], Outcome.FAIL, 1),
        ([rules({})], Outcome.FAIL, 0),
        ([], Outcome.FAIL, 0),
        # Must not pass: tokens are verified if they come, and calls without one pass.
        ([TOKENS], Outcome.FAIL, 0),
        ([TOKENS, rules(source(requestPrincipals=["*"]))], Outcome.FAIL, 0),
        ([rules(source(notPrincipals=[ORDERS]), action="DENY", app="")], Outcome.PASS, 2),
        ([rules(source(notPrincipals=["cluster.local/ns/*"]), action="DENY", app="")], Outcome.FAIL, 1),
    ],
)
def test_callers_are_identified(objects, outcome, level):
    found = result_of(CALLERS, snapshot(*PAY, *objects))
    assert (found.outcome, found.level) == (outcome, level), said(CALLERS, snapshot(*PAY, *objects))


def test_tokens_alone_are_a_near_miss():
    (finding,) = findings_of(CALLERS, snapshot(*PAY, TOKENS))
    assert finding.verdict.near_miss == "Tokens are verified if present, not required."


def test_unread_tokens_keep_the_lower_level():
    seen = snapshot(*PAY, TOKENS, rules(BOTH), request_authentications=Unavailable("missing_scope"))
    assert (result_of(CALLERS, seen).outcome, result_of(CALLERS, seen).level) == (Outcome.PASS, 2)
