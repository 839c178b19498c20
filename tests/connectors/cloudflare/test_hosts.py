"""Wildcards, precedence and records: which app covers a host, and what stands before it."""

from __future__ import annotations

import pytest

from tests.connectors.cloudflare.account import app, record
from tests.connectors.cloudflare.factory import apps, records
from ztassess.connectors.cloudflare.hosts import Front, Names, clean_host, cover_of, matches
from ztassess.connectors.cloudflare.snapshot import Zone

ZONES = (Zone("z", "example.com"),)


@pytest.mark.parametrize(
    ("pattern", "host", "expected"),
    [
        ("*.example.com", "alpha.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "foo.bar.example.com", False),
        ("*.test.example.com", "alpha.test.example.com", True),
        ("*.test.example.com", "test.example.com", False),
        ("*.*.example.com", "foo.bar.example.com", True),
        ("foo*.example.com", "foobar.example.com", True),
        ("foo*.example.com", "foo.example.com", True),
        ("foo*.example.com", "bar.example.com", False),
        ("*bar.example.com", "foobar.example.com", True),
        ("a.example.com", "axexample.com", False),
        ("*.example.com", ".example.com", False),
    ],
)
def test_wildcards_stay_within_one_label(pattern, host, expected):
    assert matches(pattern, host) is expected


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("https://Admin.Example.com:8443/x", "admin.example.com"),
        ("admin.example.com.", "admin.example.com"),
        (" *.example.com/path ", "*.example.com"),
        ("user@admin.example.com", "admin.example.com"),
    ],
)
def test_hosts_as_people_write_them(typed, host):
    assert clean_host(typed) == host


def test_the_most_specific_definition_decides_alone():
    found = apps(app("wild", "*.example.com"), app("exact", "admin.example.com"), app("part", "admin.example.com/x"))
    cover = cover_of(found, "admin.example.com")
    assert [each.name for each in cover.whole] == ["exact"]
    assert [(each.name, path) for each, path in cover.parts] == [("part", "/x")]


def test_older_lists_of_domains_count_only_without_destinations():
    older = app("old", "a.example.com", self_hosted_domains=["a.example.com", "b.example.com/x"])
    del older["destinations"]
    newer = app("new", "c.example.com", self_hosted_domains=["d.example.com"])
    assert [each.host for each in apps(older)[0].destinations] == ["a.example.com", "b.example.com"]
    assert [each.host for each in apps(newer)[0].destinations] == ["c.example.com"]


@pytest.mark.parametrize(
    ("host", "rows", "front"),
    [
        ("a.example.com", [record("a.example.com", "A", "203.0.113.1")], Front.PROXIED),
        ("a.example.com", [record("a.example.com", "A", "203.0.113.1", proxied=False)], Front.DIRECT),
        (
            "a.example.com",
            [
                record("a.example.com", "A", "203.0.113.1"),
                record("a.example.com", "AAAA", "2001:db8::1", proxied=False),
            ],
            Front.DIRECT,
        ),
        ("a.example.com", [record("*.example.com", "A", "203.0.113.1", proxied=False)], Front.DIRECT),
        (
            "a.example.com",
            [record("*.example.com", "A", "203.0.113.1", proxied=False), record("a.example.com", "A", "203.0.113.1")],
            Front.PROXIED,
        ),
        ("a.example.com", [record("a.example.com", "CNAME", "x.cfargotunnel.com")], Front.TUNNEL),
        ("a.example.com", [record("a.example.com", "CNAME", "x.cfargotunnel.com", proxied=False)], Front.ABSENT),
        ("a.example.com", [record("a.example.com", "CNAME", "x.example.net", proxied=False)], Front.UNKNOWN),
        ("a.example.com", [{**record("a.example.com", "A", "203.0.113.1"), "proxied": None}], Front.UNKNOWN),
        ("a.example.com", [], Front.ABSENT),
        ("a.example.net", [], Front.UNKNOWN),
    ],
)
def test_what_stands_before_a_host(host, rows, front):
    assert Names.of(ZONES, records(*rows)).front(host) is front


def test_records_that_are_not_whole_prove_no_proxy():
    proxied = records(record("a.example.com", "A", "203.0.113.1"))
    direct = records(record("a.example.com", "A", "203.0.113.1", proxied=False))
    assert Names.of(ZONES, proxied, whole=False).front("a.example.com") is Front.UNKNOWN
    assert Names.of(ZONES, direct, whole=False).front("a.example.com") is Front.DIRECT


def test_a_paused_zone_has_no_proxy():
    zones = (Zone("z", "example.com", paused=True),)
    assert Names.of(zones, records(record("a.example.com", "A", "203.0.113.1"))).front("a.example.com") is Front.DIRECT
