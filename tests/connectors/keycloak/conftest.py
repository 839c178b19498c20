"""Owns a Keycloak server for each test, and readings of its realm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.connectors.keycloak.fake import CLIENT, KEY, SECRET, Server
from tests.fakes.vendor import CANARY, context_for
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.keycloak import CONNECTOR

PRIVATE = KEY.as_pem(private=True).decode()
MakeContext = Callable[..., ReadContext]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        assert isinstance(made, Server)
        yield made


def read_by(server: Server, *, secret: bool = False, base: str = "", **more: Any) -> ReadContext:
    entered = {"base_url": base or server.base, "realm": server.realm, "client_id": CLIENT, "key_id": "kid-1"}
    secrets = {"client_secret": SECRET} if secret else {"private_key": PRIVATE}
    return context_for(CONNECTOR, entered, secrets, **more)


@pytest.fixture
def context(server: Server) -> MakeContext:
    """``context(secret=True, declared=...)``."""
    return lambda **more: read_by(server, **more)


def no_secret(*things: object) -> None:
    """Neither the vendor's canary nor our key, secret or token is in what was kept or said."""
    body = PRIVATE.splitlines()[1]
    for thing in things:
        text = repr(thing)
        assert CANARY not in text
        assert SECRET not in text
        assert body not in text
        assert "eyJ" not in text
