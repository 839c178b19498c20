"""Owns a tailnet for each test, and readings of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.connectors.tailscale.factory import ANNA, BEN, CLEO
from tests.connectors.tailscale.fake import CLIENT, FEDERATED, JWT, SECRET, Tailscale
from tests.fakes.vendor import CANARY, context_for
from ztassess.connectors.contract import Declared, ReadContext
from ztassess.connectors.tailscale import CONNECTOR
from ztassess.connectors.tailscale.signing_in import ORIGIN

MakeContext = Callable[..., ReadContext]
ENTERED = {"production_tags": "tag:prod", "tailnet_apps": "wiki"}
PEOPLE = Declared(people=(ANNA, BEN, CLEO))


@pytest.fixture
def tailscale() -> Iterator[Tailscale]:
    with Tailscale() as made:
        assert isinstance(made, Tailscale)
        yield made


@pytest.fixture
def context(tailscale: Tailscale) -> MakeContext:
    """``context(federated=True, tailnet=..., now=...)``."""

    def made(*, federated: bool = False, secret: str = SECRET, declared: Declared = PEOPLE, **more: Any) -> ReadContext:
        entered = {**ENTERED, "auth": "federated" if federated else "oauth"}
        entered["oauth_client_id"] = FEDERATED if federated else CLIENT
        entered |= {name: more.pop(name) for name in ("tailnet", "lost_devices", "tailnet_apps") if name in more}
        secrets = {"identity_token": JWT} if federated else {"oauth_client_secret": secret}
        endpoints = {ORIGIN: tailscale.base}
        return context_for(CONNECTOR, entered, secrets, endpoints=endpoints, declared=declared, **more)

    return made


def no_secret(*things: object) -> None:
    """Neither the vendor's canary nor our secret, identity token or access token is in what was kept or said."""
    for thing in things:
        text = repr(thing)
        for secret in (CANARY, SECRET, JWT, "tskey-"):
            assert secret not in text
