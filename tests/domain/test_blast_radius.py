"""The blast radius of the example company, number by number, and what a wrong landscape is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from ztassess.domain.assessing import assess
from ztassess.domain.blast_radius import (
    BlastRadius,
    Measure,
    blast_radius,
    measures_in_place,
    path_table,
)
from ztassess.domain.confidence import Verified
from ztassess.domain.controls import Catalog
from ztassess.domain.facts import Facts
from ztassess.domain.findings import Unavailable
from ztassess.domain.landscape import (
    Access,
    Call,
    Entry,
    EntryKind,
    Landscape,
    Right,
    Sensitivity,
    Store,
    completeness,
)

SERVICES = ("web", "api", "orders", "billing", "reporting", "notify")
STORES = (
    Store("users database", "Users", Sensitivity.PERSONAL),
    Store("payments database", "Payments", Sensitivity.PERSONAL),
    Store("orders database", "Orders", Sensitivity.CONFIDENTIAL),
    Store("analytics database", "Analytics", Sensitivity.INTERNAL),
)
CALLS = (
    Call("web", "api"),
    Call("api", "orders"),
    Call("api", "billing"),
    Call("orders", "notify"),
    Call("billing", "notify"),
)
PEOPLE = ("former employee", "stolen password", "laptop")
ENTRIES = (
    Entry(PEOPLE[0], "An account of a former employee", EntryKind.LEAVER),
    Entry(PEOPLE[1], "A stolen password", EntryKind.PASSWORD),
    Entry(PEOPLE[2], "A phished session or an infected laptop", EntryKind.SESSION),
    Entry("key", "A leaked key of reporting", EntryKind.KEY, "reporting"),
)
# What each one needs for its job; people need the admin panel, which reads users and orders.
NEEDS = {
    ("api", "users database"): Right.WRITE,
    ("orders", "orders database"): Right.WRITE,
    ("billing", "payments database"): Right.WRITE,
    ("billing", "orders database"): Right.READ,
    ("reporting", "orders database"): Right.READ,
    ("reporting", "analytics database"): Right.WRITE,
} | {(person, store): Right.READ for person in PEOPLE for store in ("users database", "orders database")}


@pytest.fixture(scope="session")
def example() -> Landscape:
    """Six services on a flat network behind a VPN, all of them, and whoever is inside, with one database user."""
    access = tuple(
        Access(holder, store.id, Right.WRITE, NEEDS.get((holder, store.id), Right.NONE))
        for holder in (*SERVICES, *PEOPLE)
        for store in STORES
    )
    return Landscape(SERVICES, STORES, CALLS, access, ENTRIES)


def rounded(share: float) -> float:
    return round(100 * share, 1)


def radius(landscape: Landscape, *measures: Measure, chance: float = 0.5) -> BlastRadius:
    found = blast_radius(landscape, measures, chance=chance)
    assert isinstance(found, BlastRadius)
    return found


def test_every_stage_cuts_what_the_example_says(example: Landscape) -> None:
    table = path_table(example)
    assert not isinstance(table, Unavailable)
    rows = [
        tuple(map(rounded, (row.radius.low, row.radius.share, row.radius.high, row.radius.worst.share)))
        for row in table
    ]
    assert rows == [
        (100.0, 100.0, 100.0, 100.0),
        (90.0, 90.0, 90.0, 100.0),
        (80.0, 80.0, 80.0, 100.0),
        (73.4, 73.4, 73.4, 100.0),
        (18.0, 40.9, 65.4, 70.0),
        (16.0, 38.9, 63.4, 70.0),
        (16.0, 22.1, 31.0, 64.3),
        (63.4, 63.4, 63.4, 100.0),
    ]


FOUR = (Measure.IDENTITY, Measure.MFA, Measure.PROXY, Measure.LEAST_PRIVILEGE)


@pytest.mark.parametrize(
    ("measures", "expected"),
    [
        (
            FOUR,
            {"web": 50.0, "api": 67.9, "orders": 60.7, "billing": 70.0, "reporting": 55.7, "notify": 50.0, "key": 20.0},
        ),
        (
            tuple(Measure),
            {"web": 32.1, "api": 64.3, "orders": 21.4, "billing": 48.6, "reporting": 20.0, "notify": 0.0, "key": 0.0},
        ),
    ],
)
def test_every_entry_point_has_its_number(
    example: Landscape, measures: tuple[Measure, ...], expected: dict[str, float]
) -> None:
    found = {each.id: rounded(each.share) for each in radius(example, *measures).entries}
    assert {name: found[name] for name in expected} == expected
    assert found["laptop"] == 34.3
    assert found["former employee"] == found["stolen password"] == 0.0


def test_a_closed_entry_says_so(example: Landscape) -> None:
    closed = {each.id for each in radius(example, *Measure).entries if each.closed}
    assert closed == {"former employee", "stolen password", "key"}


def test_the_worst_path_is_told_in_words(example: Landscape) -> None:
    after = {each.id: each for each in radius(example, *Measure).entries}
    assert after["web"].worst is not None
    assert after["web"].worst.words == "web → api → users database (write), 1 hop"
    assert after["reporting"].worst is not None
    assert after["reporting"].worst.words == "reporting → orders database (read), 0 hops"
    assert after["notify"].worst is None
    certain = {each.id: each for each in radius(example, *Measure, chance=1.0).entries}
    assert certain["web"].worst is not None
    assert certain["web"].worst.words == "web → api → users database (write), 1 hop"


def test_two_hops_are_followed_along_the_calls(example: Landscape) -> None:
    lone = replace(example, access=(Access("billing", "payments database", Right.READ, Right.READ),))
    path = {each.id: each for each in radius(lone, Measure.MESH).entries}["web"].worst
    assert path is not None
    assert path.words == "web → api → billing → payments database (read), 2 hops"
    assert path.share == pytest.approx(5 * 0.25 * 0.6 / 14)


def test_people_inside_the_network_can_try_every_service(example: Landscape) -> None:
    services_only = replace(example, access=tuple(row for row in example.access if row.holder in SERVICES))
    entries = {each.id: each.share for each in radius(services_only).entries}
    assert entries["laptop"] == pytest.approx(0.5)
    for measure in (Measure.PROXY, Measure.MESH):
        assert {each.id: each.share for each in radius(services_only, measure).entries}["laptop"] == 0
    outside = replace(services_only, entries=(replace(ENTRIES[2], on_network=False),))
    assert {each.id: each.share for each in radius(outside).entries}["laptop"] == 0


def test_least_privilege_never_adds_a_right(example: Landscape) -> None:
    needy = Landscape(("a",), STORES[:1], (), (Access("a", STORES[0].id, Right.READ, Right.WRITE),), ())
    assert radius(needy).share == pytest.approx(0.6)
    assert radius(needy, Measure.LEAST_PRIVILEGE).share == pytest.approx(0.6)


def test_every_measure_and_every_smaller_chance_only_cuts(example: Landscape) -> None:
    for count in range(len(Measure)):
        done = list(Measure)[:count]
        before = radius(example, *done)
        assert before.low <= before.share <= before.high
        for measure in Measure:
            assert radius(example, *done, measure).share <= before.share + 1e-12


def test_nothing_to_reach_is_said_and_not_counted_as_safe(example: Landscape) -> None:
    nobody = blast_radius(Landscape((), STORES, (), (), ()))
    assert isinstance(nobody, Unavailable)
    assert "at least one service" in nobody.detail
    public = Landscape(("web",), (Store("site", "Site", Sensitivity.PUBLIC),), (), (), ())
    assert isinstance(blast_radius(public), Unavailable)
    assert isinstance(path_table(public), Unavailable)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"services": ("web", "web")}, "The service web stands twice"),
        ({"stores": (*STORES, STORES[0])}, "The store users database stands twice"),
        ({"calls": (Call("web", "gone"),)}, "names gone, which is not a listed service"),
        (
            {"access": (Access("gone", STORES[0].id, Right.READ, Right.READ),)},
            "neither a listed service nor an entry point",
        ),
        ({"access": (Access("web", "gone", Right.READ, Right.READ),)}, "which is not a listed store"),
        ({"access": (Access("web", STORES[0].id, Right.READ, Right.READ),) * 2}, "access row web to users database"),
        ({"entries": (Entry("web", "", EntryKind.LEAVER),)}, "The entry point web stands twice"),
        ({"entries": (Entry("x", "", EntryKind.KEY),)}, "must name the listed service"),
        ({"entries": (Entry("x", "", EntryKind.SERVICE),)}, "every service is one by itself"),
    ],
)
def test_a_landscape_that_contradicts_itself_is_refused(changes: dict[str, object], words: str) -> None:
    plain = Landscape(SERVICES, STORES, (), (), ())
    with pytest.raises(ValueError, match=words):
        replace(plain, **changes)


def test_completeness_stands_beside_the_number(example: Landscape) -> None:
    assert completeness(example, Facts(n_services=8)).sentence == "6 of 8 services are listed."
    assert completeness(example, Facts()).sentence == "6 services are listed; nobody has said how many there are."
    assert completeness(example, Facts(n_services=5)).sentence.startswith("6 services are listed and the facts say 5:")
    lonely = replace(example, access=())
    assert "Nobody has access to users database" in completeness(lonely, Facts(n_services=5)).sentence


def test_measures_in_place_are_the_proven_ones(catalog: Catalog, today: datetime) -> None:
    def proven(*names: str) -> dict[str, Verified]:
        return {name: Verified(2, 2, today) for name in names}

    def in_place(facts: Facts, verified: dict[str, Verified]) -> set[Measure]:
        return set(measures_in_place(assess(catalog, facts, {}, verified, today=today)))

    assert in_place(Facts(), {}) == set()
    assert in_place(Facts(), proven("mfa.all-humans", "proxy.front-internal-apps")) == {Measure.MFA}
    fronted = proven("proxy.front-internal-apps", "proxy.admin-paths")
    assert in_place(Facts(has_vpn=False), fronted) == {Measure.PROXY}
    assert in_place(Facts(n_services=1), {}) == set()
