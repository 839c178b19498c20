"""Fast walking finds what slow walking finds: the definition, written down plainly, is the oracle."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ztassess.domain.blast_radius import CLOSED_BY, BlastRadius, Measure, blast_radius, path_table
from ztassess.domain.findings import Unavailable
from ztassess.domain.landscape import Access, Call, Entry, EntryKind, Landscape, Right, Sensitivity, Store

RIGHTS = tuple(Right)
SERVICES = ("a", "b", "c", "d")
PEOPLE = ("p", "q")


def slow_share(landscape: Landscape, entry: Entry, done: frozenset[Measure], chance: float) -> float:
    """BR(x) exactly as it is defined: every service popped from the border looks at every other one."""
    if CLOSED_BY.get(entry.kind) in done:
        return 0.0
    start = entry.service if entry.kind is EntryKind.KEY else entry.id
    hops = {start: 0}
    border = [] if entry.kind is EntryKind.KEY else [start]
    while border:
        here = border.pop(0)
        if here in landscape.services:
            if Measure.MESH in done:
                following = [call.callee for call in landscape.calls if call.caller == here]
            else:
                following = list(landscape.services)
        else:
            free = entry.on_network and not done & {Measure.PROXY, Measure.MESH}
            following = list(landscape.services) if free else []
        for service in following:
            if service not in hops:
                hops[service] = hops[here] + 1
                border.append(service)
    total = sum(store.sensitivity.weight for store in landscape.stores)
    share = 0.0
    for store in landscape.stores:
        best = 0.0
        for holder, far in hops.items():
            row = landscape.rights.get((holder, store.id))
            if row is None:
                continue
            cut = Measure.LEAST_PRIVILEGE if holder in landscape.services else Measure.PROXY
            right = min(row.has, row.needs, key=RIGHTS.index) if cut in done else row.has
            best = max(best, chance**far * right.weight)
        share += store.sensitivity.weight * best / total
    return share


@st.composite
def landscapes(draw: st.DrawFn) -> Landscape:
    stores = (Store("x", "x", Sensitivity.PERSONAL), Store("y", "y", draw(st.sampled_from(Sensitivity))))
    kinds = [draw(st.sampled_from([EntryKind.LEAVER, EntryKind.PASSWORD, EntryKind.SESSION])) for _ in PEOPLE]
    entries = [
        Entry(name, name, kind, on_network=draw(st.booleans())) for name, kind in zip(PEOPLE, kinds, strict=True)
    ]
    entries.append(Entry("k", "k", EntryKind.KEY, draw(st.sampled_from(SERVICES))))
    pairs = [(one, other) for one in SERVICES for other in SERVICES if one != other]
    calls = [Call(*pair) for pair in draw(st.lists(st.sampled_from(pairs), unique=True, max_size=6))]
    holders = [(holder, store.id) for holder in (*SERVICES, *PEOPLE) for store in stores]
    access = [
        Access(*pair, draw(st.sampled_from(RIGHTS)), draw(st.sampled_from(RIGHTS)))
        for pair in draw(st.lists(st.sampled_from(holders), unique=True))
    ]
    return Landscape(SERVICES, stores, tuple(calls), tuple(access), tuple(entries))


@settings(max_examples=150, deadline=None)
@given(landscapes(), st.sets(st.sampled_from(Measure)), st.sampled_from([0.0, 0.3, 0.5, 0.6, 1.0]))
def test_every_share_is_the_one_of_the_definition(landscape: Landscape, done: set[Measure], chance: float) -> None:
    found = blast_radius(landscape, done, chance=chance)
    assert isinstance(found, BlastRadius)
    everything = {entry.id: entry for entry in landscape.entries}
    everything |= {name: Entry(name, name, EntryKind.SERVICE, name) for name in SERVICES}
    for each in found.entries:
        slow = slow_share(landscape, everything[each.id], frozenset(done), chance)
        assert each.share == pytest.approx(slow, abs=1e-12)
        if each.worst is not None:
            assert each.worst.steps[0] == each.id
            assert len(each.worst.steps) - 1 == each.worst.hops or everything[each.id].kind is EntryKind.KEY


def large(size: int) -> Landscape:
    """A company of many services: each calls the next three and has rights on four of its stores."""
    services = tuple(f"service-{at:04}" for at in range(size))
    stores = tuple(Store(f"store-{at}", f"store-{at}", list(Sensitivity)[at % 4]) for at in range(size // 10))
    calls = tuple(Call(services[at], services[(at + step) % size]) for at in range(size) for step in (1, 2, 3))
    access = tuple(
        Access(services[at], stores[(at + step) % len(stores)].id, RIGHTS[1 + at % 2], Right.READ)
        for at in range(size)
        for step in (0, 3, 5, 7)
    )
    return Landscape(services, stores, calls, access, (Entry("laptop", "laptop", EntryKind.SESSION),))


def test_steps_of_walking_do_not_square_with_a_flat_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: for each entry point a flat network asks the stores, never all other services."""
    from ztassess.domain.reach import Terrain

    walked = []
    real = Terrain._walk
    monkeypatch.setattr(Terrain, "_walk", lambda self, start: walked.append(start) or real(self, start))
    flat = blast_radius(large(500))
    assert isinstance(flat, BlastRadius)
    assert walked == []
    meshed = blast_radius(large(500), [Measure.MESH])
    assert isinstance(meshed, BlastRadius)
    # Once to see what is near, once more for the words of the worst path.
    assert 500 <= len(walked) <= 1000


def test_five_hundred_services_are_computed_whole() -> None:
    started = time.perf_counter()
    table = path_table(large(500))
    print(f"path table of 500 services: {time.perf_counter() - started:.2f} s")  # noqa: T201  a measurement to read
    assert not isinstance(table, Unavailable)
    assert [len(row.radius.entries) for row in table] == [501] * 8
