"""How long sessions and service tokens live; Go's durations."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.connectors.cloudflare.account import app, policy
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
from tests.fakes.vendor import NOW
from ztassess.connectors.cloudflare.durations import parse_duration, words
from ztassess.connectors.cloudflare.snapshot import ServiceToken
from ztassess.domain.findings import Unavailable

SESSION, TOKENS = "session_duration_limited", "service_tokens_expire"
ORGANIZATION = base().organization[0]


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("24h", timedelta(hours=24)),
        ("730h", timedelta(hours=730)),
        ("30m", timedelta(minutes=30)),
        ("0s", timedelta()),
        ("2h45m", timedelta(hours=2, minutes=45)),
        ("300ms", timedelta(milliseconds=300)),
        ("1.5h", timedelta(minutes=90)),
        ("", None),
        ("24", None),
        ("1d", None),
        ("forever", None),
        ("-5m", None),
        ("24h and more", None),
    ],
)
def test_durations(text, length):
    assert parse_duration(text) == length


def test_lengths_in_words():
    assert [words(timedelta(minutes=30)), words(timedelta(hours=24)), words(timedelta(hours=730))] == [
        "30 min",
        "24 h",
        "30.4167 days",
    ]


def plain(name="wiki", host="wiki.example.com", own=None, of_app=None):
    """One app with its own session duration and its policy's."""
    return {"apps": apps(app(name, host, session_duration=of_app, policies=[policy(session_duration=own)]))}


def organization(duration):
    return {"organization": (replace(ORGANIZATION, session_duration=duration),)}


@pytest.mark.parametrize(
    ("name", "parts", "outcome"),
    [
        ("within the limits", {}, PASS),
        ("policy too long", plain(own="730h", of_app="1h"), FAIL),
        ("policy counts before the app", plain(own="1h", of_app="730h"), PASS),
        ("app too long", plain(of_app="48h"), FAIL),
        ("app counts before the organization", {**plain(of_app="8h"), **organization("730h")}, PASS),
        ("organization too long", {**plain(), **organization("730h")}, FAIL),
        ("organization within", {**plain(), **organization("12h")}, PASS),
        ("nobody says anything: a day", {**plain(), **organization(None)}, PASS),
        ("unset, and the organization refused", {**plain(), "organization": REFUSED}, NOT_CHECKED),
        ("ends at once", plain(of_app="0s"), PASS),
        ("not a duration", plain(of_app="soon"), NOT_CHECKED),
        ("sensitive for a day", plain("admin", "admin.example.com", of_app="24h"), FAIL),
        ("sensitive for 8 hours", plain("admin", "admin.example.com", of_app="8h"), PASS),
        ("sensitive tools not listed, a day", {**plain(of_app="24h"), "said": {"sensitive": None}}, NOT_CHECKED),
        ("sensitive tools not listed, 8 hours", {**plain(of_app="8h"), "said": {"sensitive": None}}, PASS),
        ("apps refused", {"apps": REFUSED}, NOT_CHECKED),
        ("policies refused", {"apps": (replace(base().apps[1], policies=REFUSED),)}, NOT_CHECKED),
        (
            "apps cut off after a long one",
            {"apps": Unavailable("partial_data", read=plain(of_app="48h")["apps"])},
            FAIL,
        ),
        ("no apps", {"apps": ()}, NOT_APPLICABLE),
    ],
)
def test_sessions(name, parts, outcome):
    assert result(SESSION, snapshot(**parts)).outcome is outcome, name


def test_a_day_is_too_long_for_customer_data_only():
    (verdict,) = verdicts(SESSION, snapshot(**plain("admin", "admin.example.com", of_app="24h")))
    assert verdict.near_miss == "admin: 24 h is fine in general, too long for customer data (8 h)."
    assert verdict.evidence[0].observed == "24h"


SOON = NOW + timedelta(days=20)
GOOD = ServiceToken("1", "deploy", "720h", enabled=True, expires_at=SOON)


@pytest.mark.parametrize(
    ("name", "tokens", "outcome"),
    [
        ("a month", (GOOD,), PASS),
        ("for ever", (replace(GOOD, duration="forever", expires_at=None),), FAIL),
        ("a year", (replace(GOOD, duration="8760h"),), FAIL),
        ("a year, in its last days", (replace(GOOD, duration="8760h", expires_at=NOW + timedelta(days=1)),), FAIL),
        ("ran out but is on", (replace(GOOD, expires_at=NOW - timedelta(days=1)),), FAIL),
        ("ran out and is off", (replace(GOOD, enabled=False, expires_at=NOW - timedelta(days=1)),), NOT_APPLICABLE),
        ("nobody says whether it is on", (replace(GOOD, enabled=None, duration="forever"),), FAIL),
        ("nothing known", (replace(GOOD, duration=None, expires_at=None),), NOT_CHECKED),
        ("only an end, far away", (replace(GOOD, duration=None, expires_at=NOW + timedelta(days=200)),), FAIL),
        ("only an end, soon", (replace(GOOD, duration=None),), NOT_CHECKED),
        ("one of two", (GOOD, replace(GOOD, id="2", duration="forever")), FAIL),
        ("none", (), NOT_APPLICABLE),
        ("refused", REFUSED, NOT_CHECKED),
        ("cut off", Unavailable("partial_data", read=(GOOD,)), NOT_CHECKED),
        ("cut off after a bad one", Unavailable("partial_data", read=(replace(GOOD, duration="forever"),)), FAIL),
    ],
)
def test_service_tokens(name, tokens, outcome):
    assert result(TOKENS, snapshot(service_tokens=tokens)).outcome is outcome, name


def test_tokens_switched_off_are_named():
    (verdict,) = verdicts(TOKENS, snapshot(service_tokens=(GOOD, replace(GOOD, id="2", name="old", enabled=False))))
    assert "1 token switched off: old" in verdict.reason
    assert verdict.seen == 1


def test_a_long_token_says_how_long():
    (verdict,) = verdicts(TOKENS, snapshot(service_tokens=(replace(GOOD, duration="8760h"),)))
    assert verdict.near_miss == "deploy is valid for 365 days."
