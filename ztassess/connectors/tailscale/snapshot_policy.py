"""Owns the frozen picture of a tailnet policy file: who may reach what, under which conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

ACLS: Final = "acls"
GRANTS: Final = "grants"
ACCEPT: Final = "accept"
CHECK: Final = "check"


@dataclass(frozen=True, slots=True)
class Ports:
    """What of a destination may be reached.

    Attributes:
        text: as the policy says it, such as ``443`` or ``tcp:22,udp:53``.
        every: all ports of TCP or UDP.
        none: nothing at the network level; such a grant only gives rights inside an app.
    """

    text: str
    every: bool
    none: bool = False


@dataclass(frozen=True, slots=True)
class Destination:
    """A selector, such as ``tag:prod``, ``10.0.0.0/8`` or ``*``, with the ports that may be reached there."""

    selector: str
    ports: Ports


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of ``acls`` or ``grants``.

    Attributes:
        name: ``acls[0]``, its place in the policy.
        place: its rank over both sections; the smaller, the older.
        known: False if its action is one that we do not know, so that nobody can say what it does.
        postures: its own conditions (any of them is enough); empty where the default applies.
    """

    name: str
    place: int
    sources: tuple[str, ...]
    destinations: tuple[Destination, ...]
    postures: tuple[str, ...] = ()
    known: bool = True


@dataclass(frozen=True, slots=True)
class SshRule:
    """One entry of ``ssh``.

    Attributes:
        period: ``checkPeriod`` as written, such as ``20h`` or ``always``; empty for the vendor's default.
        conditional: it holds for devices with a posture only.
    """

    name: str
    action: str
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    users: tuple[str, ...]
    period: str = ""
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy file.

    Attributes:
        rules: of both sections; None where neither section is there, so that the vendor's default may apply.
        groups: members by ``group:name``.
        owners: who may give a device a tag, by tag.
        hosts: address or network by alias.
        ipsets: entries by ``ipset:name``.
        postures: conditions by ``posture:name``, all of which must hold.
        default_postures: conditions of rules that have none of their own.
        funnel: some node attribute lets devices serve the whole internet.
    """

    rules: tuple[Rule, ...] | None
    ssh: tuple[SshRule, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hosts: Mapping[str, str] = field(default_factory=dict)
    ipsets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    postures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    default_postures: tuple[str, ...] = ()
    funnel: bool = False
