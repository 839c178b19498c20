"""Owns a Jamf Pro server for each test, and readings of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.connectors.jamf.fake import CLIENT, SECRET, Server
from tests.fakes.vendor import CANARY, context_for
from ztassess.connectors.contract import Declared, ReadContext
from ztassess.connectors.jamf import CONNECTOR

PEOPLE = Declared(people=("person1@acme.example", "person2@acme.example", "person3@acme.example"))
MakeContext = Callable[..., ReadContext]


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with Server() as made:
        assert isinstance(made, Server)
        yield made


@pytest.fixture
def server(running: Server) -> Server:
    running.reset()
    return running


@pytest.fixture
def context(server: Server) -> MakeContext:
    def made(secret: str = SECRET, declared: Declared = PEOPLE, **more: Any) -> ReadContext:
        entered = {"base_url": server.base, "client_id": CLIENT}
        return context_for(CONNECTOR, entered, {"client_secret": secret}, declared=declared, **more)

    return made


def no_secret(*things: object) -> None:
    """Neither the vendor's canary nor our secret or a token is in what was kept or said."""
    for thing in things:
        text = repr(thing)
        assert CANARY not in text
        assert SECRET not in text
        assert "token-1" not in text
