"""Owns the text rules: what a host name, a port and a URL may look like before anybody resolves or connects."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from ztassess.connectors.errors import Blocked
from ztassess.connectors.netguard.addresses import parsed_address

MAX_URL = 2048
MAX_HOST = 253
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
# RFC 6761, 6762, 7686, 8375, ICANN's reserved `internal`, and names that clusters and offices resolve to themselves.
SPECIAL_SUFFIXES = (
    *("localhost", "local", "localdomain", "test", "invalid", "onion"),
    *("internal", "lan", "home.arpa", "corp", "home", "intranet", "private"),
    *("svc", "cluster.local", "consul"),
)


@dataclass(frozen=True, slots=True)
class Url:
    """A URL that passed the text rules.

    Attributes:
        host: lower case name, or the canonical text of an address, without brackets.
        target: path and query as sent, never empty; the fragment is dropped.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """What must stay equal for credentials to travel along."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """The Host header: with brackets for IPv6, with the port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS.get(self.scheme) else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


_DEFAULT_PORTS = {"http": 80, "https": 443}


def plain_text(text: object, limit: int) -> str:
    """A value that is printable ASCII without space, backslash or control characters.

    Raises:
        Blocked: anything else; in particular full-width digits and ideographic dots, which resolvers normalize.
    """
    if not isinstance(text, str) or not text or len(text) > limit:
        raise Blocked(f"text: not a string of 1 to {limit} characters")
    if any(not "!" <= character <= "~" or character == "\\" for character in text):
        raise Blocked("text: a character that does not belong in an address")
    return text


def host_text(host: object) -> str:
    """A host in canonical text: an address as `ipaddress` writes it, or a lower case name of strict LDH labels.

    Special names are not judged here (`public_name` does), because an operator may allow exactly one of them.

    Raises:
        Blocked: not a host.
    """
    text = plain_text(host, MAX_HOST).lower()
    address = parsed_address(text)
    if address is not None:
        return str(address)
    labels = text.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise Blocked("text: not a host name")
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        raise Blocked("text: a number in a spelling that only some programs read as an address")
    return text


def public_name(name: str) -> None:
    """Refuse names that only mean something inside a network.

    Raises:
        Blocked: a single label or a special suffix.
    """
    if "." not in name:
        raise Blocked("name: a single label")
    if any(name == suffix or name.endswith(f".{suffix}") for suffix in SPECIAL_SUFFIXES):
        raise Blocked("name: a special suffix")


def port_number(port: object) -> int:
    """A port from 1 to 65535.

    Raises:
        Blocked: not one.
    """
    if isinstance(port, bool) or not isinstance(port, int) or not 1 <= port <= 65535:  # noqa: PLR2004  TCP's range
        raise Blocked("port: not a number from 1 to 65535")
    return port


def parse_url(text: object, *, schemes: Collection[str]) -> Url:
    """Take a URL apart by hand, because two libraries that disagree about one are how guards are walked around.

    Parameters:
        schemes: accepted schemes, lower case.

    Raises:
        Blocked: ``scheme: ...`` for another scheme, ``text: ...`` for everything that is not plainly a URL.
    """
    url = plain_text(text, MAX_URL)
    scheme = _SCHEME.match(url)
    if scheme is None:
        raise Blocked("text: no scheme")
    if scheme[1].lower() not in schemes:
        raise Blocked(f"scheme: {scheme[1].lower()[:20]} is not allowed")
    if not url.startswith("//", scheme.end()):
        raise Blocked("text: no authority")
    authority, target = _split(url[scheme.end() + 2 :])
    host, port = _host_and_port(authority)
    return Url(
        scheme=scheme[1].lower(),
        host=host,
        port=_DEFAULT_PORTS.get(scheme[1].lower(), 443) if port is None else port,
        target=target,
    )


def _split(rest: str) -> tuple[str, str]:
    """Authority and request target; the fragment goes."""
    found = re.search(r"[/?#]", rest)
    authority, tail = (rest, "") if found is None else (rest[: found.start()], rest[found.start() :])
    tail = tail.split("#", 1)[0]
    return authority, tail if tail.startswith("/") else f"/{tail}"


def _host_and_port(authority: str) -> tuple[str, int | None]:
    if "@" in authority or "%" in authority:
        raise Blocked("text: user information or an escape before the path")
    if authority.startswith("["):
        literal, closed, rest = authority[1:].partition("]")
        address = parsed_address(literal)
        if not closed or address is None or address.version != 6:  # noqa: PLR2004  the protocol's name
            raise Blocked("text: not an IPv6 address in brackets")
        host = str(address)
    else:
        name, colon, port = authority.partition(":")
        host, rest = host_text(name), colon + port
    if not rest:
        return host, None
    if not rest.startswith(":") or not _PORT.fullmatch(rest[1:]):
        raise Blocked("text: not a port")
    return host, port_number(int(rest[1:]))
