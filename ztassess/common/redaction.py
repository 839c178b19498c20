"""Owns what never reaches a log or a stored error: shapes of credentials, and the secrets that are open just now."""

from __future__ import annotations

import base64
import json
import logging
import re
from collections import Counter
from collections.abc import Iterable
from types import TracebackType
from typing import Self
from urllib.parse import quote

SHAPES = re.compile(
    r"""(
      \b(?:AKIA|ASIA)[A-Z0-9]{16}\b
    | \bxox[abprs]-[A-Za-z0-9-]{10,}
    | \bhv[sb]\.[A-Za-z0-9_-]{20,}
    | \bSSWS\s+\S+
    | \bgh[pousr]_[A-Za-z0-9]{20,}
    | \beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*
    | -----BEGIN[^-]*PRIVATE\ KEY-----.*?(?:-----END[^-]*-----|$)
    | (?<=/s/)[A-Za-z0-9_-]{20,}
    | (?<=://)[^/\s:@]+:[^/\s@]+(?=@)
    )""",
    re.VERBOSE | re.DOTALL,
)


# Shorter ones are words of our own sentences too often; a credential that short protects nothing.
SHORTEST = 5
_open: Counter[str] = Counter()
_formatter = logging.Formatter()


class OpenSecrets:
    """Secrets in use. While the block runs, their values are hidden from everything this process logs or stores as an
    error: a vendor's or a library's message may repeat them. One list for the process, because its threads log too.
    """

    def __init__(self) -> None:
        self._forms: list[str] = []

    def __enter__(self) -> Self:
        return self

    def add(self, values: Iterable[str]) -> None:
        """Hide these values from now on."""
        forms = [form for value in values for form in _forms(value)]
        self._forms += forms
        _open.update(forms)

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        _open.subtract(self._forms)
        for form in self._forms:
            if _open[form] <= 0:
                del _open[form]
        self._forms.clear()


def _forms(value: str) -> set[str]:
    """How a secret may be written in a message: as it is, line by line, quoted, encoded."""
    raw = value.encode(errors="replace")
    forms = {value, *value.splitlines(), json.dumps(value)[1:-1], repr(value)[1:-1], quote(value, safe="")}
    forms |= {base64.b64encode(raw).decode().rstrip("="), raw.hex()}
    return {form for form in forms if len(form) >= SHORTEST}


def redact(text: str) -> str:
    """The text with every credential shape and every open secret replaced by ``***``."""
    for form in sorted(_open, key=len, reverse=True):
        text = text.replace(form, "***")
    return SHAPES.sub("***", text)


class RedactFilter(logging.Filter):
    """Cleans a log record, its traceback included, before any handler prints it."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        clean = redact(message)
        if clean != message:
            record.msg, record.args = clean, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = _formatter.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        return True
