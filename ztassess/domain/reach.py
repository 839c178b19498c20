"""Owns who gets how far: from one entry point, the nearest holder of each right on each store, and the way there.

A network in which nothing is refused is never walked: every service is one further service away. So 500 services cost
500 times the number of stores, not 500 times 500 times the number of stores.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ztassess.domain.landscape import Access, Entry, EntryKind, Landscape, Right

FLAT_HOPS = 1


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest holder of exactly this right on one store, and how many further services must be broken for it.

    ``weight`` is the right's, kept beside it because it is asked for at every step.
    """

    right: Right
    hops: int
    holder: str
    weight: float


Held = Mapping[str, tuple[tuple[str, Right], ...]]
"""By holder: the stores it has a right on, with the right; none are left out."""
Near = tuple[Nearest, ...]
"""Of one store: the nearest holder of each right, nearest first."""


@dataclass(frozen=True, slots=True)
class Nearby:
    """What an attacker has near, by store: what everybody has (`Terrain.anywhere`), unless ``own`` says otherwise.

    Attributes:
        shared: everybody's counts too, where the store is not in ``own``.
    """

    own: Mapping[str, Near]
    shared: bool = False


def _nearest(right: Right, hops: int, holder: str) -> Nearest:
    return Nearest(right, hops, holder, _WEIGHTS[right])


_WEIGHTS = {right: right.weight for right in Right}


@dataclass(frozen=True, slots=True)
class Terrain:
    """One landscape with some measures in place, indexed for walking.

    Attributes:
        held: what each holder may still do.
        flat: every service can address every other one; else only those it calls.
        calls: by caller, whom it calls, in the listed order.
        first: by store and right: the first two services that hold it, in the listed order.
        anywhere: by store: what is one hop away from everybody in a flat network.
        pairs: how many different pairs of store and right anybody holds.
    """

    landscape: Landscape
    held: Held
    flat: bool
    people_inside: bool
    calls: Mapping[str, tuple[str, ...]]
    first: Mapping[str, Mapping[Right, tuple[str, ...]]]
    anywhere: Mapping[str, Near]
    pairs: int

    def nearby(self, entry: Entry) -> Nearby:
        """What an attacker who starts here holds, by store."""
        start = entry.service if entry.kind is EntryKind.KEY else entry.id
        if entry.kind is EntryKind.KEY or not self._moves(entry):
            return _collected(self.held, [(start, 0)], self.pairs)
        if self.flat:
            return self._flat(start)
        return _collected(self.held, ((name, hops) for name, hops, _ in self._walk(start)), self.pairs)

    def steps(self, entry: Entry, holder: str) -> tuple[str, ...]:
        """The way from an entry point to a holder that `nearby` named: the entry point first, the holder last."""
        if entry.kind is EntryKind.KEY or holder == entry.id:
            return (entry.id,)
        if self.flat:
            return (entry.id, holder)
        came_from: dict[str, str] = {}
        for name, _, before in self._walk(entry.id):
            came_from[name] = before
            if name == holder:
                break
        way = [holder]
        while way[-1] != entry.id:
            way.append(came_from[way[-1]])
        return tuple(reversed(way))

    def _moves(self, entry: Entry) -> bool:
        """A service goes on from itself; a person must stand in the network, and be let through there."""
        return entry.kind is EntryKind.SERVICE or (entry.on_network and self.people_inside)

    def _flat(self, start: str) -> Nearby:
        """What everybody reaches in one hop, which is shared, but for the stores where the start itself matters."""
        found: dict[str, Near] = {}
        own: dict[str, list[Right]] = defaultdict(list)
        for store, right in self.held.get(start, ()):
            own[store].append(right)
        for store, known in own.items():
            here = [_nearest(right, 0, start) for right in known]
            found[store] = (*here, *self._others(store, start, known))
        return Nearby(found, shared=True)

    def _others(self, store: str, start: str, known: list[Right]) -> Iterator[Nearest]:
        for right, services in self.first.get(store, {}).items():
            other = next((name for name in services if name != start), None)
            if other is not None and right not in known:
                yield _nearest(right, FLAT_HOPS, other)

    def _walk(self, start: str) -> Iterator[tuple[str, int, str]]:
        """Breadth first along the calls, in the listed order: name, hops, where from."""
        seen = {start}
        border = [(start, 0, "")]
        for name, hops, before in border:
            yield name, hops, before
            for callee in self.calls.get(name, ()):
                if callee not in seen:
                    seen.add(callee)
                    border.append((callee, hops + 1, name))


def terrain(landscape: Landscape, *, least_privilege: bool, proxy: bool, mesh: bool) -> Terrain:
    """The landscape as an attacker finds it.

    Parameters:
        least_privilege: services keep only what they need.
        proxy: people keep only what they need, and are taken off the network.
        mesh: a service is answered only by those it calls, and people by none.
    """
    services = set(landscape.services)
    held: dict[str, list[tuple[str, Right]]] = defaultdict(list)
    first: dict[str, dict[Right, tuple[str, ...]]] = defaultdict(dict)
    rows: dict[str, list[Access]] = defaultdict(list)
    for row in landscape.access:
        rows[row.holder].append(row)
    for holder in (*landscape.services, *(entry.id for entry in landscape.entries)):
        inside = holder in services
        for row in rows.get(holder, ()):
            right = row.kept if (least_privilege if inside else proxy) else row.has
            if right is Right.NONE:
                continue
            held[holder].append((row.store, right))
            known = first[row.store].get(right, ())
            if inside and len(known) <= FLAT_HOPS:
                first[row.store][right] = (*known, holder)
    calls: dict[str, list[str]] = defaultdict(list)
    for call in landscape.calls:
        calls[call.caller].append(call.callee)
    return Terrain(
        landscape=landscape,
        held={holder: tuple(found) for holder, found in held.items()},
        flat=not mesh,
        people_inside=not (proxy or mesh),
        calls={caller: tuple(found) for caller, found in calls.items()},
        first=first,
        anywhere={
            store: tuple(_nearest(right, FLAT_HOPS, services[0]) for right, services in by_right.items())
            for store, by_right in first.items()
        },
        pairs=len({pair for found in held.values() for pair in found}),
    )


def _collected(held: Held, way: Iterable[tuple[str, int]], pairs: int) -> Nearby:
    """The nearest holders along a way that never comes nearer again; it ends when there is nothing more to find."""
    found: dict[str, list[Nearest]] = defaultdict(list)
    seen: set[tuple[str, Right]] = set()
    for name, hops in way:
        for pair in held.get(name, ()):
            if pair not in seen:
                seen.add(pair)
                found[pair[0]].append(_nearest(pair[1], hops, name))
        if len(seen) == pairs:
            break
    return Nearby({store: tuple(near) for store, near in found.items()})
