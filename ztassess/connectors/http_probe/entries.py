"""Owns how each line of the connect form is read: addresses, names, origins, ranges, each refusal in one sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_network
from typing import Final, TypeVar
from urllib.parse import urlsplit

from ztassess.connectors.errors import Blocked, InputInvalid
from ztassess.connectors.http_probe.probe import endpoint
from ztassess.connectors.netguard import host_text, parse_url

MOST_HOSTS: Final = 200
MOST_PATHS: Final = 20
MOST_ADDRESSES: Final = 256
_CREDENTIAL: Final = "Remove the credential from the address; the probe must be anonymous."
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_T = TypeVar("_T")


def _lines(text: str, read: Callable[[str], _T], most: int, noun: str) -> tuple[_T, ...]:
    entries = (entry.strip() for entry in re.split(r"[\n,]", text))
    found = tuple(dict.fromkeys(read(entry) for entry in entries if entry))
    if len(found) > most:
        raise InputInvalid(
            f"These are {len(found)} {noun}; at most {most} are probed. Split them into two connections."
        )
    return found


def parse_hosts(text: str) -> tuple[str, ...]:
    """Addresses of internal tools, one a line or separated by commas, each ``https://host[:port]/[path]``.

    Raises:
        InputInvalid: no https address, one with a credential or a query, or more than 200.
    """
    return _lines(text, address, MOST_HOSTS, "addresses")


def address(text: str) -> str:
    """One https address in canonical text, with a path.

    Raises:
        InputInvalid: it is none, or it carries a credential.
    """
    shown = repr(text[:80].partition("?")[0])
    authority = re.split(r"[/?#\\]", text.partition("://")[2] or text, maxsplit=1)[0]
    if "@" in authority or "?" in text or "#" in text:
        raise InputInvalid(
            _CREDENTIAL if "@" in authority else f"{_CREDENTIAL} Nothing is needed from the question mark on."
        )
    if text.lower().startswith("http://"):
        raise InputInvalid(f"{shown} is not encrypted; write the address with https://, port 80 is tried besides.")
    if "://" not in text:
        raise InputInvalid(f"Write the whole address, starting with https://, not {shown}.")
    try:
        return str(parse_url(text, schemes=("https",)))
    except Blocked as problem:
        raise InputInvalid(f"{shown} is not an https address such as https://admin.example.com/.") from problem


def parse_sensitive(text: str) -> tuple[str, ...]:
    """Addresses or bare host names, one a line; which internal tools they mean is settled with the whole form.

    Raises:
        InputInvalid: a line is neither.
    """
    return _lines(text, lambda entry: address(entry) if "://" in entry else host(entry), MOST_HOSTS, "addresses")


def parse_names(text: str) -> tuple[str, ...]:
    """Host names, one a line.

    Raises:
        InputInvalid: a line is not a host name, or more than 200.
    """
    return _lines(text, host, MOST_HOSTS, "host names")


def host(text: str) -> str:
    """One host name or address in canonical text; of a whole address only its host is kept.

    Raises:
        InputInvalid: it is none.
    """
    if "://" in text:
        text = urlsplit(address(text)).netloc.partition(":")[0]
    try:
        return host_text(text.strip("[]"))
    except Blocked as problem:
        raise InputInvalid(f"{text[:80]!r} is not a host name such as login.example.com.") from problem


def parse_paths(text: str) -> tuple[str, ...]:
    """Paths, one a line, each starting with ``/``.

    Raises:
        InputInvalid: a line is not a path, holds a query, or more than 20.
    """
    return _lines(text, path, MOST_PATHS, "paths")


def path(text: str) -> str:
    """One path.

    Raises:
        InputInvalid: it is none, or it holds a query.
    """
    if "?" in text or "#" in text:
        raise InputInvalid(f"{text.partition('?')[0][:80]!r}: a path without a query, please; only the path is tried.")
    if not re.fullmatch(r"/[!-~]{0,500}", text) or text.startswith("//") or "\\" in text:
        raise InputInvalid(f"{text[:80]!r} is not a path; it starts with / and has no spaces.")
    return text


def parse_origins(text: str) -> tuple[tuple[str, int, str], ...]:
    """Origins, one a line: ``203.0.113.10:443 admin.example.com``; ``=`` is accepted for the space.

    Returns:
        Host or address, port, and the public host it serves; empty where the line names none.

    Raises:
        InputInvalid: a line is something else.
    """
    return _lines(text, origin, MOST_HOSTS, "origins")


def origin(text: str) -> tuple[str, int, str]:
    """One origin: host or address, port, public host.

    Raises:
        InputInvalid: it is none.
    """
    where, *served = re.split(r"\s*(?:=|->|\s)\s*", text)
    if len(served) > 1 or "://" in where:
        raise InputInvalid(
            "Write host and port, then the public host it serves, such as 203.0.113.10:443 admin.example.com, "
            f"not {text[:80]!r}."
        )
    return (*store(where), host(served[0]) if served else "")


def parse_stores(text: str) -> tuple[tuple[str, int], ...]:
    """Data stores, one a line: ``db.example.com:5432``.

    Raises:
        InputInvalid: a line is something else; a connection string in particular.
    """
    return _lines(text, store, MOST_HOSTS, "data stores")


def store(text: str) -> tuple[str, int]:
    """Host and port of ``host:port``.

    Raises:
        InputInvalid: it is something else.
    """
    if "@" in text or "://" in text:
        raise InputInvalid(f"Enter only host and port, such as db.example.com:5432. {_CREDENTIAL}")
    try:
        name, port = endpoint(text)
    except ValueError as problem:
        raise InputInvalid(f"Write host and port, such as db.example.com:5432, not {text[:80]!r}.") from problem
    return host(name), port


def parse_addresses(text: str) -> tuple[str, ...]:
    """Every address of the ranges written, one address or range a line.

    Raises:
        InputInvalid: a line is neither, or together they are more than 256 addresses.
    """
    found: dict[str, None] = {}
    for entry in (part.strip() for part in re.split(r"[\n,]", text)):
        if not entry:
            continue
        try:
            network = ip_network(entry, strict=False)
        except ValueError as problem:
            raise InputInvalid(f"{entry[:80]!r} is neither an address nor a range such as 203.0.113.8/29.") from problem
        if network.num_addresses + len(found) > MOST_ADDRESSES:
            raise InputInvalid(
                f"Together these are more than {MOST_ADDRESSES} addresses; name only those that you use."
            )
        found.update(dict.fromkeys(str(each) for each in network))
    return tuple(found)


def parse_witness(text: str) -> str:
    """A name and a date: ``Anna Example, 2026-11-23``. Empty if nobody stands for it.

    Raises:
        InputInvalid: the name or the date is missing.
    """
    text = " ".join(text.split())[:200]
    name = _DATE.sub("", text).strip(" ,;")
    if text and (not _DATE.search(text) or not name):
        raise InputInvalid("Write a name and a date, such as Anna Example, 2026-11-23.")
    return text
