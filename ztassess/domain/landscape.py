"""Owns what an attacker can walk on: services, stores, calls, rights and entry points of one company."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from ztassess.domain.facts import Facts


class Sensitivity(StrEnum):
    """How much the data of a store is worth; the weight is a displayed assumption."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    PERSONAL = "personal"

    @property
    def weight(self) -> int:
        """0 public, 1 internal, 3 confidential, 5 personal or payment data."""
        return {"public": 0, "internal": 1, "confidential": 3, "personal": 5}[self.value]


class Right(StrEnum):
    """What a holder may do with a store, least first; the weight is a displayed assumption."""

    NONE = "none"
    READ = "read"
    WRITE = "write"

    @property
    def weight(self) -> float:
        """0 none, 0.6 read, 1.0 write."""
        return {"none": 0.0, "read": 0.6, "write": 1.0}[self.value]


class EntryKind(StrEnum):
    """How an attacker comes in. A breached service is an entry by itself and is not listed."""

    SERVICE = "service"
    LEAVER = "leaver"
    PASSWORD = "password"  # noqa: S105  a kind of entry, not a password
    SESSION = "session"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Store:
    """A data store: id, name for people, and what its data is worth."""

    id: str
    title: str
    sensitivity: Sensitivity


@dataclass(frozen=True, slots=True)
class Call:
    """A call that one service needs to make to another one; what a mesh with default deny would leave open."""

    caller: str
    callee: str


@dataclass(frozen=True, slots=True)
class Access:
    """What a holder may do with a store today, and what it needs for its job.

    Attributes:
        holder: id of a service, or of an entry point of the people kinds.
        needs: for an entry point: what it may still do once a proxy stands in front.
    """

    holder: str
    store: str
    has: Right
    needs: Right

    @property
    def kept(self) -> Right:
        """What least privilege leaves: what it needs, and never more than it has."""
        return self.has if self.has.weight <= self.needs.weight else self.needs


@dataclass(frozen=True, slots=True)
class Entry:
    """A way in beside breached services.

    Attributes:
        service: of a leaked key, the service whose rights it carries; empty for people.
        on_network: people who stand in the private network (VPN, office) and can address every service there.
    """

    id: str
    title: str
    kind: EntryKind
    service: str = ""
    on_network: bool = True


@dataclass(frozen=True, slots=True)
class Landscape:
    """Everything the blast radius is computed from.

    Attributes:
        services: ids, which are also their names.

    Raises:
        ValueError: an id stands twice, or a row names something that is not listed; the text is one sentence.
    """

    services: tuple[str, ...]
    stores: tuple[Store, ...]
    calls: tuple[Call, ...]
    access: tuple[Access, ...]
    entries: tuple[Entry, ...]
    rights: dict[tuple[str, str], Access] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for problem in _problems(self):
            raise ValueError(problem)
        object.__setattr__(self, "rights", {(row.holder, row.store): row for row in self.access})


def _problems(landscape: Landscape) -> Iterator[str]:
    services = set(landscape.services)
    stores = {store.id for store in landscape.stores}
    entries = {entry.id for entry in landscape.entries}
    yield from _twice("service", landscape.services)
    yield from _twice("store", (store.id for store in landscape.stores))
    yield from _twice("entry point", (*landscape.services, *(entry.id for entry in landscape.entries)))
    yield from _twice("access row", (f"{row.holder} to {row.store}" for row in landscape.access))
    for call in landscape.calls:
        for name in (call.caller, call.callee):
            if name not in services:
                yield f"The call from {call.caller} to {call.callee} names {name}, which is not a listed service."
    for row in landscape.access:
        if row.holder not in services | entries:
            yield f"{row.holder} has access to {row.store}, but is neither a listed service nor an entry point."
        if row.store not in stores:
            yield f"{row.holder} has access to {row.store}, which is not a listed store."
    for entry in landscape.entries:
        if entry.kind is EntryKind.SERVICE:
            yield f"{entry.id} is listed as a breached service; every service is one by itself."
        if entry.kind is EntryKind.KEY and entry.service not in services:
            yield f"The key {entry.id} must name the listed service whose rights it carries."


def _twice(what: str, names: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield f"The {what} {name} stands twice; each name is used once."
        seen.add(name)


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of the company the landscape shows: a missing row hides risk, so this stands beside every number."""

    services_listed: int
    services_known: int | None
    stores_without_access: tuple[str, ...]
    sentence: str


def completeness(landscape: Landscape, facts: Facts) -> Completeness:
    """Compare the landscape with the facts."""
    listed = len(landscape.services)
    reached = {row.store for row in landscape.access if row.has is not Right.NONE}
    lonely = tuple(store.id for store in landscape.stores if store.id not in reached)
    known = facts.n_services
    if known is None:
        sentence = f"{listed} services are listed; nobody has said how many there are."
    elif listed > known:
        sentence = f"{listed} services are listed and the facts say {known}: correct them, the mesh rule counts them."
    else:
        sentence = f"{listed} of {known} services are listed."
    if lonely:
        sentence += f" Nobody has access to {', '.join(lonely)}, so a row is probably missing."
    return Completeness(listed, known, lonely, sentence)
