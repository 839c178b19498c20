"""Owns who the sources of a rule are: people, everyone, or somebody of whom nobody can tell who it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from ztassess.connectors.judging import rows_read
from ztassess.connectors.tailscale.networks import (
    TAILNET,
    Network,
    network_of,
    networks_of,
    overlap,
    whole_tailnet,
)
from ztassess.connectors.tailscale.snapshot import Device, TailscaleSnapshot
from ztassess.connectors.tailscale.snapshot_policy import Policy
from ztassess.domain.findings import Unavailable

# "Autogroups": each stands for the people with one role.
ROLES: Final = {
    "autogroup:owner": ("owner",),
    "autogroup:admin": ("admin", "owner"),
    "autogroup:network-admin": ("network-admin",),
    "autogroup:it-admin": ("it-admin",),
    "autogroup:billing-admin": ("billing-admin",),
    "autogroup:auditor": ("auditor",),
}
# autogroup:members is the legacy spelling. danger-all is even people outside the tailnet.
EVERYONE: Final = frozenset({"*", "autogroup:member", "autogroup:members", "autogroup:danger-all"})
# People of other tailnets, with whom single devices are shared: nobody of ours.
OUTSIDERS: Final = "autogroup:shared"
TAGGED: Final = "autogroup:tagged"
OF_DOMAIN: Final = "user:*@"
LIVE: Final = frozenset({"active", "idle"})
RECENT: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a list of sources lets in.

    Attributes:
        everyone: selectors that stand for all people of the tailnet by themselves.
        people: logins of single people and of members of groups.
        groups: selectors of groups and roles among the sources.
        unknown: selectors of whom nobody can tell here who they are.
    """

    everyone: tuple[str, ...] = ()
    people: frozenset[str] = frozenset()
    groups: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def __or__(self, other: Who) -> Who:
        return Who(
            tuple(dict.fromkeys((*self.everyone, *other.everyone))),
            self.people | other.people,
            tuple(dict.fromkeys((*self.groups, *other.groups))),
            tuple(dict.fromkeys((*self.unknown, *other.unknown))),
        )


def usable(device: Device, snapshot: TailscaleSnapshot) -> bool:
    """It was in use lately, so its owner surely is a member who can connect."""
    seen = device.connected or (device.last_seen is not None and snapshot.taken_at - device.last_seen <= RECENT)
    ended = device.expires is not None and device.expires <= snapshot.taken_at and not device.key_expiry_disabled
    return bool(seen) and device.authorized and not ended


