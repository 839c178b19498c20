"""Owns what a policy lets people reach: for one target, every rule that leads there and all whom they let in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ztassess.connectors.tailscale.networks import Network, network_of, overlap, whole_tailnet
from ztassess.connectors.tailscale.people import EVERYONE, OF_DOMAIN, ROLES, TAGGED, People, Who
from ztassess.connectors.tailscale.snapshot import Device
from ztassess.connectors.tailscale.snapshot_policy import Destination, Rule

# One's own devices, and the internet through an exit node: neither is a device of somebody else.
SELF: Final = "autogroup:self"
INTERNET: Final = "autogroup:internet"
# As a destination these are the devices of people, never tagged ones.
_PEOPLE: Final = EVERYONE - {"*"}


@dataclass(frozen=True, slots=True)
class Target:
    """Something to reach: a device, everything with a tag, a network behind a router, a service.

    Attributes:
        owner: login, of a device that belongs to a person.
        parts: single devices of which reaching one is reaching the target.
        service: ``svc:name``.
    """

    name: str
    tags: frozenset[str] = frozenset()
    addresses: tuple[Network, ...] = ()
    owner: str = ""
    service: str = ""
    parts: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class Access:
    """One rule that leads to a target, by one of its destinations."""

    rule: Rule
    destination: Destination


@dataclass(frozen=True, slots=True)
class Reach:
    """Who reaches a target.

    Attributes:
        accesses: rules that surely lead there.
        who: whom they let in, taken together.
        everyone: all members; None if nobody can tell.
        unknown: why nobody can tell: selectors and rules that cannot be resolved here.
    """

    accesses: tuple[Access, ...]
    who: Who
    everyone: bool | None
    unknown: tuple[str, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, each once, in the order of the policy."""
        return tuple(dict.fromkeys(each.rule for each in self.accesses))


def device_target(device: Device) -> Target:
    """One device as a target."""
    addresses = tuple(found for each in device.addresses if (found := network_of(each)) is not None)
    return Target(device.label, frozenset(device.tags), addresses, "" if device.tags else device.user)


def tag_target(tag: str, devices: Iterable[Device]) -> Target:
    """Everything with a tag: the tag itself, and each device that has it."""
    parts = tuple(device_target(each) for each in devices if tag in each.tags)
    return Target(tag, frozenset({tag}), parts=parts)


def reach_of(people: People, target: Target, *, every_port: bool = False) -> Reach:
    """Who reaches a target by any rule.

    Parameters:
        every_port: only by rules that open all ports.
    """
    accesses: list[Access] = []
    unknown: list[str] = []
    who = Who()
    for rule in people.policy.rules or ():
        for destination in rule.destinations:
            if destination.ports.none or (every_port and not destination.ports.every):
                continue
            leads = matches(people, destination.selector, target)
            if leads is None or (leads and not rule.known):
                unknown.append(destination.selector if leads is None else rule.name)
            elif leads:
                accesses.append(Access(rule, destination))
                who |= people.sources(rule.sources)
    everyone = people.is_everyone(who) if accesses else False
    if everyone is not True and unknown:
        everyone = None
    told = () if everyone is True else tuple(dict.fromkeys((*unknown, *who.unknown)))
    return Reach(tuple(accesses), who, everyone, told)


def matches(people: People, selector: str, target: Target) -> bool | None:
    """True if a destination covers a target, or one of its devices; None if nobody can tell."""
    answers = [_one(people, selector, each) for each in (target, *target.parts)]
    if True in answers:
        return True
    return None if None in answers else False


def _one(people: People, selector: str, target: Target) -> bool | None:
    if selector == "*":
        return True
    if selector.startswith("tag:"):
        return selector in target.tags
    if selector == TAGGED:
        return bool(target.tags)
    if selector in (SELF, INTERNET):
        return False
    if selector in _PEOPLE:
        return bool(target.owner)
    if selector.startswith("svc:"):
        return selector == target.service
    if selector.startswith(("group:", OF_DOMAIN)) or selector in ROLES or "@" in selector:
        return _owned(people, selector, target)
    return _addressed(people, selector, target)


def _owned(people: People, selector: str, target: Target) -> bool | None:
    if not target.owner:
        return False
    who = people.sources((selector,))
    if who.everyone or target.owner in who.people:
        return True
    return None if who.unknown else False


def _addressed(people: People, selector: str, target: Target) -> bool | None:
    networks = people.networks(selector)
    if networks is None:
        return None
    if target.service:
        # A service has an address of its own in the tailnet's range, which was not read.
        return True if whole_tailnet(networks) else None
    return overlap(networks, target.addresses) or (bool(target.tags) and whole_tailnet(networks))


def is_total(people: People, selector: str) -> bool:
    """A destination that stands for every device of the tailnet."""
    if selector == "*":
        return True
    networks = people.networks(selector)
    return networks is not None and whole_tailnet(networks)


def total_rules(people: People) -> tuple[Access, ...]:
    """The rules that open every port of everything, also where two destinations of one rule do so together."""
    found = []
    for rule in people.policy.rules or ():
        wide = [each for each in rule.destinations if each.ports.every and not each.ports.none]
        total = next((each for each in wide if is_total(people, each.selector)), None)
        kinds = {each.selector for each in wide}
        if total is None and TAGGED in kinds and kinds & _PEOPLE:
            total = next(each for each in wide if each.selector in _PEOPLE)
        if total is not None:
            found.append(Access(rule, total))
    return tuple(found)
