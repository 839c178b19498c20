"""What rules over several systems learn: hosts served, covered and exposed; accounts only in part."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.cloudflare.account import app, policy, record
from tests.connectors.cloudflare.factory import REFUSED, apps, base, records, snapshot
from ztassess.connectors.cloudflare.shares import shares
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import AccountKind

STRICT = apps(app("admin", "admin.example.com"))
OPEN = apps(
    app("admin", "admin.example.com", policies=[policy(decision="bypass", include=[{"everyone": {}}], require=[])])
)


def host(found, name="admin.example.com"):
    part = shares(found).hosts
    rows = part.read if isinstance(part, Unavailable) else part
    (one,) = [each for each in rows if each.name == name]
    return one.served, one.covered, one.origin_open


@pytest.mark.parametrize(
    ("name", "parts", "told"),
    [
        ("tunnel and app", {}, (True, True, False)),
        ("tunnel without an app", {"apps": ()}, (True, False, None)),
        ("only a path", {"apps": apps(app("a", "admin.example.com/x"))}, (True, False, False)),
        ("the app lets everybody pass", {"apps": OPEN}, (True, False, False)),
        (
            "record past the proxy",
            {"apps": STRICT, "records": records(record("admin.example.com", "A", "203.0.113.1", proxied=False))},
            (True, False, True),
        ),
        (
            "another name gives the origin away",
            {
                "apps": STRICT,
                "records": records(
                    record("admin.example.com", "A", "93.184.216.34"),
                    record("x.example.com", "A", "93.184.216.34", proxied=False),
                ),
            },
            (True, True, True),
        ),
        (
            "proxied to an address",
            {"apps": STRICT, "records": records(record("admin.example.com", "A", "93.184.216.34"))},
            (True, True, None),
        ),
        ("covered by a wildcard", {"apps": apps(app("w", "*.example.com"))}, (True, True, False)),
        ("no record and no tunnel", {"apps": STRICT, "records": (), "ingress": ()}, (False, True, None)),
        ("apps refused", {"apps": REFUSED}, (True, None, None)),
        ("records refused", {"records": REFUSED, "apps": STRICT}, (True, None, None)),
        ("zone not assessed", {"zones": (), "records": (), "ingress": (), "apps": STRICT}, (None, None, None)),
        ("policies refused", {"apps": (replace(STRICT[0], policies=REFUSED),)}, (True, None, False)),
    ],
)
def test_hosts(name, parts, told):
    assert host(snapshot(**parts)) == told, name


def test_public_names_are_served_and_not_covered():
    assert host(base(), "www.example.com") == (True, False, None)


@pytest.mark.parametrize("part", ["zones", "records", "ingress", "apps"])
def test_unread_parts_leave_the_list_unfinished(part):
    found = shares(snapshot(**{part: REFUSED})).hosts
    assert isinstance(found, Unavailable)
    assert found.missing_scope == "Some Group Read"


def test_accounts_are_never_the_whole_list():
    found = shares(base())
    assert isinstance(found.accounts, Unavailable)
    (token,) = found.accounts.read
    assert (token.name, token.kind, token.active) == ("deploy", AccountKind.SERVICE, True)
    assert not found.authority


GROUPED = policy(include=[{"group": {"id": "g-ops"}}], require=[])
WHOLE_DOMAIN = policy(include=[{"email_domain": {"domain": "example.com"}}], require=[])
WITH_KEY = policy(include=[{"email": {"email": "a@example.com"}}], require=[{"auth_method": {"auth_method": "mfa"}}])
ONE_PERSON = policy(include=[{"email": {"email": "a@example.com"}}], require=[])


@pytest.mark.parametrize(
    ("policies", "named", "second_factor"),
    [
        ([WITH_KEY], True, True),
        ([ONE_PERSON], True, None),
        ([WHOLE_DOMAIN], False, None),
        ([WITH_KEY, ONE_PERSON], True, None),
        ([WITH_KEY, WHOLE_DOMAIN], False, None),
        ([GROUPED], None, None),
    ],
)
def test_who_comes_in_is_told_of_covered_hosts(policies, named, second_factor):
    part = shares(snapshot(apps=apps(app("admin", "admin.example.com", policies=policies)))).hosts
    rows = part.read if isinstance(part, Unavailable) else part
    (told,) = [each for each in rows if each.name == "admin.example.com"]
    assert (told.covered, told.named, told.second_factor) == (True, named, second_factor)


def test_who_comes_in_is_not_told_of_hosts_without_an_app():
    part = shares(snapshot(apps=())).hosts
    rows = part.read if isinstance(part, Unavailable) else part
    assert {(each.named, each.second_factor) for each in rows} == {(None, None)}
