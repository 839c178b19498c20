"""Owns the answers that the connect forms of all databases ask for: host, port, authority, lists of names."""

from __future__ import annotations

import re
from typing import Final

from ztassess.connectors.contract import FieldKind, FormField
from ztassess.connectors.errors import InputInvalid

_HIGHEST_PORT = 65535
_SPLIT = re.compile(r"[\n,]")


def parse_host(text: str) -> str:
    """A host name or address, without scheme, path, port or second host.

    Raises:
        InputInvalid: it is something else, such as a connection string.
    """
    host = text.strip().lower()
    if "://" in host or "=" in host or "@" in host:
        raise InputInvalid("Enter only the host name, not a connection string: db.example.com.")
    if not host or any(mark in host for mark in ", /\\\0") or host.count(":") == 1:
        raise InputInvalid("Enter one host name or address, such as db.example.com; the port has its own field.")
    return host


def port_number(text: str, vendor: str, usual: int) -> int:
    """A port number; the vendor's usual one if nothing was typed.

    Raises:
        InputInvalid: it is no number from 1 to 65535.
    """
    digits = text.strip() or str(usual)
    if not digits.isascii() or not digits.isdigit() or not 1 <= int(digits) <= _HIGHEST_PORT:
        raise InputInvalid(f"The port is a number from 1 to 65535; {vendor}'s usual one is {usual}.")
    return int(digits)


def entries(text: str) -> tuple[str, ...]:
    """Entries, one a line or separated by commas, each once."""
    stripped = (entry.strip() for entry in _SPLIT.split(text))
    return tuple(dict.fromkeys(entry for entry in stripped if entry))


def people_lines(text: str, word: str) -> tuple[str, ...]:
    """Accounts of people, one a line, each with its person: ``anna=anna@example.com``.

    Parameters:
        word: what this kind of server calls an account.

    Raises:
        InputInvalid: a line without an account.
    """
    lines = entries(text)
    for line in lines:
        account, _, person = line.partition("=")
        if not account.strip() or (person.strip() and "@" not in person):
            raise InputInvalid(f"Write the {word} and its person, such as anna=anna@example.com, not {line[:80]!r}.")
    return lines


HOST: Final = FormField(
    "host",
    "Host",
    FieldKind.HOST,
    "Must be reachable from here; else use the upload.",
    required=True,
    binds_target=True,
    parse=parse_host,
)
