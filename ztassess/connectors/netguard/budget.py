"""Owns the limits of one run: time by the wall clock, requests, bytes on the wire, bytes after decoding, pages."""

from __future__ import annotations

import threading
import time

from ztassess.connectors.errors import BudgetExceeded

MEBIBYTE = 1024 * 1024


class Budget:
    """What one run may spend. Thread-safe; the clock starts when it is made.

    Parameters:
        seconds: wall clock of the whole run, not of one read.
        requests: requests sent, retries included; None for no limit of its own (time still ends it).
        wire_bytes: bytes received, headers included, before decompression.
        decoded_bytes: bytes after decompression.
        pages: pages of lists followed.

    Attributes:
        requests: how many requests were sent so far.
        pages: how many pages were followed so far.
    """

    def __init__(
        self,
        seconds: float = 60.0,
        requests: int | None = None,
        wire_bytes: int = 5 * MEBIBYTE,
        decoded_bytes: int = 20 * MEBIBYTE,
        pages: int = 100,
    ) -> None:
        self.seconds, self.max_requests, self.max_pages = seconds, requests, pages
        self.max_wire_bytes, self.max_decoded_bytes = wire_bytes, decoded_bytes
        self.requests, self.pages, self.wire_bytes, self.decoded_bytes = 0, 0, 0, 0
        self._deadline = time.monotonic() + seconds
        self._lock = threading.Lock()

    def remaining_seconds(self) -> float:
        """Seconds left, above 0.

        Raises:
            BudgetExceeded: none left.
        """
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise BudgetExceeded(
                f"The time limit of {self.seconds:.0f} s was reached; what was read until then is kept."
            )
        return left

    def spend_request(self) -> None:
        """Count one request about to be sent.

        Raises:
            BudgetExceeded: no request or no time is left.
        """
        self.remaining_seconds()
        with self._lock:
            if self.max_requests is not None and self.requests >= self.max_requests:
                raise BudgetExceeded(
                    f"The limit of {self.max_requests} requests was reached; what was read until then is kept."
                )
            self.requests += 1

    def spend_page(self) -> None:
        """Count one page of a list about to be followed.

        Raises:
            BudgetExceeded: no page is left.
        """
        with self._lock:
            if self.pages >= self.max_pages:
                raise BudgetExceeded(
                    f"The limit of {self.max_pages} pages was reached; what was read until then is kept."
                )
            self.pages += 1

    def spend_wire(self, count: int) -> None:
        """Count bytes received.

        Raises:
            BudgetExceeded: more than allowed.
        """
        with self._lock:
            self.wire_bytes += count
            if self.wire_bytes > self.max_wire_bytes:
                raise BudgetExceeded(
                    f"The server sent more than {self.max_wire_bytes / MEBIBYTE:.0f} MiB; we stopped reading."
                )

    def spend_decoded(self, count: int) -> None:
        """Count bytes after decompression.

        Raises:
            BudgetExceeded: more than allowed; a small answer that unpacks to a huge one.
        """
        with self._lock:
            self.decoded_bytes += count
            if self.decoded_bytes > self.max_decoded_bytes:
                raise BudgetExceeded(
                    f"The answer unpacks to more than {self.max_decoded_bytes / MEBIBYTE:.0f} MiB; we stopped reading."
                )
