"""Owns what several rules need: the policy as read, whom a rule lets in as words, evidence lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

from ztassess.connectors.judging import MOST_NAMES, names, rows_read
from ztassess.connectors.tailscale.people import People
from ztassess.connectors.tailscale.reach import Access, Reach, Target, tag_target
from ztassess.connectors.tailscale.snapshot import Device, TailscaleSnapshot
from ztassess.connectors.tailscale.snapshot_policy import Policy, Rule
from ztassess.domain.findings import Evidence, Part, Unavailable

T = TypeVar("T")
DEVICES: Final = "GET /api/v2/tailnet/{tailnet}/devices?fields=all"
POLICY: Final = "GET /api/v2/tailnet/{tailnet}/acl"
KEYS: Final = "GET /api/v2/tailnet/{tailnet}/keys?all=true"
SETTINGS: Final = "GET /api/v2/tailnet/{tailnet}/settings"
CHANGES: Final = "GET /api/v2/tailnet/{tailnet}/logging/configuration"
INTEGRATIONS: Final = "GET /api/v2/tailnet/{tailnet}/posture/integrations"
ATTRIBUTES: Final = "GET /api/v2/device/{nodeId}/attributes"
NO_RULES: Final = Unavailable(
    "not_configured", detail="The policy has neither acls nor grants; the default policy may be allow-all."
)
PER_CONNECTION: Final = "Tailscale checks identity per connection, not per request."


def first(part: Part[T]) -> T | None:
    """The one entry of a part that has one; None if it could not be read."""
    return next(iter(rows_read(part)), None)


def policy_read(snapshot: TailscaleSnapshot) -> Policy | Unavailable:
    """The policy, or why it cannot be judged: not read, or without any rules section."""
    if isinstance(snapshot.policy, Unavailable):
        return snapshot.policy
    policy = first(snapshot.policy)
    return NO_RULES if policy is None or policy.rules is None else policy


def own_devices(snapshot: TailscaleSnapshot) -> tuple[Device, ...]:
    """Devices of this tailnet, as far as they were read; those shared into it belong to another one."""
    return tuple(device for device in rows_read(snapshot.devices) if not device.external)


def people_devices(snapshot: TailscaleSnapshot) -> tuple[Device, ...]:
    """Own devices that belong to people: without a tag."""
    return tuple(device for device in own_devices(snapshot) if not device.tags)


def left_out(snapshot: TailscaleSnapshot) -> str:
    """The sentence on devices that are not judged as people's, with a leading space; empty if there are none."""
    tagged = [device.label for device in own_devices(snapshot) if device.tags]
    external = [device.label for device in rows_read(snapshot.devices) if device.external]
    found = f" Tagged devices never expire by design and are left out: {names(tagged)}." if tagged else ""
    return found + (f" Shared in from another tailnet and left out: {names(external)}." if external else "")


def lines_of(lines: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """At most 50 lines, then one that counts the rest."""
    if len(lines) <= MOST_NAMES:
        return tuple(lines)
    last = lines[-1]
    rest = Evidence(last.source, f"{len(lines) - MOST_NAMES} more", last.field, "not shown", last.expected)
    return (*lines[:MOST_NAMES], rest)


def rule_line(access: Access, expected: str) -> Evidence:
    """One rule as evidence, raw: its sources and its destination."""
    rule, destination = access.rule, access.destination
    ports = f":{destination.ports.text}" if destination.ports.text else ""
    observed = f"{', '.join(rule.sources)} -> {destination.selector}{ports}"
    return Evidence(POLICY, rule.name, "src -> dst", observed[:300], expected)


def everyone_rules(people: People, reach: Reach) -> tuple[Access, ...]:
    """Of the rules that lead to a target, those that let everyone in by themselves; all, if only together they do."""
    alone = tuple(each for each in reach.accesses if people.is_everyone(people.sources(each.rule.sources)))
    return alone or reach.accesses


def rule_names(rules: Iterable[Rule]) -> str:
    """Places of rules, for a sentence."""
    return names([rule.name for rule in rules])


def production(snapshot: TailscaleSnapshot, policy: Policy) -> tuple[tuple[Target, ...], tuple[str, ...]]:
    """Declared production tags as targets, and those that neither policy nor devices know: typed wrongly, or gone."""
    tags = snapshot.declared.production_tags or ()
    known = set(policy.owners) | {tag for device in own_devices(snapshot) for tag in device.tags}
    known |= {each.selector for rule in policy.rules or () for each in rule.destinations}
    known |= {each for rule in policy.ssh for each in rule.destinations}
    targets = tuple(tag_target(tag, own_devices(snapshot)) for tag in tags if tag in known)
    return targets, tuple(tag for tag in tags if tag not in known)
