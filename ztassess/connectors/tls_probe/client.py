"""Owns probing one target live: the runner's handshakes over guarded sockets, the answer parsed into typed values."""

from __future__ import annotations

import socket
from dataclasses import replace

from ztassess.connectors.errors import Blocked, BudgetExceeded, Unreachable
from ztassess.connectors.netguard import Budget, Guard, open_socket
from ztassess.connectors.netguard.addresses import parsed_address
from ztassess.connectors.tls_probe import runner
from ztassess.connectors.tls_probe.result_file import target_of
from ztassess.connectors.tls_probe.snapshot import Control, ProbedTarget

# 443 and everything above the system ports: the probe sends TLS and one GET to whatever listens, and mail, file and
# name services must not get either. The second group are databases and caches that would take a GET for commands.
PORTS = frozenset({443, *range(1024, 65536)}) - {
    *(
        1719,
        1720,
        1723,
        2049,
        3659,
        4045,
        4190,
        5060,
        5061,
        6000,
        6566,
        6665,
        6666,
        6667,
        6668,
        6669,
        6679,
        6697,
        10080,
    ),
    *(6379, 11211),
}


def probe(
    guard: Guard,
    budget: Budget,
    target: runner.Target,
    *,
    path: str = "/",
    stranger: tuple[str, str] | None = None,
    authority: str = "",
) -> ProbedTarget:
    """Make all attempts on one target; what stops them becomes part of the answer, never an exception.

    Parameters:
        stranger: paths of the certificate and key of a caller nobody knows.
        authority: PEM text of the authority that should have signed the server's certificate.
    """

    def dial(address: tuple[str, int], seconds: float) -> socket.socket:
        budget.spend_request()
        try:
            timeout = min(seconds, budget.remaining_seconds())
            return open_socket(guard, *address, timeout=timeout, ports=PORTS)
        except Unreachable as problem:
            raise TimeoutError if problem.how == "timeout" else ConnectionRefusedError from problem

    try:
        found = runner.probe(dial, target, path=path, stranger=stranger, authority=authority)
    except Blocked as problem:
        return _untried(target, "blocked", _refusal(target, problem.reason))
    except BudgetExceeded as problem:
        return _untried(target, "partial_data", problem.sentence)
    probed = target_of(found, target.label)
    return probed if probed.control.server_hello else replace(probed, detail=_silent(probed))


def _untried(target: runner.Target, error: str, detail: str) -> ProbedTarget:
    nothing = Control(server_hello=False, protocol="", alpn="", certificate=None, error=error)
    return ProbedTarget(target.label, target.host, target.port, target.sensitive, nothing, detail=detail)


def _refusal(target: runner.Target, reason: str) -> str:
    """What a person reads when the guard refused.

    Only what the entered text itself says; what a name resolved to would map the network we stand in.
    """
    kind = reason.partition(":")[0]
    if kind == "port":
        return f"Port {target.port} of {target.host} is not probed from here, only 443 and most from 1024 on."
    private = kind == "name" or (kind == "address" and parsed_address(target.host) is not None)
    state = "is private" if private else "cannot be reached from here"
    return f"{target.host} {state}. Run the inside runner next to it and upload its result."


def _silent(target: ProbedTarget) -> str:
    return f"{target.where} does not speak TLS, or nothing listens there. Nothing was judged."
