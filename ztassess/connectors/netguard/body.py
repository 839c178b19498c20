"""Owns reading what a hostile server sends: bounded decompression, strict JSON."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.netguard.budget import Budget

CHUNK = 64 * 1024
JSON_DEPTH = 64
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def decoded(chunks: Iterable[bytes], coding: str, budget: Budget) -> Iterator[bytes]:
    """The body after its content coding, in pieces of at most 64 KiB, each spent from the budget before it is yielded.

    Parameters:
        coding: the Content-Encoding header; empty for none.

    Raises:
        BadAnswer: a coding we did not ask for, several stacked, or damaged data.
        BudgetExceeded: it unpacks to more than allowed.
    """
    word = coding.strip().lower()
    if word in ("", "identity"):
        pieces: Iterator[bytes] = iter(chunks)
    elif word in ("gzip", "x-gzip"):
        pieces = _inflated(chunks, 16 + zlib.MAX_WBITS)
    elif word == "deflate":
        pieces = _deflated(chunks)
    else:
        raise BadAnswer("The server sent a compression we did not ask for.")
    for piece in pieces:
        budget.spend_decoded(len(piece))
        yield piece


def _deflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """RFC 9110, 8.4.1.2: deflate means zlib's format, but some servers send it without the wrapper of RFC 1950."""
    rest, head = iter(chunks), b""
    while len(head) < 2 and (chunk := next(rest, None)) is not None:  # noqa: PLR2004  the wrapper's two bytes
        head += chunk
    wrapped = head[:1] != b"" and head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0  # noqa: PLR2004  RFC 1950, 2.2
    yield from _inflated(chain((head,), rest), zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)


def _inflated(chunks: Iterable[bytes], window: int) -> Iterator[bytes]:
    inflate, empty = zlib.decompressobj(window), True
    for chunk in chunks:
        rest = chunk
        while rest:
            if inflate.eof:  # gzip allows several members one after the other
                inflate = zlib.decompressobj(window)
            try:
                piece = inflate.decompress(rest, CHUNK)
            except zlib.error as problem:
                raise BadAnswer("The server sent damaged compressed data.") from problem
            empty = False
            yield piece
            rest = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
    yield inflate.decompress(b"", CHUNK)  # a last copy may still be owed when the piece before was exactly full
    if not inflate.eof and not empty:
        raise BadAnswer("The answer ended in the middle of compressed data.")


def parse_json(body: bytes, *, depth: int = JSON_DEPTH) -> Any:
    """Parse JSON that a stranger wrote.

    Parameters:
        depth: brackets that may be open at once.

    Raises:
        BadAnswer: not UTF-8 JSON, nested too deep, a key twice in one object, NaN or Infinity, or a number of
            thousands of digits.
    """
    _check_depth(body, depth)
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as problem:
        raise BadAnswer("The server sent something that is not valid JSON.") from problem


def _check_depth(body: bytes, depth: int) -> None:
    """Count brackets before parsing: the parser recurses once per level."""
    level = 0
    for found in _STRING_OR_BRACKET.finditer(body):
        first = found[0][0]
        if first in b"[{":
            level += 1
            if level > depth:
                raise BadAnswer(f"The server sent JSON nested deeper than {depth} levels.")
        elif first in b"]}":
            level -= 1


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice in one object")
    return found
