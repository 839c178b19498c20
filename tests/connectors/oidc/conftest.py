"""Owns the two real issuers of a session, and ways to read them as the product does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from tests.fakes.vendor import context_for
from tests.services.issuers import CLIENT, SECRET, MachineIssuer, machine_issuer, people_issuer
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.oidc import CONNECTOR

Read = Callable[..., ReadContext]


@pytest.fixture(scope="session")
def people() -> Iterator[str]:
    """oidc-provider-mock."""
    with people_issuer() as address:
        yield address


@pytest.fixture(scope="session")
def _machine() -> Iterator[MachineIssuer]:
    with machine_issuer() as issuer:
        yield issuer


@pytest.fixture(scope="session")
def client_key() -> Any:
    return RSAKey.generate_key(2048, {"kid": "minter-1"})


@pytest.fixture
def machine(_machine: MachineIssuer, client_key: Any) -> MachineIssuer:
    """Authlib's server, in order."""
    fresh = MachineIssuer(_machine.address, key=_machine.key)
    for name in ("seconds", "opaque", "audience", "claims", "document", "keys", "client"):
        setattr(_machine, name, getattr(fresh, name))
    _machine.client.public = client_key
    return _machine


def reading(issuer: str, *, by: str = "", key: Any = None, token: str = "", **entered: str) -> ReadContext:
    """A run against an issuer; `by` is ``key`` or ``secret`` to mint a token."""
    secrets = {"sample_token": token} if token else {}
    if by == "key":
        secrets["client_private_key"] = key.as_pem(private=True).decode()
    if by == "secret":
        secrets["client_secret"] = SECRET
    fields = {"issuer": issuer, **({"client_id": CLIENT} if by else {}), **entered}
    return context_for(CONNECTOR, fields, secrets, now=datetime.now(UTC))
