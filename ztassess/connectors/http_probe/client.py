"""Owns the guarded requests of the probe: netguard's refusals and failures in the probe's words."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from ztassess.connectors.errors import BadAnswer, Blocked, BudgetExceeded, InputInvalid, TlsFailed, Unreachable
from ztassess.connectors.http_probe.probe import AGENT, KNOCK, MAX_BODY, Answer, Failed
from ztassess.connectors.netguard import Budget, Guard, HttpClient, connect_pinned, http_client
from ztassess.connectors.netguard.addresses import denial, parsed_address

ADDRESS_SECONDS: Final = 60.0
"""Longest time for all requests to one address, pauses included; a server that only drips ends here."""


@dataclass(frozen=True, slots=True)
class Line:
    """What all requests of one run share: guard, budget, how we name ourselves, and the end of it all.

    Attributes:
        stopped: set when the run ends early; nothing more is sent.
    """

    guard: Guard
    budget: Budget
    agent: str = AGENT
    stopped: threading.Event = field(default_factory=threading.Event)

    def seconds_left(self) -> float:
        """Seconds until the run is over.

        Raises:
            Failed: ``budget``, it is over.
        """
        if self.stopped.is_set():
            raise Failed("budget")
        try:
            return self.budget.remaining_seconds()
        except BudgetExceeded as problem:
            raise Failed("budget", problem.sentence) from problem

    def count(self, requests: int) -> None:
        """Count requests that were sent, on the run's own budget."""
        with suppress(BudgetExceeded):  # the next request finds out
            for _ in range(requests):
                self.budget.spend_request()


class Asker:
    """Asks one address. Use it in a ``with`` block; each request counts against the run and against the address.

    Parameters:
        most: GETs to this address, repeated ones included.
    """

    def __init__(self, line: Line, most: int) -> None:
        self._line = line
        self._budget = Budget(seconds=min(ADDRESS_SECONDS, line.seconds_left()), requests=most)
        self._clients: dict[str, tuple[HttpClient, Budget]] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def __call__(self, url: str, headers: Mapping[str, str], connect_to: tuple[str, int] | None = None) -> Answer:
        """GET a URL, over a connection to another host if given; then its certificate is not verified.

        Raises:
            Failed: no answer.
        """
        self._line.seconds_left()
        client, budget = self._client("plain" if url.startswith("http:") else "origin" if connect_to else "tls")
        before = budget.requests
        try:
            with failures(self._line):
                said = client.get(url, headers=headers, max_body=MAX_BODY, connect_to=connect_to)
        finally:
            self._line.count(budget.requests - before)
        return Answer(said.status, said.headers, said.body, said.address)

    def _client(self, kind: str) -> tuple[HttpClient, Budget]:
        """Port 80 is another address and has a limit of its own; all else shares one."""
        if kind not in self._clients:
            budget = (
                Budget(seconds=ADDRESS_SECONDS, requests=self._budget.max_requests) if kind == "plain" else self._budget
            )
            made = http_client(
                self._line.guard,
                budget,
                schemes=("http",) if kind == "plain" else ("https",),
                ports=None,
                verify=kind == "tls",
                headers={"user-agent": self._line.agent},
            )
            self._clients[kind] = self._open.enter_context(made), budget
        return self._clients[kind]


def dial(line: Line, host: str, port: int) -> str:
    """Connect once and hang up; returns the address that accepted.

    Raises:
        Failed: nobody accepted, or we may not try.
    """
    line.seconds_left()
    with failures(line):
        pinned = line.guard.pin(host, port, ports=None)
        with connect_pinned(line.guard, pinned, timeout=KNOCK) as sock:
            return str(sock.getpeername()[0])


@contextmanager
def failures(line: Line) -> Iterator[None]:
    """Our own errors in the probe's words; the end of the run is told from a server that takes too long."""
    try:
        yield
    except Blocked as problem:
        raise Failed("private", class_of(problem)) from problem
    except TlsFailed as problem:
        raise Failed("tls", problem.reason or problem.sentence) from problem
    except Unreachable as problem:
        raise Failed(problem.how or "closed") from problem
    except (BadAnswer, InputInvalid) as problem:
        raise Failed("malformed", problem.sentence) from problem
    except BudgetExceeded as problem:
        line.seconds_left()
        raise Failed("timeout", problem.sentence) from problem


def class_of(problem: Blocked) -> str:
    """What kind of address the guard refused, such as ``a private`` or ``an internal``; empty if it was no address."""
    kind, _, rest = problem.reason.partition(": ")
    if kind == "name":
        return "an internal"
    if kind != "address":
        return ""
    why = rest.partition("(")[2].rstrip(")")
    if why in ("", "not global unicast", "this host"):
        return "a special"
    return f"{'an' if why[0].lower() in 'aeio' else 'a'} {why}"


def is_public(ip: str) -> bool:
    """True if an address is one that the whole internet can reach."""
    address = parsed_address(ip)
    return address is not None and not denial(address)
