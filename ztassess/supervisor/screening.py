"""Owns which lines of a child a person sees at once: mail without a mail server, and errors, but never a flood."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

# Printed around each mail by ztassess.common.mail. Mail holds one-time codes, so it goes to the screen and to no file.
MAIL_RULE = "-" * 72
MAIL_START = "E-mail to "
ERROR = re.compile(r"\b(ERROR|CRITICAL|FATAL)\b|Traceback \(most recent call last\)|MISCONF|No space left on device")
PER_SECOND = 3.0


class LineScreen:
    """Sorts the lines of one child into screen and log."""

    def __init__(
        self,
        name: str,
        *,
        show: Callable[[str], None],
        log: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._show, self._log, self._clock = name, show, log, clock
        self._held_rule = self._in_mail = False
        self._allowance, self._counted_at, self._hidden = PER_SECOND, clock(), 0

    def line(self, text: str) -> None:
        """Take the next line."""
        if self._in_mail:
            self._show(f"  mail | {text}" if text != MAIL_RULE else "")
            self._in_mail = text != MAIL_RULE
        elif self._held_rule:
            self._held_rule = False
            self._after_rule(text)
        elif text == MAIL_RULE:
            self._held_rule = True
        else:
            self._plain(text)

    def _after_rule(self, text: str) -> None:
        if text.startswith(MAIL_START):
            self._in_mail = True
            self._show("")
            self._show(f"  mail | {text}")
        else:
            self._log(MAIL_RULE)
            self.line(text)

    def _plain(self, text: str) -> None:
        self._log(text)
        if not ERROR.search(text):
            return
        now = self._clock()
        self._allowance = min(PER_SECOND, self._allowance + (now - self._counted_at) * PER_SECOND)
        self._counted_at = now
        if self._allowance < 1:
            self._hidden += 1
            return
        self._allowance -= 1
        more = f" ({self._hidden} more in the log)" if self._hidden else ""
        self._hidden = 0
        self._show(f"  {self._name}: {text[:300]}{more}")
