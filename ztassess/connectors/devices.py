"""Owns the judgment of devices that is the same for every device manager: managed, encrypted, seen, owned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from ztassess.connectors.judging import MOST_NAMES, conclude, count, names, rows_read
from ztassess.domain.findings import Evidence, Part, Unavailable, Verdict, failed, not_checked

T = TypeVar("T")
FRESH: Final = timedelta(days=30)
DRIFT: Final = timedelta(days=1)  # clocks of devices are set by people
NOBODY_LISTED: Final = (
    " Nobody has listed the people who work here (Facts), so people without a device were not counted."
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a manager tells of one device.

    Attributes:
        field: the vendor's name of it.
        observed, expected: raw values, as text.
        good: None where the manager does not tell; that is neither good nor bad.
        words: what is wrong (``it is not enrolled``) or, where `good` is None, what is not known (``its enrollment``).
    """

    field: str
    observed: str
    expected: str
    good: bool | None
    words: str


@dataclass(frozen=True, slots=True)
class Device:
    """One device as its manager tells of it.

    Attributes:
        id: stable identifier at the manager.
        name: how people know it.
        platform: the vendor's word for the kind of system.
        owners: addresses of who uses it, in lower case; empty if the manager does not say.
        partly: what the manager never tells of such a device (``encryption`` of a phone); it fails by what is told,
            but never counts as good. Empty for a device that can be judged as a whole.
        retired: why it is out of use, such as ``removed``; empty if it is in use.
        near_miss: a lookalike worth naming beside its verdict.
    """

    id: str
    name: str
    platform: str
    facts: tuple[Fact, ...]
    owners: tuple[str, ...] = ()
    partly: str = ""
    retired: str = ""
    near_miss: str = ""

    @property
    def bad(self) -> tuple[Fact, ...]:
        """What is wrong with it."""
        return tuple(fact for fact in self.facts if fact.good is False)

    @property
    def unknown(self) -> tuple[Fact, ...]:
        """What the manager does not tell of it."""
        return tuple(fact for fact in self.facts if fact.good is None)

    @property
    def called(self) -> str:
        """Its name with its platform and owner, for a sentence."""
        about = names([each for each in (self.platform, *self.owners) if each])
        return f"{self.name} ({about})" if about else self.name


@dataclass(frozen=True, slots=True)
class Inventory:
    """All devices of one manager, and what its sentences and evidence lines need.

    Attributes:
        scope: the whole manager, for verdicts that are about no single device.
        source: method and path that the list came from.
        noun: one device in this vendor's word, such as ``host``.
        good: what holds of good devices, such as ``enrolled, encrypted and seen within 30 days``.
        people: addresses of the people who work here; None if nobody listed them.
        aliases: other names of people: (name in some system, address), in lower case.
        note: a sentence to end a pass with.
    """

    scope: str
    source: str
    devices: Part[Device]
    noun: str
    good: str
    people: tuple[str, ...] | None = None
    aliases: tuple[tuple[str, str], ...] = ()
    note: str = ""


def as_devices(part: Part[T], make: Callable[[T], Device]) -> Part[Device]:
    """A vendor's rows as devices, those before a break too."""
    found = tuple(make(row) for row in rows_read(part))
    return replace(part, read=found) if isinstance(part, Unavailable) else found


def flag_fact(field: str, value: bool | None, *, bad: str, unknown: str, expected: bool = True) -> Fact:
    """A fact that the manager tells as true or false."""
    good = None if value is None else value is expected
    return Fact(field, _shown(value), _shown(expected), good, unknown if good is None else bad)


def seen_fact(field: str, moment: datetime | None, taken_at: datetime) -> Fact:
    """When the device was last in contact; 30 days are the limit."""
    if moment is None:
        return Fact(field, "absent", "30 days or less", None, "when it was last in contact")
    day = f"{moment:%Y-%m-%d}"
    if moment > taken_at + DRIFT:
        return Fact(field, day, "30 days or less", None, f"when it was last in contact ({day} is still to come)")
    fresh = taken_at - moment <= FRESH
    return Fact(field, day, "30 days or less", fresh, f"it was last in contact on {day}")


def _shown(value: bool | None) -> str:
    return "absent" if value is None else str(value).lower()


def judge_devices(inventory: Inventory) -> Iterator[Verdict]:
    """The common device rule over one manager.

    Each device with something wrong fails; one of which something is not told is not checked; a pass needs all of
    them good. A pass stays at level 1 while people who were declared have no device under their name here. An
    inventory alone stops no unmanaged device, so nothing here speaks about access.
    """
    used = [device for device in rows_read(inventory.devices) if not device.retired]
    bad = [device for device in used if device.bad]
    aside = [device for device in used if device.partly and not device.bad]
    unclear = [device for device in used if device.unknown and not device.bad and device not in aside]
    judged = len(used) - len(aside)

    def broken(device: Device) -> Verdict:
        wrong = names([fact.words for fact in device.bad])
        reason = f"{device.called}: {wrong}; {len(bad)} of {count(judged, inventory.noun)} {_have(len(bad))} a problem."
        lines = _lines(inventory, device, (*device.bad, *device.unknown))
        return failed(f"devices/{device.id}", reason, seen=judged, evidence=lines, near_miss=device.near_miss)

    def quiet(device: Device) -> Verdict:
        reason = f"{device.called} does not tell {names([fact.words for fact in device.unknown])}."
        found = not_checked(f"devices/{device.id}", "partial_data", reason, seen=judged, near_miss=device.near_miss)
        return replace(found, evidence=_lines(inventory, device, device.unknown))

    problems = [*_one_each(inventory, bad, broken), *_one_each(inventory, unclear, quiet)]
    whole = not isinstance(inventory.devices, Unavailable)
    if whole and not judged and inventory.people:
        yield _none_of_many(inventory, aside)
        return
    yield from _conclude(inventory, problems, used, aside, judged)


