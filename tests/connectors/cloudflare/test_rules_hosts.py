"""Hosts behind Access, names that nobody declared, origins that answer past the proxy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.cloudflare.account import TUNNEL, app, policy, record
from tests.connectors.cloudflare.factory import (
    FAIL,
    NOT_APPLICABLE,
    NOT_CHECKED,
    PASS,
    REFUSED,
    apps,
    base,
    records,
    result,
    snapshot,
    verdicts,
)
from ztassess.domain.findings import Unavailable

HOSTS, KNOWN, ORIGIN = "declared_hosts_behind_access", "dns_hosts_known", "origin_hidden"
ADMIN, WIKI = app("admin", "admin.example.com"), app("wiki", "wiki.example.com")
WILD = app("all", "*.example.com")
ALIAS = f"{TUNNEL}.cfargotunnel.com"
ADMIN_ALIAS, WIKI_ALIAS = record("admin.example.com", "CNAME", ALIAS), record("wiki.example.com", "CNAME", ALIAS)
BYPASS = policy(decision="bypass", include=[{"everyone": {}}], require=[])
TEN = frozenset({"admin.example.com", *(f"h{n}.example.com" for n in range(9))})
EIGHT = tuple(app(f"h{n}", f"h{n}.example.com") for n in range(8))


@pytest.mark.parametrize(
    ("name", "parts", "outcome"),
    [
        ("every host has an app", {}, PASS),
        ("one wildcard covers both", {"apps": apps(WILD)}, PASS),
        ("nobody listed hosts", {"said": {"internal_hosts": None}}, NOT_CHECKED),
        ("the list is empty", {"said": {"internal_hosts": frozenset()}}, NOT_APPLICABLE),
        ("apps refused", {"apps": REFUSED}, NOT_CHECKED),
        (
            "apps cut off: a missing host may come later",
            {"apps": Unavailable("partial_data", read=apps(ADMIN))},
            NOT_CHECKED,
        ),
        ("no apps at all", {"apps": (), "organization": ()}, FAIL),
        (
            "only a path is protected",
            {"apps": apps(app("admin", "admin.example.com/admin"), WIKI), "organization": ()},
            FAIL,
        ),
        ("path below a wildcard", {"apps": apps(app("admin", "admin.example.com/admin"), WILD)}, PASS),
        ("root written as /*", {"apps": apps(app("admin", "admin.example.com/*"), WIKI)}, PASS),
        (
            "wildcard of one label only",
            {"said": {"internal_hosts": frozenset({"a.b.example.com"})}, "apps": apps(WILD), "organization": ()},
            FAIL,
        ),
        (
            "wildcard does not cover the apex",
            {"said": {"internal_hosts": frozenset({"example.com"})}, "apps": apps(WILD), "organization": ()},
            FAIL,
        ),
        ("a bookmark protects nothing", {"apps": apps({**ADMIN, "type": "bookmark"}, WIKI), "organization": ()}, FAIL),
        ("the app is a bypass", {"apps": apps({**ADMIN, "policies": [BYPASS]}, WIKI)}, FAIL),
        ("exact bypass beats strict wildcard", {"apps": apps({**ADMIN, "policies": [BYPASS]}, WILD)}, FAIL),
        ("strict exact beats bypassed wildcard", {"apps": apps(ADMIN, WIKI, {**WILD, "policies": [BYPASS]})}, PASS),
        (
            "an override opens all of it",
            {
                "apps": apps(
                    {
                        **ADMIN,
                        "destinations": [
                            {
                                "type": "public",
                                "uri": "admin.example.com",
                                "overrides": [{"behavior": "public", "path_pattern": "/*"}],
                            }
                        ],
                    },
                    WIKI,
                )
            },
            FAIL,
        ),
        (
            "record past the proxy",
            {"records": records(record("admin.example.com", "A", "203.0.113.1", proxied=False), WIKI_ALIAS)},
            FAIL,
        ),
        (
            "zone paused",
            {
                "zones": (replace(base().zones[0], paused=True),),
                "records": records(record("admin.example.com", "A", "203.0.113.1"), WIKI_ALIAS),
            },
            FAIL,
        ),
        ("records refused", {"records": REFUSED}, NOT_CHECKED),
        ("zone not assessed", {"zones": (), "records": ()}, NOT_CHECKED),
        (
            "policies of the app refused",
            {"apps": (replace(base().apps[0], policies=REFUSED), *base().apps[1:])},
            NOT_CHECKED,
        ),
        ("closed by default without an app", {"apps": apps(ADMIN)}, PASS),
        (
            "closed by default, but this zone is exempted",
            {"apps": apps(ADMIN), "organization": (replace(base().organization[0], exempted_zones=("example.com",)),)},
            FAIL,
        ),
        (
            "private destination, no public record",
            {
                "apps": apps({**ADMIN, "destinations": [{"type": "private", "hostname": "admin.example.com"}]}, WIKI),
                "organization": (),
                "records": records(WIKI_ALIAS),
            },
            PASS,
        ),
        (
            "private destination, but public too",
            {
                "apps": apps({**ADMIN, "destinations": [{"type": "private", "hostname": "admin.example.com"}]}, WIKI),
                "organization": (),
            },
            FAIL,
        ),
        (
            "an app of all Workers may or may not cover it",
            {"apps": apps({**ADMIN, "destinations": [{"type": "all_workers"}]}, WIKI), "organization": ()},
            NOT_CHECKED,
        ),
    ],
)
def test_declared_hosts(name, parts, outcome):
    assert result(HOSTS, snapshot(**parts)).outcome is outcome, name


@pytest.mark.parametrize(
    ("name", "parts", "level", "supported"),
    [
        ("default deny", {}, None, False),
        ("no default deny", {"organization": (replace(base().organization[0], deny_unmatched=False),)}, 2, False),
        (
            "an exempted zone",
            {"organization": (replace(base().organization[0], exempted_zones=("example.org",)),)},
            2,
            False,
        ),
        ("organization refused", {"organization": REFUSED}, 2, False),
        (
            "nine of ten and the sensitive one",
            {"organization": (), "apps": apps(ADMIN, *EIGHT), "said": {"internal_hosts": TEN}},
            2,
            True,
        ),
        (
            "nine of ten, sensitive ones not listed",
            {"organization": (), "apps": apps(ADMIN, *EIGHT), "said": {"internal_hosts": TEN, "sensitive": None}},
            None,
            False,
        ),
        (
            "the sensitive one is open",
            {"organization": (), "apps": apps(WIKI, *EIGHT), "said": {"internal_hosts": TEN}},
            None,
            False,
        ),
    ],
)
def test_level_follows_the_share_and_the_default(name, parts, level, supported):
    found = result(HOSTS, snapshot(**parts))
    assert (found.level, found.supported) == (level, supported), name


def test_partly_protected_host_is_named_with_its_path_and_the_denominator():
    (verdict,) = verdicts(HOSTS, snapshot(apps=apps(app("a", "admin.example.com/admin"), WIKI), organization=()))
    assert verdict.near_miss == "admin.example.com: only /admin is protected."
    assert verdict.resource == "admin.example.com"
    assert "1 of 2 internal hosts" in verdict.reason
    assert verdict.seen == 2


def test_a_tunnel_without_an_app_protects_nothing():
    (verdict,) = verdicts(HOSTS, snapshot(apps=apps(WIKI), organization=()))
    assert verdict.near_miss == "admin.example.com is served by the tunnel main, and a tunnel asks nobody who they are."


@pytest.mark.parametrize(
    ("name", "parts", "outcome"),
    [
        ("all declared", {}, PASS),
        (
            "one more record",
            {"records": (*base().records, *records(record("old.example.com", "A", "203.0.113.5")))},
            FAIL,
        ),
        (
            "one more host of a tunnel",
            {"ingress": (*base().ingress, replace(base().ingress[0], host="x.example.com"))},
            FAIL,
        ),
        ("one more app", {"apps": (*base().apps, *apps(app("x", "x.example.com")))}, FAIL),
        ("declared by a wildcard", {"said": {"public_hosts": frozenset({"example.com", "*.example.com"})}}, PASS),
        ("public hosts not listed", {"said": {"public_hosts": frozenset()}}, NOT_CHECKED),
        ("internal hosts not listed", {"said": {"internal_hosts": None}}, NOT_CHECKED),
        ("records refused", {"records": REFUSED}, NOT_CHECKED),
        ("tunnels refused", {"ingress": REFUSED}, NOT_CHECKED),
        (
            "records cut off, one unknown",
            {"records": Unavailable("partial_data", read=records(record("o.example.com", "A", "203.0.113.5")))},
            FAIL,
        ),
        ("a zone was not visible", {"zones": Unavailable("missing_scope", read=base().zones)}, NOT_CHECKED),
        ("nothing anywhere", {"records": (), "ingress": (), "apps": ()}, NOT_APPLICABLE),
        (
            "service names are no hosts",
            {"records": (*base().records, *records(record("_acme-challenge.example.com", "CNAME", "x.example.net")))},
            PASS,
        ),
    ],
)
def test_known_names(name, parts, outcome):
    assert result(KNOWN, snapshot(**parts)).outcome is outcome, name


def test_unknown_names_are_listed():
    many = records(*(record(f"n{n}.example.com", "A", "203.0.113.5") for n in range(60)))
    (verdict,) = verdicts(KNOWN, snapshot(records=(*base().records, *many)))
    assert verdict.near_miss.startswith("60 names nobody declared, for example n0.example.com")
    assert "and 10 more" in verdict.reason


@pytest.mark.parametrize(
    ("name", "rows", "outcome"),
    [
        ("tunnels", (ADMIN_ALIAS, WIKI_ALIAS), PASS),
        ("own record not proxied", (record("admin.example.com", "A", "203.0.113.1", proxied=False), WIKI_ALIAS), FAIL),
        ("proxied alone is not enough", (record("admin.example.com", "A", "93.184.216.34"), WIKI_ALIAS), NOT_CHECKED),
        (
            "another name gives the address away",
            (
                record("admin.example.com", "A", "93.184.216.34"),
                record("ssh.example.com", "A", "93.184.216.34", proxied=False),
                WIKI_ALIAS,
            ),
            FAIL,
        ),
        (
            "an alias of a name past the proxy",
            (
                record("admin.example.com", "CNAME", "lb.example.com"),
                record("lb.example.com", "A", "93.184.216.34", proxied=False),
                WIKI_ALIAS,
            ),
            FAIL,
        ),
        ("an alias that leads out", (record("admin.example.com", "CNAME", "app.example.net"), WIKI_ALIAS), NOT_CHECKED),
        (
            "an unproxied alias",
            (record("admin.example.com", "CNAME", "app.example.net", proxied=False), WIKI_ALIAS),
            NOT_CHECKED,
        ),
        ("the address of nothing, for Workers", (record("admin.example.com", "AAAA", "100::"), WIKI_ALIAS), PASS),
        ("no record at all", (WIKI_ALIAS,), PASS),
        (
            "aliases in a circle",
            (
                record("admin.example.com", "CNAME", "wiki.example.com"),
                record("wiki.example.com", "CNAME", "admin.example.com"),
            ),
            PASS,
        ),
    ],
)
def test_origins(name, rows, outcome):
    assert result(ORIGIN, snapshot(records=records(*rows))).outcome is outcome, name


@pytest.mark.parametrize(
    ("name", "parts", "outcome"),
    [
        ("no app protects a host", {"apps": ()}, NOT_APPLICABLE),
        ("apps refused", {"apps": REFUSED}, NOT_CHECKED),
        ("records refused", {"records": REFUSED}, NOT_CHECKED),
        (
            "records cut off after a leak",
            {
                "records": Unavailable(
                    "partial_data", read=records(record("admin.example.com", "A", "203.0.113.1", proxied=False))
                )
            },
            FAIL,
        ),
        ("zone not assessed", {"zones": (), "records": ()}, NOT_CHECKED),
        (
            "wildcard app over a leaking host",
            {"apps": apps(WILD), "records": records(record("a.example.com", "A", "203.0.113.1", proxied=False))},
            FAIL,
        ),
    ],
)
def test_origins_that_were_not_all_seen(name, parts, outcome):
    assert result(ORIGIN, snapshot(**parts)).outcome is outcome, name


def test_a_leak_names_the_address_and_the_other_record():
    rows = (
        record("admin.example.com", "A", "93.184.216.34"),
        record("ssh.example.com", "A", "93.184.216.34", proxied=False),
    )
    (verdict,) = verdicts(ORIGIN, snapshot(records=records(*rows), apps=apps(ADMIN)))
    assert "ssh.example.com" in verdict.reason
    assert verdict.near_miss == "admin.example.com is proxied, its origin 93.184.216.34 is public."
    assert verdict.evidence[0].object == "ssh.example.com"
