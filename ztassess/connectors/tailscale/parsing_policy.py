"""Owns reading a policy file in JSON: both sections of rules, both spellings of their fields, any case of names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ztassess.connectors.api import Row, row_of
from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.tailscale.snapshot_policy import (
    ACCEPT,
    ACLS,
    GRANTS,
    Destination,
    Policy,
    Ports,
    Rule,
    SshRule,
)

_PORTS: Final = re.compile(r"\*|\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*")
_PROTOCOL: Final = re.compile(r"[a-z][a-z0-9-]*|\d{1,3}")
# Without a protocol a rule is for TCP and UDP; of the others, none has ports.
_WITH_PORTS: Final = frozenset({"", "*", "tcp", "udp", "6", "17"})
_FIRST, _LAST = 1, 65_535
_RULE: Final = ("action", "src", "users", "dst", "ports", "proto", "srcPosture", "ip", "app", "via")
_SSH: Final = ("action", "src", "dst", "users", "checkPeriod", "srcPosture")
_SECTIONS: Final[dict[str, tuple[str, ...]]] = {
    ACLS: _RULE,
    GRANTS: _RULE,
    "ssh": _SSH,
    "nodeAttrs": ("target", "attr", "app"),
    "groups": (),
    "tagOwners": (),
    "hosts": (),
    "ipsets": (),
    "postures": (),
    "defaultSrcPosture": (),
}


def policy_of(value: Any) -> Policy:
    """A policy file as JSON ("Get policy file", "Syntax reference for the tailnet policy file").

    Raises:
        BadAnswer: it is something else, a section is of another type, or is there twice.
    """
    row = row_of(_canonical(value), "ACL")
    if row.value and not set(_SECTIONS) & set(row.value):
        raise BadAnswer("Instead of a policy came something without any of its sections.")
    acls = _rules(row, ACLS, 0)
    grants = _rules(row, GRANTS, len(acls or ()))
    return Policy(
        rules=None if acls is None and grants is None else (*(acls or ()), *(grants or ())),
        ssh=tuple(_ssh_rule(each, f"ssh[{nth}]") for nth, each in enumerate(row.rows("ssh", ()))),
        groups=_lists(row, "groups", lower=True),
        owners=_lists(row, "tagOwners", lower=True),
        hosts=_texts(row, "hosts"),
        ipsets=_lists(row, "ipsets"),
        postures=_lists(row, "postures"),
        default_postures=row.texts("defaultSrcPosture", ()),
        funnel=any("funnel" in each.texts("attr", ()) for each in row.rows("nodeAttrs", ())),
    )


def _canonical(value: Any) -> Any:
    """The same with the documented case of names: policies written long ago say ``ACLs``, ``Groups``, ``Users``."""
    if not isinstance(value, dict):
        return value
    found = _renamed(value, tuple(_SECTIONS))
    for section, fields in _SECTIONS.items():
        if fields and isinstance(found.get(section), list):
            found[section] = [_renamed(each, fields) if isinstance(each, dict) else each for each in found[section]]
    return found


def _renamed(value: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    known = {name.lower(): name for name in names}
    found: dict[str, Any] = {}
    for key, each in value.items():
        name = known.get(key.lower(), key)
        if name in found:
            raise BadAnswer(f"The policy has {name} twice, in different case; nobody can tell which one holds.")
        found[name] = each
    return found


def _section(row: Row, section: str) -> dict[str, Any]:
    """A section whose keys are names; empty if it is not there."""
    found = row.row(section, None)
    return found.value if found is not None else {}


def _texts(row: Row, section: str) -> dict[str, str]:
    found = _section(row, section)
    if not all(isinstance(each, str) for each in found.values()):
        raise BadAnswer(f"The section {section} of the policy holds something else than text.")
    return found


def _lists(row: Row, section: str, *, lower: bool = False) -> dict[str, tuple[str, ...]]:
    found = {}
    for name, values in _section(row, section).items():
        if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
            raise BadAnswer(f"The section {section} of the policy holds something else than lists of text.")
        found[name] = tuple(each.lower() for each in values) if lower else tuple(values)
    return found


def _rules(row: Row, section: str, before: int) -> tuple[Rule, ...] | None:
    """The rules of one section; None if it is not there."""
    rows = row.rows(section, None)
    if rows is None:
        return None
    read = _acl if section == ACLS else _grant
    return tuple(read(each, f"{section}[{nth}]", before + nth) for nth, each in enumerate(rows))


def _acl(row: Row, name: str, place: int) -> Rule:
    protocol = row.text("proto", "").lower()
    return Rule(
        name=name,
        place=place,
        sources=(*row.texts("src", ()), *row.texts("users", ())),
        destinations=tuple(_destination(each, protocol) for each in (*row.texts("dst", ()), *row.texts("ports", ()))),
        postures=row.texts("srcPosture", ()),
        known=row.text("action", ACCEPT).lower() == ACCEPT,
    )


def _destination(text: str, protocol: str) -> Destination:
    """``host:ports``; what does not end in ports is taken whole, with every port."""
    selector, colon, ports = text.rpartition(":")
    if not colon or not _PORTS.fullmatch(ports):
        return Destination(text, Ports("?", every=True))
    shown = f"{protocol}:{ports}" if protocol else ports
    return Destination(selector.strip("[]"), Ports(shown, every=_every(protocol, ports)))


def _grant(row: Row, name: str, place: int) -> Rule:
    items = row.texts("ip", ())
    ports = Ports(",".join(items), every=any(_item_is_every(each) for each in items), none=not items)
    return Rule(
        name=name,
        place=place,
        sources=row.texts("src", ()),
        destinations=tuple(Destination(each.strip("[]"), ports) for each in row.texts("dst", ())),
        postures=row.texts("srcPosture", ()),
    )


def _item_is_every(item: str) -> bool:
    """One entry of ``ip``: ``*``, ``443``, ``tcp:*``, ``udp:1-65535``. What we do not know counts as everything."""
    protocol, colon, ports = item.lower().rpartition(":")
    if not _PORTS.fullmatch(ports) or (colon and not _PROTOCOL.fullmatch(protocol)):
        return True
    return _every(protocol, ports)


def _every(protocol: str, ports: str) -> bool:
    """All ports of TCP or UDP, also if they are listed in pieces."""
    if protocol not in _WITH_PORTS:
        return False
    if ports == "*":
        return True
    pieces = sorted(tuple(map(int, (each.split("-") * 2)[:2])) for each in ports.split(","))
    reached = _FIRST - 1
    for first, last in pieces:
        if first > reached + 1:
            return False
        reached = max(reached, last)
    return reached >= _LAST


def _ssh_rule(row: Row, name: str) -> SshRule:
    return SshRule(
        name=name,
        action=row.text("action", "").lower(),
        sources=row.texts("src", ()),
        destinations=row.texts("dst", ()),
        users=row.texts("users", ()),
        period=row.text("checkPeriod", ""),
        conditional=bool(row.texts("srcPosture", ())),
    )
