"""Owns reading a result document, live or uploaded, into the snapshot: known fields only, anything else is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, urljoin, urlsplit

from ztassess.connectors.errors import Blocked, InputInvalid
from ztassess.connectors.http_probe.probe import FORMAT, VPN_PORT
from ztassess.connectors.http_probe.snapshot import (
    INSIDE,
    INTERNET,
    Conversation,
    Declarations,
    Door,
    Gateway,
    HttpProbeSnapshot,
    Location,
    Origin,
    Reply,
    Target,
    Unsent,
)
from ztassess.connectors.netguard import host_text
from ztassess.connectors.netguard.addresses import parsed_address
from ztassess.domain.findings import Part, Unavailable

MOST_ENTRIES: Final = 10_000
_RESULTS: Final = ("open", "refused", "timeout", "name", "private", "closed", "untested")
_T = TypeVar("_T")
_MISSING: Final = {
    "targets": "No internal address was probed.",
    "origins": "No origin is declared.",
    "vpn_gateways": "No VPN gateway is declared.",
    "vpn_ports": "No VPN gateway and no address of your own is declared.",
    "data_stores": "No data store is declared.",
    "admin_ports": "No address of your own is declared.",
    "controls": "No connection to an internal address was tried beside the others.",
}


class _Fields:
    """One object of the document, its fields read by type. Raises InputInvalid with the field's name."""

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, Mapping):
            raise InputInvalid(f"{where} is not an object; nothing was judged from this file.")
        self._value, self._where = value, where

    def text(self, name: str, default: str | None = None) -> str:
        found = self._value.get(name)
        if found is None and default is not None:
            return default
        if not isinstance(found, str) or len(found) > 4096:  # noqa: PLR2004  longer than any address we read
            raise self._wrong(name, "a text")
        return found

    def number(self, name: str, low: int, high: int) -> int | None:
        found = self._value.get(name)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, int) or not low <= found <= high:
            raise self._wrong(name, f"a number from {low} to {high}")
        return found

    def flag(self, name: str) -> bool:
        found = self._value.get(name, False)
        if not isinstance(found, bool):
            raise self._wrong(name, "true or false")
        return found

    def texts(self, name: str) -> tuple[str, ...]:
        found = self._value.get(name) or ()
        if not isinstance(found, list | tuple) or not all(isinstance(each, str) for each in found):
            raise self._wrong(name, "a list of texts")
        return tuple(found[:MOST_ENTRIES])

    def each(self, name: str) -> tuple[_Fields, ...]:
        found = self._value.get(name) or ()
        if not isinstance(found, list | tuple) or len(found) > MOST_ENTRIES:
            raise self._wrong(name, f"a list of at most {MOST_ENTRIES}")
        return tuple(_Fields(one, f"{self._where} {name}[{at}]") for at, one in enumerate(found))

    def part(self, name: str) -> _Fields:
        return _Fields(self._value.get(name) or {}, f"{self._where} {name}")

    def has(self, name: str) -> bool:
        return self._value.get(name) is not None

    def items(self) -> tuple[tuple[str, str], ...]:
        return tuple((str(key).lower(), value) for key, value in self._value.items() if isinstance(value, str))

    def _wrong(self, name: str, expected: str) -> InputInvalid:
        return InputInvalid(f"{self._where}: {name} is not {expected}; nothing was judged from this file.")


def read_document(content: Any, declared: Declarations, *, where: str, now: datetime) -> HttpProbeSnapshot:
    """The snapshot of a result document.

    Parameters:
        declared: what the form says; the document's own declarations are added.
        where: name of the file, for sentences.
        now: the latest moment the document may have been taken at.

    Raises:
        InputInvalid: not a result of the probe, or damaged; the sentence names the place.
    """
    found = _Fields(content, where)
    if found.text("format", "") != FORMAT:
        raise InputInvalid(f"{where} is not a result of probe.py ({FORMAT}); nothing was read from it.")
    vantage = found.text("vantage")
    if vantage not in (INTERNET, INSIDE):
        raise InputInvalid(f"{where}: vantage is neither {INTERNET} nor {INSIDE}; nothing was judged from this file.")
    own = found.part("declared")
    identity = dict.fromkeys((*declared.identity_hosts, *(each.lower() for each in own.texts("identity_hosts"))))
    paths = dict.fromkeys((*declared.extra_paths, *own.texts("extra_paths")))
    sensitive = frozenset(own.texts("sensitive"))
    targets = [_target(each, sensitive) for each in found.each("targets")]
    doors = [(_purpose(each), _door(each, vantage)) for each in found.each("sockets")]
    return HttpProbeSnapshot(
        taken_at=min(now, _moment(found, where)),
        vantage=vantage,
        declared=Declarations(tuple(identity), tuple(paths), declared.no_vpn, declared.consent_by),
        targets=_part("targets", targets),
        origins=_part("origins", [_origin(each, vantage, targets) for each in found.each("origins")]),
        vpn_gateways=_part("vpn_gateways", [Gateway(each.text("host"), _talk(each)) for each in found.each("vpn")]),
        vpn_ports=_part("vpn_ports", _of(doors, "vpn")),
        data_stores=_part("data_stores", _of(doors, "store")),
        admin_ports=_part("admin_ports", _of(doors, "admin")),
        controls=_part("controls", _of(doors, "control")),
    )


