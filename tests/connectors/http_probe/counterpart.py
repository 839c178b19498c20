"""An internal tool over real TLS that answers any stranger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.fakes.counterpart import Counterpart
from tests.fakes.vendor import Answer, Vendor


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    tool = Vendor()
    tool.route("GET", ".*")(lambda _: Answer(raw=b"<title>Admin</title>", kind="text/html"))
    with tool:
        yield Counterpart(
            entered={"internal_hosts": f"{tool.base}/"}, fails="http_probe.anonymous_request_refused", real=True
        )