def _conclude(
    inventory: Inventory, problems: Sequence[Verdict], used: Sequence[Device], aside: Sequence[Device], judged: int
) -> Iterator[Verdict]:
    left = _left_out(inventory, aside)
    without = people_without(used, inventory.people, inventory.aliases)
    people, near = _people_words(inventory, used, without)
    kinds = Counter(device.platform or "unknown platform" for device in used if device not in aside)
    told = names([f"{number} {platform}" for platform, number in sorted(kinds.items())])
    yield from conclude(
        inventory.scope,
        problems,
        of=(inventory.devices,),
        seen=judged,
        good=f"{judged} of {count(judged, inventory.noun)} ({told}) are {inventory.good}.{left}{people}"
        f"{' ' if inventory.note else ''}{inventory.note}",
        nothing=f"No {inventory.noun} is there to judge.{left}",
        evidence=(
            Evidence(inventory.source, inventory.scope, f"{inventory.noun}s with a problem", "0", "0"),
            *(() if inventory.people is None else (_people_line(inventory, without),)),
        ),
        level=1 if without else None,
        near_miss=near if not isinstance(inventory.devices, Unavailable) else "",
    )


def people_without(
    devices: Sequence[Device], people: Sequence[str] | None, aliases: Sequence[tuple[str, str]]
) -> tuple[str, ...]:
    """Declared people under whose name no device in use is listed."""
    known: Mapping[str, str] = {name.casefold(): address.casefold() for name, address in aliases}
    owners = {owner.casefold() for device in devices if not device.retired for owner in device.owners}
    owners |= {known[owner] for owner in owners if owner in known}
    return tuple(person for person in people or () if person.casefold() not in owners)


def _people_words(inventory: Inventory, used: Sequence[Device], without: Sequence[str]) -> tuple[str, str]:
    """The sentence about people for a pass, and its near miss."""
    if inventory.people is None:
        return NOBODY_LISTED, ""
    if not without:
        return f" Each of {count(len(inventory.people), 'person', 'people')} has one.", ""
    ownerless = sum(1 for device in used if not device.owners)
    who = f"{len(without)} of {count(len(inventory.people), 'person', 'people')} {_have(len(without))}"
    found = f"{who} no {inventory.noun} here"
    hint = f"; {count(ownerless, inventory.noun)} {_have(ownerless)} no owner" if ownerless else ""
    near = f"{found}: {names(without)}{hint}."
    return f" {near} What they use is not judged here.", near


def _people_line(inventory: Inventory, without: Sequence[str]) -> Evidence:
    return Evidence(inventory.source, inventory.scope, "people without a device", str(len(without)), "0")


def _none_of_many(inventory: Inventory, aside: Sequence[Device]) -> Verdict:
    """Nothing is listed though people work here: more likely unseen than absent."""
    people = count(len(inventory.people or ()), "person works", "people work")
    reason = f"No {inventory.noun} is there to judge though {people} here.{_left_out(inventory, aside)}"
    return not_checked(inventory.scope, "empty", reason)


def _left_out(inventory: Inventory, aside: Sequence[Device]) -> str:
    """What does not count, by name, with a leading space for each sentence."""
    found = ""
    for lack in sorted({device.partly for device in aside}):
        some = [device.name for device in aside if device.partly == lack]
        found += (
            f" {count(len(some), 'device')} {_are(len(some))} left out, for their {lack} is not told: {names(some)}."
        )
    gone = [device for device in rows_read(inventory.devices) if device.retired]
    for why in sorted({device.retired for device in gone}):
        some = [device.name for device in gone if device.retired == why]
        found += f" {count(len(some), 'device')} {_are(len(some))} left out as {why}: {names(some)}."
    return found


def _one_each(inventory: Inventory, rows: Sequence[Device], verdict: Callable[[Device], Verdict]) -> list[Verdict]:
    """One verdict a device, for at most 50; the others share one that says how many they are."""
    found = [verdict(row) for row in rows[:MOST_NAMES]]
    if len(rows) > MOST_NAMES:
        rest = verdict(rows[MOST_NAMES])
        reason = f"The same holds for {len(rows) - MOST_NAMES:,} more, which are not named one by one."
        found.append(replace(rest, resource=f"{inventory.scope}/others", reason=reason, near_miss=""))
    return found


def _lines(inventory: Inventory, device: Device, facts: Sequence[Fact]) -> tuple[Evidence, ...]:
    return tuple(Evidence(inventory.source, device.id, fact.field, fact.observed, fact.expected) for fact in facts)


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
