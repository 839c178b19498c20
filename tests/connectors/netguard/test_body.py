"""Bodies of strangers: decompression within the budget, JSON without surprises."""

from __future__ import annotations

import gzip
import zlib

import pytest

from ztassess.connectors.errors import BadAnswer, BudgetExceeded
from ztassess.connectors.netguard import Budget, parse_json
from ztassess.connectors.netguard.body import CHUNK, decoded

TEXT = b"zero trust " * 5000


def _raw_deflate(text: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(text) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "sent"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT, mtime=0)),
        ("GZIP", gzip.compress(TEXT[:100], mtime=0) + gzip.compress(TEXT[100:], mtime=0)),
        ("x-gzip", gzip.compress(TEXT, mtime=0)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", _raw_deflate(TEXT)),
    ],
    ids=["none", "identity", "gzip", "two members", "x-gzip", "zlib", "raw deflate"],
)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_codings_we_ask_for_are_decoded(coding: str, sent: bytes, size: int) -> None:
    chunks = [sent[at : at + size] for at in range(0, len(sent), size)]
    assert b"".join(decoded(chunks, coding, Budget())) == TEXT


@pytest.mark.parametrize("more", [-1, 0, 1, 100, 257, 258, 259])
def test_last_bytes_are_not_lost_at_the_edge_of_a_piece(more: int) -> None:
    text = b"\0" * (CHUNK + more)
    assert b"".join(decoded([_raw_deflate(text)], "deflate", Budget())) == text


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "gzip,deflate", "\x00"])
def test_other_codings_are_refused(coding: str) -> None:
    with pytest.raises(BadAnswer):
        list(decoded([b"x"], coding, Budget()))


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("sent", [b"not compressed at all", gzip.compress(TEXT, mtime=0)[:-20], b"\x1f\x8b\x08\x00"])
def test_damaged_or_cut_data_is_a_bad_answer(coding: str, sent: bytes) -> None:
    with pytest.raises(BadAnswer):
        list(decoded([sent], coding, Budget()))


def test_bomb_stops_at_the_budget_in_small_pieces() -> None:
    bomb = gzip.compress(b"\0" * (64 * 1024 * 1024), mtime=0)
    pieces: list[int] = []
    with pytest.raises(BudgetExceeded):
        pieces.extend(len(piece) for piece in decoded([bomb], "gzip", Budget(decoded_bytes=1024 * 1024)))
    assert max(pieces) <= CHUNK
    assert sum(pieces) <= 1024 * 1024


def test_bomb_inside_a_bomb_is_refused_by_its_header() -> None:
    with pytest.raises(BadAnswer):
        list(decoded([gzip.compress(gzip.compress(b"\0" * 10_000_000), mtime=0)], "gzip, gzip", Budget()))


def test_plain_json_is_parsed() -> None:
    assert parse_json(b'{"a": [1, 2.5, "[[[", null, true, "\\"]"]}') == {"a": [1, 2.5, "[[[", None, True, '"]']}


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[1,]", b"{'a':1}", b"\xff\xfe", b"NaN", b"[Infinity]", b"[-Infinity]", b"{} {}", b"<html>"),
        b'{"a": 1, "a": 2}',
        b'{"x": {"a": 1, "a": 1}}',
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b"[" * 65 + b"]" * 65,
        b"1" * 5000,
        b'"' + b"\\" * 9999,
    ],
)
def test_strange_json_is_a_bad_answer(body: bytes) -> None:
    with pytest.raises(BadAnswer):
        parse_json(body)


def test_depth_of_64_is_still_read() -> None:
    assert parse_json(b"[" * 64 + b"]" * 64)
