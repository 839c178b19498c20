"""Who needs the consultant first: every reason in words, an order that is total and does not depend on the reading."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ztassess.domain.attention import Need, count_needs, needs_of, order_of

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
TODAY = NOW.date()


@dataclass(frozen=True)
class Fake:
    key: str = "a"
    name: str = "Acme"
    proven: int | None = 40
    contradicted: int = 0
    progress_on: date | None = TODAY
    broken: int = 0
    broken_names: str = ""
    exception_ends: date | None = None
    meeting_at: datetime | None = None
    access_ends: datetime | None = None


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, []),
        ({"contradicted": 3}, ["3 contradicted"]),
        ({"progress_on": ago(14)}, []),
        ({"progress_on": ago(15)}, ["Stalled for 15 days"]),
        ({"progress_on": ago(99), "proven": 80}, []),
        ({"progress_on": ago(99), "proven": None}, []),
        ({"progress_on": None}, []),
        ({"broken": 1, "broken_names": "Okta"}, ["Okta connection broken"]),
        ({"broken": 2, "broken_names": "Okta, AWS"}, ["2 connections broken"]),
        ({"exception_ends": ago(1)}, []),
        ({"exception_ends": TODAY}, ["Exception ends today"]),
        ({"exception_ends": ago(-30)}, ["Exception ends in 30 days"]),
        ({"exception_ends": ago(-31)}, []),
        ({"meeting_at": NOW + timedelta(days=1)}, ["Meeting tomorrow"]),
        ({"meeting_at": NOW + timedelta(days=8)}, []),
        ({"meeting_at": NOW - timedelta(days=1)}, []),
        ({"access_ends": NOW + timedelta(days=4)}, ["Your access ends in 4 days"]),
        # What ends at midnight has its last day before it, here as on the pages of the grant.
        ({"access_ends": datetime(2026, 11, 27, tzinfo=UTC)}, ["Your access ends tomorrow"]),
        (
            {"meeting_at": NOW, "contradicted": 1, "broken": 1, "broken_names": "AWS"},
            ["1 contradicted", "AWS connection broken", "Meeting today"],
        ),
    ],
)
def test_reasons_in_words(facts: dict[str, Any], words: list[str]) -> None:
    assert [reason.words for reason in needs_of(Fake(**facts), NOW)] == words


days = st.integers(-60, 60).map(lambda n: TODAY + timedelta(days=n))
clients = st.builds(
    Fake,
    key=st.uuids().map(str),
    name=st.sampled_from(["Acme", "acme", "Øre", "\u202eevil", "=HYPERLINK()", ""]),
    proven=st.none() | st.integers(0, 100),
    contradicted=st.integers(0, 3),
    progress_on=st.none() | days,
    broken=st.integers(0, 2),
    broken_names=st.just("AWS"),
    exception_ends=st.none() | days,
    meeting_at=st.none() | days.map(lambda day: datetime(day.year, day.month, day.day, 9, tzinfo=UTC)),
    access_ends=st.none() | days.map(lambda day: datetime(day.year, day.month, day.day, 9, tzinfo=UTC)),
)


def key(client: Fake) -> Any:
    return order_of(client, needs_of(client, NOW))


@settings(deadline=None)  # a busy machine is no fault
@given(st.lists(clients, max_size=12, unique_by=lambda client: client.key), st.randoms(use_true_random=False))
def test_order_is_total_and_does_not_depend_on_how_it_was_read(found: list[Fake], chance: random.Random) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert len({key(client) for client in found}) == len(found)
    assert sorted(found, key=key) == sorted(shuffled, key=key)


@settings(deadline=None)  # a busy machine is no fault
@given(clients, clients)
def test_the_more_pressing_need_is_first_whatever_else_is_true(one: Fake, other: Fake) -> None:
    first, second = (needs_of(client, NOW) for client in (one, other))
    ranks = [reasons[0].need.rank if reasons else len(Need) for reasons in (first, second)]
    if ranks[0] < ranks[1]:
        assert key(one) < key(other)
    assert list(first) == sorted(first, key=lambda reason: reason.need.rank)
    assert sum(count_needs([first, second]).values()) == len(first) + len(second)
