"""Owns the clock of the story: while history is written, now is the day that is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.utils import timezone


class Clock:
    """The moment that is told. It only goes forward: the audit log's lines stand in the order of their times."""

    def __init__(self, start: datetime) -> None:
        self.moment = start

    def now(self) -> datetime:
        """Stands in for `django.utils.timezone.now`."""
        return self.moment

    def at(self, moment: datetime) -> datetime:
        """Go on to a moment; one that has passed already becomes the present one."""
        self.moment = max(self.moment, moment)
        return self.moment

    def later(self, **span: float) -> datetime:
        """Go on by a span of time, given as for `timedelta`."""
        return self.at(self.moment + timedelta(**span))


@contextmanager
def story_clock(start: datetime) -> Iterator[Clock]:
    """Replace Django's clock for the length of the block.

    Services ask ``timezone.now()``, so they need no parameter that only a demo would use. This holds for the whole
    process: it is for a command or a task that does nothing else meanwhile, never for a web process. Defaults of model
    fields keep the real clock (they hold the function itself), and so does the database's ``Now()``; whoever tells
    the story sets those columns right after.
    """
    clock, real = Clock(start), timezone.now
    timezone.now = clock.now
    try:
        yield clock
    finally:
        timezone.now = real
