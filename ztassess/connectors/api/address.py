"""Owns the address of a server as a form takes it: https, a host, perhaps a port, nothing of a person's sign-in."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from ztassess.connectors.errors import InputInvalid


@dataclass(frozen=True, slots=True)
class EnteredAddress:
    """An address as it was typed, in parts.

    Attributes:
        host: lower case.
        port: as typed; None if none was.
        path: its parts, without the slashes.
        more: a query or a fragment stood behind it.
    """

    host: str
    port: int | None
    path: tuple[str, ...]
    more: bool

    @property
    def authority(self) -> str:
        """Host, and the port if one was typed."""
        return self.host if self.port is None else f"{self.host}:{self.port}"


def entered_address(text: str, *, ask: str) -> EnteredAddress | None:
    """Take an address apart; ``https://`` may be left out.

    Parameters:
        ask: what to enter, as the end of a sentence: ``the https address of your org, such as ...``.

    Returns:
        None if nothing was entered.

    Raises:
        InputInvalid: not an address, another scheme than https, or one with a name and a password in it.
    """
    entered = text.strip()
    if not entered:
        return None
    try:
        url = urlsplit(entered if "://" in entered else f"https://{entered}")
        host, port = (url.hostname or "").lower(), url.port
    except ValueError as problem:
        raise InputInvalid(f"Enter {ask}.") from problem
    if url.scheme != "https" or not host or url.username is not None:
        raise InputInvalid(f"Enter {ask}.")
    path = tuple(part for part in url.path.split("/") if part)
    return EnteredAddress(host, port, path, bool(url.query or url.fragment))
