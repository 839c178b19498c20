"""Owns an Okta org for each test, and readings of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.connectors.okta.fake import CLIENT, KEY, KID, STATIC, Org
from tests.fakes.vendor import CANARY, context_for
from ztassess.connectors.contract import Declared, ReadContext
from ztassess.connectors.okta import CONNECTOR

EVERYTHING = Declared(
    people=("anna@acme.example", "ben@acme.example", "cleo@acme.example", "dan@acme.example"),
    leavers=("gone@acme.example",),
    tools=("GitHub", "Payroll", "Wiki"),
    sensitive_tools=("Payroll",),
    internal_hosts=("wiki.acme.example",),
)
PRIVATE = KEY.as_pem(private=True).decode()
MakeContext = Callable[..., ReadContext]


@pytest.fixture
def org() -> Iterator[Org]:
    with Org() as made:
        assert isinstance(made, Org)
        yield made


@pytest.fixture
def context(org: Org) -> MakeContext:
    """``context(static=True, dpop=False, declared=...)``."""

    def made(*, static: bool = False, dpop: bool = True, declared: Declared = EVERYTHING, **more: Any) -> ReadContext:
        if static:
            return context_for(CONNECTOR, {"org_url": org.base}, {"ssws_token": STATIC}, declared=declared, **more)
        entered = {"org_url": org.base, "client_id": CLIENT, "key_id": KID, "dpop": "yes" if dpop else "no"}
        return context_for(CONNECTOR, entered, {"private_key": PRIVATE}, declared=declared, **more)

    return made


def no_secret(*things: object) -> None:
    """Neither the vendor's canary nor our key or token is in what was kept or said."""
    body = PRIVATE.splitlines()[1]
    for thing in things:
        text = repr(thing)
        assert CANARY not in text
        assert STATIC not in text
        assert body not in text
        assert "token-1" not in text
