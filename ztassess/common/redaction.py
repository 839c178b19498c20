"""Owns what never reaches a log: shapes of credentials, wherever they stand in a line."""

from __future__ import annotations

import logging
import re

SHAPES = re.compile(
    r"""(
      \b(?:AKIA|ASIA)[A-Z0-9]{16}\b
    | \bxox[abprs]-[A-Za-z0-9-]{10,}
    | \bhv[sb]\.[A-Za-z0-9_-]{20,}
    | \bSSWS\s+\S+
    | \bgh[pousr]_[A-Za-z0-9]{20,}
    | \beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*
    | -----BEGIN[^-]*PRIVATE\ KEY-----.*?(?:-----END[^-]*-----|$)
    | (?<=://)[^/\s:@]+:[^/\s@]+(?=@)
    )""",
    re.VERBOSE | re.DOTALL,
)


def redact(text: str) -> str:
    """The text with every credential shape replaced by ``***``."""
    return SHAPES.sub("***", text)


class RedactFilter(logging.Filter):
    """Replaces credential shapes in a log record before any handler prints it."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        clean = redact(message)
        if clean != message:
            record.msg, record.args = clean, ()
        return True
