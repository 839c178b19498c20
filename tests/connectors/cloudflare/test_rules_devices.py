"""Sensitive apps: a known device as a condition, place or risk in the decision."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.cloudflare.account import POSTURE, STAFF, app, policy
from tests.connectors.cloudflare.factory import (
    FAIL,
    NOT_APPLICABLE,
    NOT_CHECKED,
    PASS,
    REFUSED,
    apps,
    base,
    result,
    snapshot,
    verdicts,
)
from ztassess.connectors.cloudflare.snapshot import Criterion, Group
from ztassess.domain.findings import Unavailable

DEVICE, CONTEXT = "device_posture_required", "context_selectors_used"
POSTED = [{"device_posture": {"integration_uid": POSTURE}}]
GEO = [{"geo": {"country_code": "DE"}}]
BOTH = frozenset({"admin.example.com", "wiki.example.com"})


def admin(*policies):
    return {"apps": apps(app("admin", "admin.example.com", policies=list(policies)))}


def group(require):
    return (
        Group(STAFF, "staff", (Criterion("email"),), (), ()),
        Group("known", "known", (Criterion("email"),), require, ()),
    )


COMMON = [
    ("sensitive tools not listed", {"said": {"sensitive": None}}, NOT_CHECKED),
    ("an empty list", {"said": {"sensitive": frozenset()}}, NOT_APPLICABLE),
    ("none of them is an app here", {"said": {"sensitive": frozenset({"salesforce"})}}, NOT_CHECKED),
    ("apps refused", {"apps": REFUSED}, NOT_CHECKED),
    ("policies refused", {"apps": (replace(base().apps[0], policies=REFUSED),)}, NOT_CHECKED),
]


@pytest.mark.parametrize(
    ("name", "parts", "outcome"),
    [
        *COMMON,
        ("in require", {}, PASS),
        ("named by the app's name", {"said": {"sensitive": frozenset({"admin"})}}, PASS),
        ("in include: one way in of several", admin(policy(include=POSTED, require=[])), FAIL),
        ("rules exist, unused", admin(policy(require=[])), FAIL),
        ("one of two policies", admin(policy(), policy(id="w", precedence=2, require=[])), FAIL),
        ("a rule that is gone", {"posture_rules": ()}, FAIL),
        ("posture rules refused", {"posture_rules": REFUSED}, NOT_CHECKED),
        ("posture rules refused, none demanded", {**admin(policy(require=[])), "posture_rules": REFUSED}, FAIL),
        (
            "by way of a group",
            {
                **admin(policy(require=[{"group": {"id": "known"}}])),
                "groups": group((Criterion("device_posture", POSTURE),)),
            },
            PASS,
        ),
        ("the group asks for none", {**admin(policy(require=[{"group": {"id": "known"}}])), "groups": group(())}, FAIL),
        (
            "the group was refused",
            {**admin(policy(require=[{"group": {"id": "known"}}])), "groups": REFUSED},
            NOT_CHECKED,
        ),
        ("a bypass looks at no device", admin(policy(decision="bypass", require=POSTED)), FAIL),
        ("cut off", {"apps": Unavailable("partial_data", read=base().apps)}, NOT_CHECKED),
        ("decision unknown", admin(policy(decision=None)), NOT_CHECKED),
    ],
)
def test_devices(name, parts, outcome):
    assert result(DEVICE, snapshot(**parts)).outcome is outcome, name


def test_unused_rules_are_a_near_miss():
    (verdict,) = verdicts(DEVICE, snapshot(**admin(policy(require=[]))))
    assert verdict.near_miss == "Posture rules exist; admin does not use them."
    assert "1 of 1 sensitive app" in verdict.reason


@pytest.mark.parametrize(
    ("name", "parts", "outcome"),
    [
        *COMMON,
        ("country in require", {}, PASS),
        ("country excluded", admin(policy(require=[], exclude=GEO)), PASS),
        (
            "risk in exclude",
            admin(policy(require=[], exclude=[{"user_risk_score": {"user_risk_score": ["high"]}}])),
            PASS,
        ),
        ("address list", admin(policy(require=[{"ip_list": {"id": "x"}}])), PASS),
        ("in include only", admin(policy(include=GEO, require=[])), FAIL),
        (
            "blocked before",
            admin(
                policy(id="d", decision="deny", precedence=1, include=GEO, require=[]), policy(precedence=2, require=[])
            ),
            PASS,
        ),
        (
            "blocked after somebody was let in",
            admin(
                policy(precedence=1, require=[]), policy(id="d", decision="deny", precedence=2, include=GEO, require=[])
            ),
            FAIL,
        ),
        ("none", admin(policy(require=[])), FAIL),
        (
            "one of two apps",
            {
                "apps": apps(
                    app("admin", "admin.example.com"), app("wiki", "wiki.example.com", policies=[policy(require=[])])
                ),
                "said": {"sensitive": BOTH},
            },
            FAIL,
        ),
        ("groups refused", {**admin(policy(require=[])), "groups": REFUSED}, NOT_CHECKED),
    ],
)
def test_context(name, parts, outcome):
    assert result(CONTEXT, snapshot(**parts)).outcome is outcome, name


def test_one_app_of_several_is_a_near_miss():
    two = apps(app("admin", "admin.example.com"), app("wiki", "wiki.example.com", policies=[policy(require=[])]))
    (verdict,) = verdicts(CONTEXT, snapshot(apps=two, said={"sensitive": BOTH}))
    assert verdict.near_miss == "Countries are excluded for one app of 2."
    assert verdict.resource == "app-wiki"
