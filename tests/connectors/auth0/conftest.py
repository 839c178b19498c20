"""Owns an Auth0 tenant for each test, and readings of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.connectors.auth0.fake import CLIENT, KEY, KID, SECRET, Tenant
from tests.fakes.vendor import CANARY, context_for
from ztassess.connectors.auth0 import CONNECTOR
from ztassess.connectors.contract import ReadContext

PRIVATE = KEY.as_pem(private=True).decode()
MakeContext = Callable[..., ReadContext]


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with Tenant() as made:
        assert isinstance(made, Tenant)
        yield made


@pytest.fixture
def context(tenant: Tenant) -> MakeContext:
    """``context(secret=True, declared=...)``."""

    def made(*, secret: bool = False, **more: Any) -> ReadContext:
        entered = {"tenant_domain": tenant.base.removeprefix("https://"), "client_id": CLIENT, "key_id": KID}
        secrets = {"client_secret": SECRET} if secret else {"private_key": PRIVATE}
        return context_for(CONNECTOR, entered, secrets, **more)

    return made


def no_secret(*things: object) -> None:
    """Neither the vendor's canary nor our key, secret or token is in what was kept or said."""
    body = PRIVATE.splitlines()[1]
    for thing in things:
        text = repr(thing)
        for secret in (CANARY, SECRET, body, "token-1"):
            assert secret not in text
