"""Owns how fast a vendor is asked: its published limits, how it says that it is too fast, and how long we wait."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from ztassess.connectors.errors import Canceled, RateLimited
from ztassess.connectors.netguard import Answer, Budget

TOO_MANY, UNAVAILABLE = 429, 503
FIRST_PAUSE = 1.0
LONGEST_GUESS = 16.0
EPOCH_FROM = 1_000_000_000  # a reset larger than this is a point in time, not a number of seconds


@dataclass(frozen=True, slots=True)
class Pace:
    """A vendor's published limits.

    Attributes:
        width: requests at once.
        per_second: requests begun per second at most; None where the vendor publishes no rate.
        burst: requests that may begin at once before that rate counts, where the vendor counts over a longer time.
        remaining: name of the header that says how many requests are left; empty if the vendor has none.
        limit: name of the header that says how many there are in all.
        reset: name of the header that says when they are renewed (epoch seconds, or seconds from now).
        reserve: share of the limit that stays for the customer's own traffic; below it we stop.
        quota: requests left, requests in all and seconds until they are renewed, where the vendor says so in another
            form than these three headers; None if this answer does not say.
        throttle: the seconds to wait if this answer is a throttle with another status than 429 and 503, else None.
        tries: how often one request is sent at the most.
        seconds: how long all tries of one request may take together.
    """

    width: int = 4
    per_second: float | None = None
    burst: int = 0
    remaining: str = ""
    limit: str = ""
    reset: str = ""
    reserve: float = 0.1
    quota: Callable[[Answer], tuple[float, float, float] | None] | None = None
    throttle: Callable[[Answer], float | None] | None = None
    tries: int = 5
    seconds: float = 90.0


class Pacer:
    """The pace of one session, shared by its threads.

    Parameters:
        clock: seconds since 1970, for header values; replaced in tests.
        pause: waits, or returns True at once if the session was stopped; replaced in tests.
    """

    def __init__(
        self,
        pace: Pace,
        budget: Budget,
        vendor: str,
        *,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], bool] | None = None,
    ) -> None:
        self.pace, self.vendor = pace, vendor
        self._budget, self._clock = budget, clock
        self._stopped = threading.Event()
        self._pause = pause or self._stopped.wait
        self._slots = threading.Semaphore(pace.width)
        self._lock = threading.Lock()
        self._next = 0.0
        self._renewed = 0.0

    def stop(self) -> None:
        """Send no further request: the scan was canceled or has failed elsewhere."""
        self._stopped.set()

    def __enter__(self) -> None:
        """Wait for a turn.

        Raises:
            RateLimited: the customer's quota is nearly used up, so we leave the rest of it alone.
            Canceled: the session was stopped.
        """
        self._slots.acquire()
        try:
            self._turn()
        except BaseException:
            self._slots.release()
            raise

    def __exit__(self, *_: object) -> None:
        self._slots.release()

    def _turn(self) -> None:
        self._go_on()
        with self._lock:
            left = self._renewed - self._clock()
        if left > 0:
            raise RateLimited(f"Less than a tenth of the quota of {self.vendor} is left; we leave it to you.", left)
        if self.pace.per_second is None:
            return
        with self._lock:
            now = time.monotonic()
            due = max(now, self._next)
            begin = max(now, due - self.pace.burst / self.pace.per_second)
            self._next = due + 1.0 / self.pace.per_second
        if begin > now:
            self._pause(begin - now)
            self._go_on()

    def _go_on(self) -> None:
        if self._stopped.is_set():
            raise Canceled("Stopped; nothing of this reading was kept.")

    def note(self, answer: Answer) -> None:
        """Learn from an answer how much quota is left."""
        wait: float | None
        stated = self.pace.quota(answer) if self.pace.quota else None
        if stated is not None:
            remaining, limit, wait = stated
        else:
            left, all_of_it = _number(answer, self.pace.remaining), _number(answer, self.pace.limit)
            if left is None or not all_of_it:
                return
            remaining, limit, wait = left, all_of_it, self._until_reset(answer)
        if remaining >= self.pace.reserve * limit:
            return
        with self._lock:
            self._renewed = max(self._renewed, self._clock() + (60.0 if wait is None else wait))

    def throttled(self, answer: Answer, tried: int) -> float | None:
        """Seconds to wait before the next try if this answer is a throttle, else None."""
        if answer.status in (TOO_MANY, UNAVAILABLE):
            stated = self._retry_after(answer)
            if stated is None and answer.status == TOO_MANY:
                stated = self._until_reset(answer)
            return self.guess(tried) if stated is None else stated
        return self.pace.throttle(answer) if self.pace.throttle else None

    def guess(self, tried: int) -> float:
        """A pause where the vendor states none: doubling, with jitter so that our workers do not come back at once."""
        return random.uniform(0.5, 1.0) * min(LONGEST_GUESS, FIRST_PAUSE * 2.0**tried)  # noqa: S311  jitter, no secret

    def wait(self, seconds: float, since: float) -> None:
        """Wait before another try.

        Parameters:
            since: when the first try began, by `time.monotonic`.

        Raises:
            RateLimited: waiting would take longer than one request may; the scan is resumed later instead.
            BudgetExceeded, Canceled: the run's time is over.
        """
        if time.monotonic() - since + seconds > self.pace.seconds or seconds > self._budget.remaining_seconds():
            raise RateLimited(f"{self.vendor} asked us to slow down.", seconds)
        self._pause(seconds)
        self._go_on()

    def _retry_after(self, answer: Answer) -> float | None:
        """Retry-After in seconds or as a date (RFC 9110, 10.2.3)."""
        text = (answer.header("retry-after") or "").strip()
        if text.isascii() and text.isdigit():
            return float(text[:9])
        try:
            at: datetime | None = parsedate_to_datetime(text) if text else None
        except (TypeError, ValueError):
            return None
        return max(0.0, at.timestamp() - self._clock()) if at is not None else None

    def _until_reset(self, answer: Answer) -> float | None:
        reset = _number(answer, self.pace.reset)
        if reset is None:
            return None
        return max(1.0, reset - self._clock() if reset >= EPOCH_FROM else reset)


def _number(answer: Answer, name: str) -> float | None:
    text = (answer.header(name) or "").strip() if name else ""
    return float(text[:15]) if text.isascii() and text.isdigit() else None