@dataclass(frozen=True, slots=True)
class People:
    """The people of one tailnet, as far as they were read.

    Attributes:
        members: logins of members who can connect.
        whole: the list of users was read, so `members` are all of them; else they are some of them, known by their
            devices: enough to say that a group is not everyone, never that it is.
        roles: roles by login.
        devices: own and shared devices as far as they were read; `devices_whole` if that is all of them.
    """

    policy: Policy
    members: frozenset[str]
    whole: bool
    roles: Mapping[str, str] = field(default_factory=dict)
    devices: tuple[Device, ...] = ()
    devices_whole: bool = True
    _known: dict[tuple[str, ...], Who] = field(default_factory=dict, repr=False, compare=False)
    _networks: dict[str, tuple[Network, ...] | None] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, snapshot: TailscaleSnapshot, policy: Policy) -> People:
        """From whatever could be read."""
        users = [user for user in rows_read(snapshot.users) if user.kind == "member"]
        devices = rows_read(snapshot.devices)
        members = {user.login for user in users if user.status in LIVE}
        whole = not isinstance(snapshot.users, Unavailable) and bool(members)
        if not whole:
            off = {user.login for user in users if user.status not in LIVE}
            owners = {each.user for each in devices if not each.tags and not each.external and usable(each, snapshot)}
            members |= owners - off - {""}
        roles = {user.login: user.role for user in users}
        devices_whole = not isinstance(snapshot.devices, Unavailable)
        return cls(policy, frozenset(members), whole, roles, devices, devices_whole)

    def sources(self, selectors: Iterable[str]) -> Who:
        """Whom these sources let in, taken together."""
        wanted = tuple(selectors)
        if wanted not in self._known:
            who = Who()
            for selector in wanted:
                who |= self._source(selector.strip())
            self._known[wanted] = who
        return self._known[wanted]

    def networks(self, selector: str) -> tuple[Network, ...] | None:
        """The addresses a selector of the policy stands for, see `networks_of`."""
        if selector not in self._networks:
            self._networks[selector] = networks_of(self.policy, selector, self._networks)
        return self._networks[selector]

    def is_everyone(self, who: Who) -> bool | None:
        """True if all members are let in, False if some member surely is not, None if nobody can tell."""
        if who.everyone:
            return True
        lacking = self.members - who.people
        if self.whole and not lacking:
            return True
        if who.unknown:
            return None
        # Members known by their devices alone are not all members.
        return None if who.people and not lacking else False

    def _source(self, selector: str) -> Who:
        if selector in EVERYONE:
            return Who(everyone=(selector,))
        if selector in ROLES:
            return self._role(selector)
        if selector.startswith("group:"):
            members = self.policy.groups.get(selector)
            found = Who(groups=(selector,), unknown=(selector,) if members is None else ())
            return found if members is None else found | self._members(members)
        if selector.startswith(OF_DOMAIN):
            return self._domain(selector)
        if selector.startswith("tag:") or selector == TAGGED:
            return self._tag(selector)
        if selector == OUTSIDERS:
            return Who()
        if "@" in selector:
            return Who(people=frozenset({selector.lower()}))
        return self._addresses(selector)

    def _members(self, members: Iterable[str]) -> Who:
        """Members of a group: people; the syntax allows no groups in groups, so anything else is unknown."""
        plain = [each for each in members if "@" in each and not each.startswith(OF_DOMAIN)]
        others = [each for each in members if each not in plain]
        found = Who(people=frozenset(each.lower() for each in plain))
        for each in others:
            inner = self._domain(each) if each.startswith(OF_DOMAIN) else None
            found |= inner or (Who(everyone=(each,)) if each in EVERYONE else Who(unknown=(each,)))
        return found

    def _role(self, selector: str) -> Who:
        if not self.whole:
            return Who(groups=(selector,), unknown=(selector,))
        people = frozenset(login for login in self.members if self.roles.get(login) in ROLES[selector])
        return Who(people=people, groups=(selector,))

    def _domain(self, selector: str) -> Who:
        if not self.whole:
            return Who(groups=(selector,), unknown=(selector,))
        domain = selector.removeprefix("user:*").lower()
        return Who(people=frozenset(each for each in self.members if each.endswith(domain)), groups=(selector,))

    def _tag(self, selector: str) -> Who:
        """Machines, and with them whoever may give a device of their own that tag.

        Owners that we cannot expand say nothing here: they are a detour, and the rule itself names machines.
        """
        found = Who()
        for tag in tuple(self.policy.owners) if selector == TAGGED else (selector,):
            owners = self.sources(self._owners(tag))
            if owners.everyone or (self.whole and self.members <= owners.people):
                found |= Who(everyone=(f"{tag}, which {', '.join(owners.everyone) or 'all members'} may assign",))
            found |= Who(people=owners.people)
        return found

    def _owners(self, tag: str) -> tuple[str, ...]:
        """Who may assign a tag; a tag among the owners stands for its own owners."""
        seen, open_, found = {tag}, [tag], dict[str, None]()
        while open_:
            for owner in self.policy.owners.get(open_.pop(), ()):
                if not owner.startswith("tag:"):
                    found[owner] = None
                elif owner not in seen:
                    seen.add(owner)
                    open_.append(owner)
        return tuple(each for each in found if each != TAGGED)

    def _addresses(self, selector: str) -> Who:
        networks = self.networks(selector)
        if networks is None:
            return Who(unknown=(selector,))
        if whole_tailnet(networks):
            return Who(everyone=(selector,))
        if not overlap(networks, TAILNET):
            # A network behind a router: nobody can tell who stands in it.
            return Who(unknown=(selector,)) if networks else Who()
        owners, tags = set[str](), set[str]()
        for device in self.devices:
            own = [network for each in device.addresses if (network := network_of(each)) is not None]
            if overlap(own, networks):
                tags |= set(device.tags)
                owners |= set() if device.tags else {device.user}
        single = all(network.num_addresses == 1 for network in networks)
        known = self.devices_whole and (single or all(overlap([each], TAILNET) for each in networks))
        return Who(people=frozenset(owners - {""}), unknown=() if known else (selector,))
