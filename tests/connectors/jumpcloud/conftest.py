"""Owns a JumpCloud region for each test, and readings of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.connectors.jumpcloud.fake import CLIENT, CONSOLE, KEY, SECRET, SIGN_IN, Region
from tests.fakes.vendor import CANARY, context_for
from ztassess.connectors.contract import Declared, ReadContext
from ztassess.connectors.jumpcloud import CONNECTOR

PEOPLE = Declared(people=("person1@acme.example", "person2@acme.example", "person3@acme.example"))
MakeContext = Callable[..., ReadContext]


@pytest.fixture(scope="module")
def running() -> Iterator[Region]:
    with Region() as made:
        assert isinstance(made, Region)
        yield made


@pytest.fixture
def region(running: Region) -> Region:
    running.reset()
    return running


@pytest.fixture
def context(region: Region) -> MakeContext:
    """``context(key="")`` signs in as a service account."""

    def made(
        key: str = KEY,
        secret: str = SECRET,
        org: str = "",
        where: str = "us",
        addresses: tuple[str, str] = (CONSOLE, SIGN_IN),
        declared: Declared = PEOPLE,
        **more: Any,
    ) -> ReadContext:
        entered = {"region": where, "org_id": org} | ({} if key else {"client_id": CLIENT})
        secrets = {"api_key": key} if key else {"client_secret": secret}
        endpoints = dict.fromkeys(addresses, region.base)
        return context_for(CONNECTOR, entered, secrets, declared=declared, endpoints=endpoints, **more)

    return made


def no_secret(*things: object) -> None:
    """Neither the vendor's canary nor our key, secret or a token is in what was kept or said."""
    for thing in things:
        text = repr(thing)
        assert CANARY not in text
        assert KEY not in text
        assert SECRET not in text
        assert "token-1" not in text
