"""The rule that all device managers share: what is wrong fails, what is not told is unknown, and people count."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.vendor import NOW
from ztassess.connectors.devices import (
    NOBODY_LISTED,
    Device,
    Fact,
    Inventory,
    as_devices,
    flag_fact,
    judge_devices,
    people_without,
    seen_fact,
)
from ztassess.domain.findings import Outcome, Part, Unavailable, Verdict

PASS, FAIL, SKIP, NONE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
GOOD = Fact("managed", "true", "true", good=True, words="")
BAD = Fact("managed", "false", "true", good=False, words="it is not managed")
UNKNOWN = Fact("encrypted", "absent", "true", None, "whether it is encrypted")


def device(number: int, *facts: Fact, **more: Any) -> Device:
    made = {"platform": "Mac", "owners": (f"p{number}@acme.example",)} | more
    return Device(f"d{number}", f"mac{number}", facts=facts or (GOOD,), **made)


def judged(devices: Part[Device], **more: Any) -> list[Verdict]:
    made: dict[str, Any] = {"scope": "acme", "source": "GET devices", "noun": "device", "good": "in order"} | more
    return list(judge_devices(Inventory(devices=devices, **made)))


@pytest.mark.parametrize(
    ("value", "expected", "good"),
    [(True, True, True), (False, True, False), (None, True, None), (True, False, False), (False, False, True),
     (None, False, None)],
)  # fmt: skip
def test_flag_that_is_absent_is_neither_good_nor_bad(value: bool | None, expected: bool, good: bool | None) -> None:
    fact = flag_fact("field", value, bad="bad", unknown="unknown", expected=expected)
    assert fact.good is good
    assert fact.words == ("unknown" if good is None else "bad")
    assert fact.observed == ("absent" if value is None else str(value).lower())


@pytest.mark.parametrize(
    ("ago", "good"),
    [
        (timedelta(0), True),
        (timedelta(days=30), True),
        (timedelta(days=30, seconds=1), False),
        (timedelta(hours=-12), True),
        (timedelta(days=-400), None),
    ],
)
def test_thirty_days_are_the_limit_and_the_future_is_no_contact(ago: timedelta, good: bool | None) -> None:
    assert seen_fact("seen", NOW - ago, NOW).good is good
    assert seen_fact("seen", None, NOW).good is None


@pytest.mark.parametrize(
    ("facts", "word"),
    [((GOOD,), PASS), ((GOOD, BAD), FAIL), ((GOOD, UNKNOWN), SKIP), ((UNKNOWN, BAD), FAIL)],
)
def test_wrong_outweighs_unknown_and_unknown_outweighs_good(facts: tuple[Fact, ...], word: Outcome) -> None:
    (verdict,) = judged((device(1, *facts),))
    assert verdict.outcome is word


def test_each_device_has_its_own_verdict_and_all_share_the_denominator() -> None:
    found = judged((device(1), device(2, BAD, UNKNOWN), device(3, UNKNOWN), device(4, BAD)))
    assert [(each.resource, each.outcome, each.seen) for each in found] == [
        ("devices/d2", FAIL, 4),
        ("devices/d4", FAIL, 4),
        ("devices/d3", SKIP, 4),
    ]
    assert found[0].reason == "mac2 (Mac, p2@acme.example): it is not managed; 2 of 4 devices have a problem."
    assert [line.field for line in found[0].evidence] == ["managed", "encrypted"]
    assert found[2].reason_code == "partial_data"


def test_more_than_fifty_of_a_kind_share_one_verdict() -> None:
    found = judged(tuple(device(each, BAD) for each in range(75)))
    assert len(found) == 51
    assert (found[-1].resource, found[-1].outcome) == ("acme/others", FAIL)
    assert found[-1].reason == "The same holds for 25 more, which are not named one by one."


def test_devices_of_each_platform_are_counted() -> None:
    (verdict,) = judged((device(1), device(2, platform="Windows"), device(3, platform="")))
    assert "3 of 3 devices (1 Mac, 1 Windows, 1 unknown platform) are in order." in verdict.reason


@pytest.mark.parametrize(
    ("people", "level", "words"),
    [
        (None, None, NOBODY_LISTED),
        (("p1@acme.example", "P2@Acme.example"), None, " Each of 2 people has one."),
        (("p1@acme.example", "p9@acme.example"), 1, " 1 of 2 people has no device here: p9@acme.example."),
        (("p9@acme.example",), 1, " 1 of 1 person has no device here: p9@acme.example."),
    ],
)
def test_people_without_a_device_hold_a_pass_at_level_1(
    people: tuple[str, ...] | None, level: int | None, words: str
) -> None:
    (verdict,) = judged((device(1), device(2)), people=people)
    assert (verdict.outcome, verdict.level) == (PASS, level)
    assert words in verdict.reason
    assert bool(verdict.near_miss) is (level == 1)


def test_devices_without_an_owner_are_counted_beside_people_without_one() -> None:
    (verdict,) = judged((device(1, owners=()),), people=("p1@acme.example",))
    assert verdict.level == 1
    assert verdict.near_miss.endswith("1 device has no owner.")


def test_person_is_known_by_another_name_too() -> None:
    owned = (device(1, owners=("annie",)),)
    assert people_without(owned, ("anna@acme.example",), (("Annie", "Anna@acme.example"),)) == ()
    assert people_without(owned, ("anna@acme.example",), ()) == ("anna@acme.example",)
    assert people_without(owned, None, ()) == ()


def test_device_that_tells_only_a_part_never_counts_as_good() -> None:
    phone = device(2, partly="encryption")
    (verdict,) = judged((device(1), phone))
    assert (verdict.outcome, verdict.seen) == (PASS, 1)
    assert "1 device is left out, for their encryption is not told: mac2." in verdict.reason
    (verdict,) = judged((phone,))
    assert verdict.outcome is NONE
    (verdict,) = judged((phone,), people=("a@acme.example",))
    assert (verdict.outcome, verdict.reason_code) == (SKIP, "empty")
    assert judged((device(1), device(2, BAD, partly="encryption")))[0].outcome is FAIL
    assert judged((device(1), device(2, UNKNOWN, partly="encryption")))[0].outcome is PASS


def test_device_out_of_use_is_left_out_by_name_whatever_is_wrong_with_it() -> None:
    (verdict,) = judged((device(1), device(2, BAD, retired="removed")))
    assert (verdict.outcome, verdict.seen) == (PASS, 1)
    assert "1 device is left out as removed: mac2." in verdict.reason


def test_nothing_of_nothing_is_no_pass() -> None:
    assert judged(())[0].outcome is NONE
    assert judged((), people=())[0].outcome is NONE
    (verdict,) = judged((), people=("a@acme.example",))
    assert (verdict.outcome, verdict.reason_code) == (SKIP, "empty")
    assert verdict.reason == "No device is there to judge though 1 person works here."


def test_list_that_is_not_whole_can_fail_but_not_pass() -> None:
    partly = Unavailable("partial_data", detail="It broke off.", read=(device(1),))
    (verdict,) = judged(partly, people=("a@acme.example",))
    assert (verdict.outcome, verdict.reason, verdict.near_miss) == (SKIP, "It broke off.", "")
    worse = Unavailable("partial_data", read=(device(1), device(2, BAD)))
    assert [each.outcome for each in judged(worse)] == [FAIL, SKIP]


def test_rows_of_a_broken_part_become_devices_too() -> None:
    partly = Unavailable("rate_limited", "scope", "Slow.", read=(1,))
    found = as_devices(partly, device)
    assert found == Unavailable("rate_limited", "scope", "Slow.", read=(device(1),))
    assert as_devices((1, 2), device) == (device(1), device(2))
