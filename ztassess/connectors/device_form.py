"""Owns what the connect forms of device managers share: the address of a server that a person types."""

from __future__ import annotations

from ztassess.connectors.errors import Blocked, InputInvalid
from ztassess.connectors.netguard import parse_url


def parse_server(text: str, example: str) -> str:
    """``https://host[:port]`` without a path.

    Parameters:
        example: an address to show in the sentence of a refusal.

    Raises:
        InputInvalid: another scheme, a path or a query, or no address at all.
    """
    entered = text.strip()
    if not entered:
        return ""
    if "://" not in entered:
        entered = f"https://{entered}"
    try:
        url = parse_url(entered, schemes=("https",))
    except Blocked as problem:
        raise InputInvalid(f"Enter the https address of your server, such as {example}.") from problem
    if url.target not in ("", "/") or "#" in entered:
        raise InputInvalid(f"Enter only the address of your server, without a path, such as {example}.")
    return str(url).rstrip("/")
