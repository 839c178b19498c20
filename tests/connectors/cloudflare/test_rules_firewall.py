"""Managed rules that block in every zone; rate limits on the declared paths."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.cloudflare.account import managed
from tests.connectors.cloudflare.factory import (
    FAIL,
    NOT_APPLICABLE,
    NOT_CHECKED,
    PASS,
    REFUSED,
    base,
    point,
    result,
    snapshot,
    verdicts,
)
from ztassess.connectors.cloudflare.rules_firewall import FREE, MANAGED, OWASP, touches
from ztassess.connectors.cloudflare.snapshot import PHASE_CUSTOM, PHASE_MANAGED, PHASE_RATE_LIMIT, EntryPoint
from ztassess.domain.findings import Unavailable

WAF, LIMITS = "waf_managed_rules_block", "rate_limits_on_sign_in"
ON = managed(MANAGED)
NO_CUSTOM = point(PHASE_CUSTOM, deployed=False)
SKIP = {"id": "s", "action": "skip", "enabled": True, "expression": "true"}


def overridden(**overrides):
    return managed(MANAGED, parameters={"overrides": overrides})


def deployed(*rows, custom=NO_CUSTOM, is_deployed=True):
    return {"entry_points": (point(PHASE_MANAGED, *rows, deployed=is_deployed), custom)}


@pytest.mark.parametrize(
    ("name", "parts", "outcome", "level"),
    [
        ("on", deployed(ON), PASS, None),
        ("OWASP alone", deployed(managed(OWASP)), PASS, None),
        ("the Free plan's own", deployed(managed(FREE)), PASS, None),
        ("no ruleset (404)", deployed(is_deployed=False), FAIL, None),
        ("a ruleset without managed ones", deployed(managed("c2e184081120413c86c3ab7e14069605")), FAIL, None),
        ("the rule is off", deployed(managed(MANAGED, enabled=False)), FAIL, None),
        ("log mode", deployed(overridden(action="log")), FAIL, 1),
        ("switched off by an override", deployed(overridden(enabled=False)), FAIL, None),
        ("one logs, another blocks", deployed(overridden(action="log"), managed(OWASP)), PASS, None),
        (
            "one category off",
            deployed(overridden(categories=[{"category": "wordpress", "enabled": False}])),
            PASS,
            None,
        ),
        (
            "only where an expression holds",
            deployed(managed(MANAGED, expression='(http.host eq "a.example.com")')),
            NOT_CHECKED,
            None,
        ),
        ("skipped before", deployed({**SKIP, "action_parameters": {"ruleset": "current"}}, ON), FAIL, None),
        (
            "skipped by a custom rule",
            deployed(ON, custom=point(PHASE_CUSTOM, {**SKIP, "action_parameters": {"phases": [PHASE_MANAGED]}})),
            FAIL,
            None,
        ),
        (
            "a custom rule skips something else",
            deployed(ON, custom=point(PHASE_CUSTOM, {**SKIP, "action_parameters": {"phases": [PHASE_RATE_LIMIT]}})),
            PASS,
            None,
        ),
        (
            "custom rules refused",
            deployed(ON, custom=EntryPoint("example.com", PHASE_CUSTOM, deployed=True, rules=REFUSED)),
            NOT_CHECKED,
            None,
        ),
        (
            "the zone refused",
            {"entry_points": (EntryPoint("example.com", PHASE_MANAGED, deployed=True, rules=REFUSED),)},
            NOT_CHECKED,
            None,
        ),
        ("paused zone", {**deployed(ON), "zones": (replace(base().zones[0], paused=True),)}, FAIL, None),
        ("all refused", {"entry_points": REFUSED}, NOT_CHECKED, None),
        (
            "a zone was not visible",
            {"entry_points": Unavailable("missing_scope", read=deployed(ON)["entry_points"])},
            NOT_CHECKED,
            None,
        ),
        ("zones refused", {"zones": REFUSED}, NOT_CHECKED, None),
        ("no zones", {"zones": (), "entry_points": ()}, NOT_APPLICABLE, None),
    ],
)
def test_managed_rules(name, parts, outcome, level):
    found = result(WAF, snapshot(**parts))
    assert (found.outcome, found.level) == (outcome, level), name


def test_log_mode_is_a_near_miss():
    (verdict,) = verdicts(WAF, snapshot(**deployed(overridden(action="log"))))
    assert verdict.near_miss == "example.com: managed rules are on, in log mode."
    assert verdict.evidence[0].observed == "log"


def test_the_free_plans_ruleset_is_noted():
    (verdict,) = verdicts(WAF, snapshot(**deployed(managed(FREE))))
    assert "In example.com it is the Free plan's own ruleset" in verdict.reason


@pytest.mark.parametrize(
    ("expression", "path", "host", "expected"),
    [
        ('(http.request.uri.path eq "/login")', "/login", "", True),
        ('(http.request.uri.path eq "/login")', "/login/reset", "", False),
        ('(http.request.uri.path eq "/other")', "/login", "", False),
        ('starts_with(http.request.uri.path, "/api/")', "/api", "", True),
        ('(http.request.uri.path contains "login")', "/login", "", True),
        ('(http.request.uri.path contains "/log")', "/login", "", True),
        ('(http.request.uri.path in {"/login" "/signup"})', "/login", "", True),
        ('(http.request.uri.path in {"/signin" "/signup"})', "/login", "", False),
        ('(http.request.uri.path wildcard "/api/*")', "/api/v1", "", True),
        ('(http.request.full_uri wildcard "https://*/api/*")', "/api/v1", "", True),
        ('(not http.request.uri.path eq "/login")', "/login", "", None),
        ('(http.request.uri.path ne "/login")', "/login", "", None),
        ("true", "/login", "", True),
        ("", "/login", "", None),
        ('(http.host eq "app.example.com")', "/login", "app.example.com", True),
        ('(http.host eq "www.example.com")', "/login", "app.example.com", False),
        ('(http.host eq "www.example.com" and http.request.uri.path eq "/login")', "/login", "app.example.com", False),
        ('(ip.src.country ne "DE")', "/login", "", None),
    ],
)
def test_expressions(expression, path, host, expected):
    assert touches(expression, path, host) is expected


def limit(expression='(http.request.uri.path eq "/login")', **more):
    return {"id": "r", "action": "block", "enabled": True, "expression": expression, **more}


def limited(*rows, is_deployed=True):
    return {"entry_points": (point(PHASE_RATE_LIMIT, *rows, deployed=is_deployed),)}


@pytest.mark.parametrize(
    ("name", "parts", "outcome"),
    [
        ("on the path", limited(limit()), PASS),
        ("elsewhere", limited(limit('(http.request.uri.path eq "/search")')), FAIL),
        ("no ruleset (404)", limited(is_deployed=False), FAIL),
        ("disabled", limited(limit(enabled=False)), FAIL),
        ("only logs", limited(limit(action="log")), FAIL),
        ("by exclusion", limited(limit('(http.request.uri.path ne "/login")')), NOT_CHECKED),
        ("one of two paths", {**limited(limit()), "said": {"sign_in_paths": frozenset({"/login", "/api"})}}, FAIL),
        ("no paths listed, but rules", {**limited(limit()), "said": {"sign_in_paths": frozenset()}}, NOT_CHECKED),
        ("no paths listed, no ruleset", {**limited(is_deployed=False), "said": {"sign_in_paths": frozenset()}}, FAIL),
        (
            "paths of another zone",
            {**limited(limit()), "said": {"sign_in_paths": frozenset({"a.example.org/login"})}},
            NOT_APPLICABLE,
        ),
        (
            "the zone refused",
            {"entry_points": (EntryPoint("example.com", PHASE_RATE_LIMIT, deployed=True, rules=REFUSED),)},
            NOT_CHECKED,
        ),
        ("all refused", {"entry_points": REFUSED}, NOT_CHECKED),
    ],
)
def test_rate_limits(name, parts, outcome):
    assert result(LIMITS, snapshot(**parts)).outcome is outcome, name


def test_a_limit_elsewhere_is_a_near_miss():
    (verdict,) = verdicts(LIMITS, snapshot(**limited(limit('(http.request.uri.path eq "/search")'))))
    assert verdict.near_miss == "A rate limit exists, not on /login."
    assert verdict.resource == "example.com/login"
