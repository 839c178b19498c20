"""The checks of devices by tables: keys that end, approval, known people, lost machines, routes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.connectors.tailscale.factory import (
    BEN,
    DEVICES,
    GOOD,
    HIDDEN,
    PARTIAL,
    ZERO,
    acl,
    ago,
    change,
    device,
    findings,
    grant,
    outcome,
    policy,
    settings,
    snapshot,
    told,
)
from tests.fakes.vendor import NOW
from ztassess.connectors.tailscale.snapshot import LostDevice, TailscaleSnapshot
from ztassess.domain.findings import Outcome, Unavailable

PASS, FAIL = Outcome.PASS, Outcome.FAIL
NOT_CHECKED, NOT_APPLICABLE = Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
TAGGED = tuple(each for each in DEVICES if each.tags)


def with_device(*more: Any, **parts: Any) -> TailscaleSnapshot:
    return snapshot(devices=(*DEVICES, *more), **parts)


EXPIRY = [
    ("in order", GOOD, PASS),
    ("key expiry off", with_device(device("tv", keyExpiryDisabled=True)), FAIL),
    ("no end at all", with_device(device("tv", expires=ZERO)), FAIL),
    (
        "shared from elsewhere",
        with_device(device("hello", "x@other.example", isExternal=True, keyExpiryDisabled=True)),
        PASS,
    ),
    ("not told", with_device(device("tv", keyExpiryDisabled=None)), NOT_CHECKED),
    ("91 to 180 days", snapshot(settings=(settings(devicesKeyDurationDays=180),)), PASS),
    ("more", snapshot(settings=(settings(devicesKeyDurationDays=181),)), FAIL),
    ("zero is no duration", snapshot(settings=(settings(devicesKeyDurationDays=0),)), FAIL),
    ("duration not told", snapshot(settings=(settings(devicesKeyDurationDays=None),)), NOT_CHECKED),
    ("tagged devices alone", snapshot(devices=TAGGED), NOT_APPLICABLE),
    ("devices hidden", snapshot(devices=HIDDEN), NOT_CHECKED),
    ("settings hidden", snapshot(settings=HIDDEN), NOT_CHECKED),
    (
        "fail before it broke off",
        snapshot(devices=Unavailable("partial_data", read=(device("tv", keyExpiryDisabled=True),))),
        FAIL,
    ),
]


@pytest.mark.parametrize(("seen", "expected"), [pytest.param(*case[1:], id=case[0]) for case in EXPIRY])
def test_key_expiry(seen: TailscaleSnapshot, expected: Outcome) -> None:
    assert outcome("user_key_expiry_on", seen) is expected


def test_tagged_devices_are_named_and_not_counted() -> None:
    (finding,) = findings("user_key_expiry_on", GOOD)
    assert finding.verdict.seen == 3
    assert "prod-1, wiki" in finding.verdict.reason


def test_long_duration_is_a_note() -> None:
    seen = snapshot(settings=(settings(devicesKeyDurationDays=180),))
    assert "180 days between sign-ins." in told("user_key_expiry_on", seen)


OFF = (settings(devicesApprovalOn=False),)
LOCK_ON = change("ENABLE", "TKA", "TAILNET", days=9)
LOCK_OFF = change("DISABLE", "TKA", "TAILNET", days=3)
APPROVAL = [
    ("on", GOOD, PASS),
    ("on, devices hidden", snapshot(devices=HIDDEN), PASS),
    ("off", snapshot(settings=OFF), FAIL),
    ("off, an empty lock error is no lock", snapshot(settings=OFF, changes=HIDDEN), FAIL),
    ("lock switched on", snapshot(settings=OFF, changes=(LOCK_ON,)), PASS),
    ("lock switched on and off", snapshot(settings=OFF, changes=(LOCK_OFF, LOCK_ON)), FAIL),
    (
        "lock with an error",
        with_device(device("tv", tailnetLockError="not signed"), settings=OFF, changes=(LOCK_ON,)),
        NOT_CHECKED,
    ),
    ("lock, devices hidden", snapshot(settings=OFF, changes=(LOCK_ON,), devices=HIDDEN), NOT_CHECKED),
    ("lock, no device", snapshot(settings=OFF, changes=(LOCK_ON,), devices=()), NOT_APPLICABLE),
    ("log in part", snapshot(settings=OFF, changes=Unavailable("partial_data", read=(LOCK_ON,))), FAIL),
    ("not told", snapshot(settings=(settings(devicesApprovalOn=None),)), NOT_CHECKED),
    ("hidden", snapshot(settings=HIDDEN), NOT_CHECKED),
]


@pytest.mark.parametrize(("seen", "expected"), [pytest.param(*case[1:], id=case[0]) for case in APPROVAL])
def test_approval(seen: TailscaleSnapshot, expected: Outcome) -> None:
    assert outcome("device_approval_on", seen) is expected


def test_approved_users_are_no_approved_devices() -> None:
    assert "Users are approved, devices are not." in told("device_approval_on", snapshot(settings=OFF))


KNOWN = [
    ("in order", GOOD, PASS),
    ("a stranger's", with_device(device("pad", "dan@acme.example")), FAIL),
    (
        "by another name",
        with_device(device("pad", "anna@github"), aliases=(("anna@github", "anna@acme.example"),)),
        PASS,
    ),
    ("without an owner", with_device(device("pad", "")), FAIL),
    ("unseen for 91 days", with_device(device("old", lastSeen=ago(days=91))), FAIL),
    ("seen 90 days ago", with_device(device("old", lastSeen=ago(days=90))), PASS),
    ("connected has no date", with_device(device("now", lastSeen=None, connectedToControl=True)), PASS),
    ("connected, with an old date", with_device(device("now", lastSeen=ago(days=200), connectedToControl=True)), PASS),
    ("never online", with_device(device("box", lastSeen=None)), FAIL),
    ("not dated", with_device(device("box", lastSeen=None, connectedToControl=None)), NOT_CHECKED),
    ("list absent", snapshot(people=None), NOT_CHECKED),
    ("list absent, stale", with_device(device("old", lastSeen=ago(days=91)), people=None), FAIL),
    (
        "emergency account",
        with_device(device("vault", "glass@acme.example"), break_glass=("glass@acme.example",)),
        PASS,
    ),
    ("tagged devices alone", snapshot(devices=TAGGED), NOT_APPLICABLE),
    ("hidden", snapshot(devices=HIDDEN), NOT_CHECKED),
    ("in part", snapshot(devices=Unavailable("partial_data", read=DEVICES)), NOT_CHECKED),
]


@pytest.mark.parametrize(("seen", "expected"), [pytest.param(*case[1:], id=case[0]) for case in KNOWN])
def test_known_devices(seen: TailscaleSnapshot, expected: Outcome) -> None:
    assert outcome("devices_known", seen) is expected


def test_excluded_and_stale_devices_are_named() -> None:
    seen = with_device(device("vault", "glass@acme.example"), break_glass=("glass@acme.example",))
    assert "glass@acme.example" in told("devices_known", seen)
    stale = with_device(device("old", lastSeen=ago(days=91)))
    assert "1 of 4 devices of people were not seen for 90 days: old." in told("devices_known", stale)
    assert "1 device unseen for 90 days." in told("devices_known", stale)


LONG_AGO = LostDevice("anna-phone", NOW - timedelta(days=2))
FRESH = LostDevice("anna-phone", NOW - timedelta(minutes=30))


def gone(after: timedelta, action: str = "DELETE", prop: str = "", target: str = "nphone") -> Any:
    span = NOW - (LONG_AGO.reported + after)
    return change(action, prop, target=target, name="anna-phone.tail1234.ts.net", seconds=span.total_seconds())


IN_TIME, LATE = gone(timedelta(minutes=40)), gone(timedelta(minutes=61))
PHONE = device("anna-phone")
ENDED = device("anna-phone", expires=f"{LONG_AGO.reported + timedelta(minutes=20):%Y-%m-%dT%H:%M:%SZ}")
ENDED_BUT_OFF = device("anna-phone", expires=ago(days=900), keyExpiryDisabled=True)
LOST = [
    ("nothing reported", GOOD, NOT_APPLICABLE),
    ("deleted in time", snapshot(lost=(LONG_AGO,), changes=(IN_TIME,)), PASS),
    ("deleted late", snapshot(lost=(LONG_AGO,), changes=(LATE,)), FAIL),
    (
        "expired in time, deleted late",
        snapshot(lost=(LONG_AGO,), changes=(gone(timedelta(minutes=5), "EXPIRED", "KEY_EXPIRY_TIME"), LATE)),
        PASS,
    ),
    (
        "another device of that name went later",
        snapshot(lost=(LONG_AGO,), changes=(IN_TIME, gone(timedelta(hours=9), target="nother"))),
        FAIL,
    ),
    (
        "its attribute was deleted",
        snapshot(lost=(LONG_AGO,), changes=(gone(timedelta(minutes=5), "DELETE", "ATTRIBUTES"),)),
        NOT_CHECKED,
    ),
    ("still there", with_device(PHONE, lost=(LONG_AGO,)), FAIL),
    (
        "still there by serial number",
        with_device(
            device("x", postureIdentity={"serialNumbers": ["C02X"]}), lost=(LostDevice("c02x", LONG_AGO.reported),)
        ),
        FAIL,
    ),
    ("key ended in time", with_device(ENDED, lost=(LONG_AGO,)), PASS),
    ("an end that does not count", with_device(ENDED_BUT_OFF, lost=(LONG_AGO,)), FAIL),
    ("hour not over", with_device(PHONE, lost=(FRESH,)), NOT_CHECKED),
    ("first reading, no trace", snapshot(lost=(LONG_AGO,)), NOT_CHECKED),
    ("within the hour, no trace", snapshot(lost=(FRESH,)), NOT_CHECKED),
    ("log hidden", snapshot(lost=(LONG_AGO,), changes=HIDDEN), NOT_CHECKED),
    ("devices hidden", snapshot(lost=(LONG_AGO,), devices=HIDDEN, changes=(IN_TIME,)), NOT_CHECKED),
    (
        "reported tomorrow",
        snapshot(lost=(LostDevice("anna-phone", NOW + timedelta(days=1)),), changes=(IN_TIME,)),
        NOT_CHECKED,
    ),
    ("one of two", with_device(PHONE, lost=(LONG_AGO, LostDevice("other", NOW))), FAIL),
]


@pytest.mark.parametrize(("seen", "expected"), [pytest.param(*case[1:], id=case[0]) for case in LOST])
def test_lost_devices(seen: TailscaleSnapshot, expected: Outcome) -> None:
    assert outcome("lost_devices_gone", seen) is expected


def test_minutes_until_removal_are_told() -> None:
    assert "Removed after 61 min." in told("lost_devices_gone", snapshot(lost=(LONG_AGO,), changes=(LATE,)))
    assert "Removed after 40 min." in told("lost_devices_gone", snapshot(lost=(LONG_AGO,), changes=(IN_TIME,)))


def router(*routes: str, **more: Any) -> Any:
    return device("router", BEN, tags=["tag:router"], enabledRoutes=list(routes), **more)


EXIT = router("0.0.0.0/0", "::/0")
TO_NETWORK = policy(grants=[grant(["group:ops"], ["10.0.0.0/8"])])
ROUTES = [
    ("no router", GOOD, NOT_APPLICABLE),
    ("narrow", with_device(router("10.1.0.0/16", "192.168.1.0/24")), PASS),
    ("wide", with_device(router("10.0.0.0/15")), FAIL),
    ("wide, nobody gets there", with_device(router("10.0.0.0/8"), policy=policy()), FAIL),
    ("wide, policy hidden", with_device(router("10.0.0.0/8"), policy=HIDDEN), FAIL),
    ("half of everything", with_device(router("0.0.0.0/1", "128.0.0.0/1")), FAIL),
    ("exit node", with_device(EXIT, policy=policy(acls=[acl(["autogroup:member"], ["autogroup:internet:*"])])), PASS),
    (
        "exit node, members to everything",
        with_device(EXIT, policy=policy(acls=[acl(["autogroup:member"], ["*:*"])])),
        FAIL,
    ),
    ("exit node, members by network", with_device(EXIT, policy=policy(acls=[acl(["*"], ["0.0.0.0/0:443"])])), FAIL),
    ("exit node, a group to everything", with_device(EXIT, policy=policy(acls=[acl(["group:ops"], ["*:*"])])), PASS),
    (
        "exit node, a synced group",
        with_device(EXIT, policy=policy(acls=[acl(["group:x@acme.example"], ["*:*"])])),
        NOT_CHECKED,
    ),
    ("exit node, policy hidden", with_device(EXIT, policy=HIDDEN), NOT_CHECKED),
    ("listed without routes", with_device(device("old", clientConnectivity=None, enabledRoutes=None)), NOT_CHECKED),
    ("an empty list may be left out", with_device(router("10.1.0.0/16"), device("y", enabledRoutes=None)), PASS),
    ("not a network", with_device(router("10.1.0.0/16", "ten")), NOT_CHECKED),
    ("shared from elsewhere", with_device(router("10.0.0.0/8", isExternal=True)), NOT_APPLICABLE),
    ("hidden", snapshot(devices=HIDDEN), NOT_CHECKED),
    ("in part", snapshot(devices=Unavailable("partial_data", read=(router("10.1.0.0/16"),))), NOT_CHECKED),
    ("wide before it broke off", snapshot(devices=Unavailable("partial_data", read=(router("10.0.0.0/8"),))), FAIL),
]


@pytest.mark.parametrize(("seen", "expected"), [pytest.param(*case[1:], id=case[0]) for case in ROUTES])
def test_routes(seen: TailscaleSnapshot, expected: Outcome) -> None:
    assert outcome("routes_narrow", seen) is expected


def test_whom_a_wide_route_serves_is_named() -> None:
    seen = with_device(router("10.0.0.0/8"), policy=TO_NETWORK)
    assert "10.0.0.0/8 is reachable by group:ops." in told("routes_narrow", seen)
    assert "Exit nodes: router." in told("routes_narrow", with_device(EXIT, policy=policy()))


def test_part_that_broke_off_never_passes() -> None:
    for check in ("user_key_expiry_on", "devices_known", "routes_narrow"):
        assert outcome(check, snapshot(devices=PARTIAL)) is NOT_CHECKED
