"""Owns a Fleet server for each test, and readings of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.connectors.fleet.fake import TOKEN, Server
from tests.fakes.vendor import CANARY, context_for
from ztassess.connectors.contract import Declared, ReadContext
from ztassess.connectors.fleet import CONNECTOR

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
    def made(token: str = TOKEN, declared: Declared = PEOPLE, **more: Any) -> ReadContext:
        return context_for(CONNECTOR, {"base_url": server.base}, {"api_token": token}, declared=declared, **more)

    return made


def no_secret(*things: object) -> None:
    """Neither the vendor's canary nor our token is in what was kept or said."""
    for thing in things:
        assert CANARY not in repr(thing)
        assert TOKEN not in repr(thing)
