"""Who gets in: holes, identity providers, second factors, named people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.cloudflare.account import IDP, PIN, POSTURE, STAFF, app, policy
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
from ztassess.connectors.cloudflare.snapshot import Criterion, Group, IdentityProvider, Mfa
from ztassess.domain.findings import Severity, Unavailable

HOLE, PROVIDER, FACTOR, NAMED = "no_anonymous_hole", "identity_provider_used", "mfa_required", "policies_name_groups"
EVERYONE = [{"everyone": {}}]
MFA = [{"auth_method": {"auth_method": "mfa"}}]
OPEN_GROUP = Group(STAFF, "staff", (Criterion("everyone"),), (), ())
DENY_ALL = policy(id="deny", decision="deny", precedence=1, include=EVERYONE, require=[])


def one(**more):
    """An account with one app whose only policy is changed."""
    return {"apps": apps(app("admin", "admin.example.com", policies=[policy(**more)]))}


def several(*policies, **more):
    return {"apps": apps(app("admin", "admin.example.com", policies=list(policies), **more))}


@pytest.mark.parametrize(
    ("name", "parts", "outcome"),
    [
        ("strict", {}, PASS),
        ("bypass", one(decision="bypass"), FAIL),
        ("bypass for addresses only", one(decision="bypass", include=[{"ip": {"ip": "203.0.113.0/24"}}]), FAIL),
        (
            "bypass listed after a strict policy",
            several(policy(), policy(id="b", decision="bypass", precedence=9)),
            FAIL,
        ),
        (
            "bypass behind a block of everybody is still first",
            several(DENY_ALL, policy(id="b", decision="bypass", precedence=2)),
            FAIL,
        ),
        ("everyone without a condition", one(include=EVERYONE, require=[]), FAIL),
        ("everyone among others", one(include=[{"group": {"id": STAFF}}, *EVERYONE], require=[]), FAIL),
        ("everyone with a domain", one(include=EVERYONE, require=[{"email_domain": {"domain": "example.com"}}]), PASS),
        ("everyone from a country", one(include=EVERYONE, require=[{"geo": {"country_code": "DE"}}]), FAIL),
        ("everyone demanded, too", one(include=EVERYONE, require=EVERYONE), FAIL),
        (
            "everyone behind a block of everybody",
            several(DENY_ALL, policy(precedence=2, include=EVERYONE, require=[])),
            PASS,
        ),
        ("everyone by way of a group", {**one(require=[]), "groups": (OPEN_GROUP,)}, FAIL),
        ("a group that could not be read", {**one(require=[]), "groups": REFUSED}, NOT_CHECKED),
        ("machines: everyone without identity", one(decision="non_identity", include=EVERYONE, require=[]), FAIL),
        (
            "machines only, by token",
            one(decision="non_identity", include=[{"service_token": {"token_id": "t"}}], require=[]),
            PASS,
        ),
        (
            "machines beside people",
            several(
                policy(),
                policy(
                    id="m",
                    decision="non_identity",
                    precedence=2,
                    include=[{"service_token": {"token_id": "t"}}],
                    require=[],
                ),
            ),
            FAIL,
        ),
        (
            "public path by override",
            {
                "apps": apps(
                    app(
                        "admin",
                        "admin.example.com",
                        destinations=[
                            {
                                "type": "public",
                                "uri": "admin.example.com",
                                "overrides": [{"behavior": "public", "path_pattern": "/health"}],
                            }
                        ],
                    )
                )
            },
            FAIL,
        ),
        (
            "a narrower bypassed app below a strict one",
            {
                "apps": apps(
                    app("admin", "admin.example.com"),
                    app("hook", "admin.example.com/hook", policies=[policy(decision="bypass")]),
                )
            },
            FAIL,
        ),
        ("no policy: nobody gets in", several(), PASS),
        ("preflight", {"apps": apps(app("admin", "admin.example.com", options_preflight_bypass=True))}, FAIL),
        ("decision unknown", one(decision=None), NOT_CHECKED),
        ("a decision we do not know", one(decision="perhaps"), NOT_CHECKED),
        ("policies refused", {"apps": (replace(base().apps[0], policies=REFUSED),)}, NOT_CHECKED),
        ("apps refused", {"apps": REFUSED}, NOT_CHECKED),
        ("apps cut off after a hole", {"apps": Unavailable("partial_data", read=one(decision="bypass")["apps"])}, FAIL),
        ("apps cut off", {"apps": Unavailable("partial_data", read=base().apps)}, NOT_CHECKED),
        ("no apps", {"apps": ()}, NOT_APPLICABLE),
        (
            "bookmarks only",
            {"apps": apps({"id": "b", "type": "bookmark", "name": "link", "domain": "x.example.com", "policies": []})},
            NOT_APPLICABLE,
        ),
    ],
)
def test_holes(name, parts, outcome):
    assert result(HOLE, snapshot(**parts)).outcome is outcome, name


@pytest.mark.parametrize(
    ("parts", "severity"),
    [
        (one(decision="bypass"), None),
        ({"apps": apps(app("admin", "admin.example.com", options_preflight_bypass=True))}, Severity.LOW),
    ],
)
def test_preflight_alone_is_a_small_hole(parts, severity):
    (verdict,) = verdicts(HOLE, snapshot(**parts))
    assert verdict.severity is severity


def test_a_public_path_is_named():
    hook = app("hook", "admin.example.com/health", policies=[policy(decision="bypass")])
    (verdict,) = verdicts(HOLE, snapshot(apps=apps(hook)))
    assert verdict.near_miss == "hook: /health is public for a health check."
    assert verdict.seen == 1


OKTA, ONE_TIME = IdentityProvider(IDP, "Okta", "okta"), IdentityProvider(PIN, "PIN", "onetimepin")


@pytest.mark.parametrize(
    ("name", "providers", "allowed", "outcome", "severity"),
    [
        ("single sign-on", (OKTA,), [IDP], PASS, None),
        ("all of the account, and that is single sign-on", (OKTA,), [], PASS, None),
        ("PIN only", (OKTA, ONE_TIME), [PIN], FAIL, None),
        ("PIN beside it", (OKTA, ONE_TIME), [IDP, PIN], FAIL, Severity.LOW),
        ("PIN beside it, because nothing is chosen", (OKTA, ONE_TIME), [], FAIL, Severity.LOW),
        ("PIN exists but is not allowed", (OKTA, ONE_TIME), [IDP], PASS, None),
        ("only PIN exists", (ONE_TIME,), [], FAIL, None),
        ("no provider", (), [], FAIL, None),
        ("allowed one is gone", (OKTA,), ["gone"], NOT_CHECKED, None),
        ("providers refused", REFUSED, [IDP], NOT_CHECKED, None),
        ("providers refused, nothing chosen", REFUSED, [], NOT_CHECKED, None),
    ],
)
def test_providers(name, providers, allowed, outcome, severity):
    found = snapshot(identity_providers=providers, apps=apps(app("admin", "admin.example.com", allowed_idps=allowed)))
    assert result(PROVIDER, found).outcome is outcome, name
    assert verdicts(PROVIDER, found)[0].severity is severity


def test_pin_only_says_what_it_is_not():
    found = snapshot(identity_providers=(ONE_TIME,), apps=apps(app("a", "a.example.com", allowed_idps=[])))
    assert verdicts(PROVIDER, found)[0].near_miss == "One-time PIN by e-mail is not your single sign-on."


def test_apps_for_machines_have_no_provider():
    machines = one(decision="non_identity", include=[{"service_token": {"token_id": "t"}}])
    assert result(PROVIDER, snapshot(**machines)).outcome is NOT_APPLICABLE
    assert result(PROVIDER, snapshot(apps=REFUSED)).outcome is NOT_CHECKED


@pytest.mark.parametrize(
    ("name", "parts", "outcome"),
    [
        ("in require", {}, PASS),
        ("a key in require", one(require=[{"auth_method": {"auth_method": "hwk"}}]), PASS),
        ("a password is no second factor", one(require=[{"auth_method": {"auth_method": "pwd"}}]), NOT_CHECKED),
        ("in include: one way in of several", one(include=MFA, require=[]), NOT_CHECKED),
        ("own factor on the policy", one(require=[], mfa_config={"allowed_authenticators": ["totp"]}), PASS),
        (
            "own factor on the app",
            several(policy(require=[]), mfa_config={"allowed_authenticators": ["security_key"]}),
            PASS,
        ),
        (
            "own factor of the organization",
            {**one(require=[]), "organization": (replace(base().organization[0], mfa_required=True),)},
            PASS,
        ),
        (
            "switched off for the app",
            {
                **several(policy(require=[]), mfa_config={"mfa_disabled": True}),
                "organization": (replace(base().organization[0], mfa_required=True),),
            },
            NOT_CHECKED,
        ),
        ("one of two policies is weak", several(policy(), policy(id="w", precedence=2, require=[])), NOT_CHECKED),
        ("a bypass needs no factor", several(policy(), policy(id="b", decision="bypass")), NOT_CHECKED),
        ("organization refused, nothing else demands", {**one(require=[]), "organization": REFUSED}, NOT_CHECKED),
        (
            "required by a group's own condition",
            {
                **one(require=[{"group": {"id": "strong"}}]),
                "groups": (Group("strong", "s", (Criterion("everyone"),), (Criterion("auth_method", "mfa"),), ()),),
            },
            PASS,
        ),
        (
            "required group lets others in, too",
            {
                **one(require=[{"group": {"id": "weak"}}]),
                "groups": (Group("weak", "w", (Criterion("auth_method", "mfa"), Criterion("email")), (), ()),),
            },
            NOT_CHECKED,
        ),
        ("apps refused", {"apps": REFUSED}, NOT_CHECKED),
        ("policies refused", {"apps": (replace(base().apps[0], policies=REFUSED),)}, NOT_CHECKED),
        ("no apps", {"apps": ()}, NOT_APPLICABLE),
    ],
)
def test_second_factor(name, parts, outcome):
    assert result(FACTOR, snapshot(**parts)).outcome is outcome, name


def test_method_among_alternatives_is_a_near_miss():
    (verdict,) = verdicts(FACTOR, snapshot(**one(include=MFA, require=[])))
    assert verdict.near_miss == "MFA is one of several ways in, not a condition."
    assert "look at the identity provider" in verdict.reason


DOMAIN = [{"email_domain": {"domain": "example.com"}}]
PLAIN = app("wiki", "wiki.example.com")


@pytest.mark.parametrize(
    ("name", "parts", "outcome", "level"),
    [
        ("a group", {}, PASS, 2),
        ("people by address", one(include=[{"email": {"email": "a@example.com"}}]), PASS, 2),
        ("a whole domain", one(include=DOMAIN), FAIL, None),
        ("a domain beside a group", one(include=[{"group": {"id": STAFF}}, *DOMAIN]), FAIL, None),
        (
            "a domain, narrowed to a group",
            one(include=DOMAIN, require=[{"okta": {"name": "x", "identity_provider_id": IDP}}, *MFA]),
            PASS,
            2,
        ),
        ("everyone", one(include=EVERYONE), FAIL, None),
        ("any login of a provider", one(include=[{"login_method": {"id": IDP}}]), FAIL, None),
        (
            "a group of the whole domain",
            {**one(), "groups": (Group(STAFF, "staff", (Criterion("email_domain", "example.com"),), (), ()),)},
            FAIL,
            None,
        ),
        ("sensitive without more", one(require=[]), FAIL, 1),
        ("sensitive with a device", one(require=[{"device_posture": {"integration_uid": POSTURE}}]), PASS, 2),
        (
            "sensitive, and the organization's part refused",
            {**one(require=[]), "organization": REFUSED},
            NOT_CHECKED,
            None,
        ),
        ("not sensitive without more", {"apps": apps({**PLAIN, "policies": [policy(require=[])]})}, PASS, 2),
        ("sensitive tools not listed", {"said": {"sensitive": None}}, NOT_CHECKED, None),
        ("sensitive tools not listed, and a domain", {**one(include=DOMAIN), "said": {"sensitive": None}}, FAIL, None),
        ("groups refused", {"groups": REFUSED}, NOT_CHECKED, None),
        ("apps refused", {"apps": REFUSED}, NOT_CHECKED, None),
        ("no apps", {"apps": ()}, NOT_APPLICABLE, None),
    ],
)
def test_named_people(name, parts, outcome, level):
    found = result(NAMED, snapshot(**parts))
    assert (found.outcome, found.level) == (outcome, level), name


def test_a_whole_domain_is_named():
    (verdict,) = verdicts(NAMED, snapshot(**one(include=DOMAIN)))
    assert verdict.near_miss == "admin admits everyone at example.com."
    assert verdict.evidence[0].observed == "email_domain"


def test_an_authenticator_of_access_counts_only_where_it_is_on():
    off = replace(
        base().apps[0], mfa=Mfa(("totp",), disabled=True), policies=(replace(base().apps[0].policies[0], require=()),)
    )
    assert result(FACTOR, snapshot(apps=(off,))).outcome is NOT_CHECKED
