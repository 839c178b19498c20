"""Answers that no vendor should give to a list, and the reason that each must leave behind: none ever a pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.vendor import CANARY, Answer
from ztassess.connectors.api import unavailable_of
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import ConnectorError
from ztassess.domain.findings import Unavailable

HTML = Answer(raw=b"<html>Sign in</html>", kind="text/html")
HOSTILE = [
    ("403", Answer({"message": "Forbidden"}, 403), "missing_scope"),
    ("404", Answer({"message": "Not found"}, 404), "unsupported"),
    ("410", Answer(None, 410), "unsupported"),
    ("400", Answer({"message": "Bad request", "detail": CANARY}, 400), "upstream_error"),
    ("429 with Retry-After", Answer({"message": "slow"}, 429, {"retry-after": "1"}), "rate_limited"),
    ("429 for an hour", Answer({"message": "slow"}, 429, {"retry-after": "3600"}), "rate_limited"),
    ("429 bare", Answer({"message": "slow"}, 429), "rate_limited"),
    ("429 with garbage", Answer({"message": "slow"}, 429, {"retry-after": "soon"}), "rate_limited"),
    ("500", Answer({"message": CANARY}, 500), "upstream_error"),
    ("503", Answer(None, 503), "rate_limited"),
    ("redirect", Answer(None, 302, {"location": "http://169.254.169.254/"}), "upstream_error"),
    ("truncated JSON", Answer(raw=b'{"results": [{"id": 1, "na'), "upstream_error"),
    ("HTML with 200", HTML, "upstream_error"),
    ("empty body", Answer(raw=b""), "upstream_error"),
    ("null", Answer(None), "upstream_error"),
    ("number", Answer(7), "upstream_error"),
    ("list of numbers", Answer([1, 2]), "upstream_error"),
    ("object without a list", Answer({"totalCount": 0}), "upstream_error"),
    ("lists of something else", Answer({"totalCount": 1, "results": [1], "hosts": [1]}), "upstream_error"),
    ("NaN", Answer(raw=b'[{"id": NaN}]'), "upstream_error"),
    ("nested without end", Answer(raw=b"[" * 100_000), "upstream_error"),
]


def hostile_lists(*only: str) -> list[object]:
    """``(answer, reason)`` for `pytest.mark.parametrize`: all, or those of these names."""
    return [pytest.param(answer, reason, id=name) for name, answer, reason in HOSTILE if name in (only or (name,))]


def reason_of(collect: Callable[[ReadContext], Any], context: ReadContext, part: str) -> tuple[str, Any]:
    """Why a part could not be read, and the snapshot; None if the whole reading ended with that reason."""
    try:
        snapshot = collect(context)
    except ConnectorError as problem:
        return unavailable_of(problem).reason, None
    missing = getattr(snapshot, part)
    assert isinstance(missing, Unavailable)
    return missing.reason, snapshot