def _part(name: str, found: Sequence[_T]) -> Part[_T]:
    return tuple(found) or Unavailable("input_missing", detail=_MISSING[name])


def _of(doors: Sequence[tuple[str, Door]], purpose: str) -> list[Door]:
    return [door for kind, door in doors if kind == purpose]


def _moment(found: _Fields, where: str) -> datetime:
    try:
        return datetime.strptime(found.text("taken_at"), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except (ValueError, InputInvalid) as problem:
        raise InputInvalid(f"{where} does not say when it was taken. Run the probe again.") from problem


def _target(found: _Fields, sensitive: frozenset[str]) -> Target:
    url = found.text("url")
    host = _host(url)
    if not host:
        raise InputInvalid(f"{url[:80]!r} is not an address; nothing was judged from this file.")
    return Target(url, host, url in sensitive, _talk(found, url), found.texts("untried"))


def _origin(found: _Fields, vantage: str, targets: Sequence[Target]) -> Origin:
    label, serves = found.text("origin"), found.text("serves")
    talk, shares, same_port = _talk(found, f"https://{serves}/"), None, found.flag("same_port")
    if found.has("shares"):
        shares = found.text("shares")
    elif not found.has("same_port"):  # a runner's result: what answered is all that is known of addresses
        public = [each for each in targets if each.host == serves and each.talk.resolved]
        here = talk.resolved or label.rpartition(":")[0].strip("[]")
        is_known = bool(public) and parsed_address(here) is not None
        shares = next((here for each in public if each.talk.resolved == here), "") if is_known else None
        same_port = any(label.rpartition(":")[2] == str(urlsplit(each.url).port or 443) for each in public)
    return Origin(label, serves, talk, found.text("vantage", vantage), shares, same_port)


def _talk(found: _Fields, base: str = "") -> Conversation:
    unsent = found.part("unsent")
    return Conversation(
        replies=tuple(_reply(each, base) for each in found.each("requests")),
        resolved=found.text("resolved", ""),
        unsent=Unsent(unsent.number("count", 0, MOST_ENTRIES) or 0, unsent.text("reason"), unsent.text("detail", ""))
        if found.has("unsent")
        else None,
    )


def _reply(found: _Fields, base: str) -> Reply:
    status, error = found.number("status", 100, 999), found.text("error", "")
    if (status is None) == (not error):
        raise InputInvalid("A request of this file has neither status nor error, or both; nothing was judged from it.")
    location = found.text("location", "")
    return Reply(
        variant=found.text("variant"),
        status=status,
        location=read_location(base, location) if found.has("location") else None,
        headers=found.part("headers").items(),
        cookie_names=found.texts("cookie_names"),
        challenges=_challenges(found.text("www_authenticate", "")),
        body_length=found.number("body_length", 0, 2**31),
        title_sha256=found.text("title_sha256", ""),
        marks=found.texts("marks"),
        error=error,
        detail=found.text("detail", ""),
    )


def _challenges(text: str) -> tuple[str, ...]:
    words = re.findall(r"(?:^|,)\s*([A-Za-z-]+)(?=\s|$|,)", re.sub(r'"[^"]*"', "", text))
    return tuple(word.lower() for word in words)


def read_location(base: str, location: str) -> Location:
    """Where a redirect leads, seen from ``base``. Whatever two programs could read differently leads nowhere."""
    nowhere = Location("", "", "")
    if not location or any(not "!" <= mark <= "~" or mark == "\\" for mark in location):
        return nowhere
    try:
        parts = urlsplit(urljoin(base, location))
        host, pairs = _host(parts.geturl()), parse_qsl(parts.query, keep_blank_values=True)
        back = urlsplit(next((value for name, value in pairs if name == "redirect_uri"), "")).path
    except ValueError:
        return nowhere
    if parts.scheme not in ("http", "https") or "@" in parts.netloc:
        return nowhere
    return Location(parts.scheme, host, parts.path[:200], tuple(name for name, _ in pairs), back[:200])


def _host(url: str) -> str:
    try:
        return host_text((urlsplit(url).hostname or "").rstrip("."))
    except (Blocked, ValueError):
        return ""


def _purpose(found: _Fields) -> str:
    """What a connection was tried for; a result without the word was about a data store, or the VPN's own port."""
    purpose = found.text("purpose", "vpn" if found.number("port", 1, 65535) == VPN_PORT else "store")
    if purpose not in ("store", "admin", "vpn", "control"):
        raise InputInvalid(f"A socket of this file is for {purpose[:40]!r}, which we do not know; nothing was judged.")
    return purpose


def _door(found: _Fields, vantage: str) -> Door:
    result, port = found.text("result"), found.number("port", 1, 65535)
    reason = found.text("reason", "partial_data" if result == "budget" else "")
    result = {"budget": "untested", "malformed": "closed"}.get(result, result)
    if port is None or result not in _RESULTS:
        raise InputInvalid(f"A socket of this file says {result[:40]!r}, which we do not know; nothing was judged.")
    return Door(
        host=found.text("host"),
        port=port,
        result=result,
        vantage=found.text("vantage", vantage),
        resolved=found.text("resolved", ""),
        reason=reason,
        detail=found.text("detail", ""),
    )
