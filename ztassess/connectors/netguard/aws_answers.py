"""Owns what botocore may take from a server: bytes and seconds within the budget, and answers it can read or refuse."""

from __future__ import annotations

import socket
import ssl
from typing import Any

from botocore.parsers import ResponseParserError, ResponseParserFactory

from ztassess.connectors.netguard.budget import Budget

READ_SECONDS = 15.0
# What botocore's parsers raise on an answer in a shape that the service does not have.
_MISREAD = (LookupError, ValueError, TypeError, AttributeError, RecursionError)


def spending_socket(sock: socket.socket, budget: Budget) -> socket.socket:
    """The same connection, whose every read counts against the budget and ends with it."""

    class Spending(socket.socket):
        def recv_into(self, *args: Any, **kwargs: Any) -> int:
            return _received(self, super().recv_into, budget, args, kwargs)

    timeout = sock.gettimeout()
    spending = Spending(fileno=sock.detach())
    spending.settimeout(timeout)
    return spending


def spending_tls(budget: Budget) -> type[ssl.SSLSocket]:
    """The same for connections that go over to TLS: the class of a context's sockets."""

    class Spending(ssl.SSLSocket):
        def recv_into(self, *args: Any, **kwargs: Any) -> int:
            return _received(self, super().recv_into, budget, args, kwargs)

    return Spending


def _received(sock: socket.socket, read: Any, budget: Budget, args: Any, kwargs: Any) -> int:
    """One read. botocore has a timeout for each, and would take what comes for as long as something does."""
    sock.settimeout(min(READ_SECONDS, budget.remaining_seconds()))
    try:
        count: int = read(*args, **kwargs)
    except TimeoutError:
        budget.remaining_seconds()
        raise
    budget.spend_wire(count)
    return count


class StrictParsers(ResponseParserFactory):
    """botocore's parsers, whose every failure is a `ResponseParserError`; entities of XML are refused unread."""

    def create_parser(self, protocol_name: str) -> Any:
        made = super().create_parser(protocol_name)
        parse = made.parse

        def strictly(response: Any, shape: Any) -> Any:
            if b"<!ENTITY" in response["body"]:
                raise ResponseParserError("The answer declares entities.")
            try:
                return parse(response, shape)
            except ResponseParserError:
                raise
            except _MISREAD as problem:
                raise ResponseParserError("The answer has another shape than the service.") from problem

        made.parse = strictly  # type: ignore[method-assign]  # the factory makes one parser for each client
        return made
