"""Owns a running tenant, and readings of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from tests.connectors.entra.fake import GRAPH, LOGIN, Tenant, credential
from tests.connectors.entra.tenant import CLIENT, EMERGENCY, PEOPLE, TENANT
from tests.fakes.vendor import context_for
from ztassess.connectors.api.signing import private_key
from ztassess.connectors.contract import Declared, ReadContext
from ztassess.connectors.entra import CONNECTOR, signing_in

Context = Callable[..., ReadContext]
DECLARED = Declared(
    break_glass=EMERGENCY, people=PEOPLE, leavers=("zoe@x.io",), tools=("Wiki",), sensitive_tools=("Wiki",)
)
PARSED = cache(private_key)
FORM = {"tenant_id": TENANT, "client_id": CLIENT}


@pytest.fixture(autouse=True)
def key_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL checks an RSA key for 75 ms each time it is parsed; the key of these tests is the same for all."""
    monkeypatch.setattr(signing_in, "private_key", PARSED)


@pytest.fixture(scope="session")
def running() -> Iterator[Tenant]:
    with Tenant() as made:
        yield made


@pytest.fixture
def tenant(running: Tenant) -> Tenant:
    """The one server of these tests, everything in it in order again."""
    running.reset()
    return running


@pytest.fixture
def context(tenant: Tenant) -> Context:
    """A run against the tenant: ``context(declared=..., entered={...}, secrets={...})``."""

    def made(
        *, entered: dict[str, str] | None = None, secrets: dict[str, str] | None = None, **more: Any
    ) -> ReadContext:
        return context_for(
            CONNECTOR,
            {**FORM, **(entered or {})},
            secrets if secrets is not None else {"certificate_key": credential()[0]},
            endpoints={GRAPH: tenant.base, LOGIN: tenant.base},
            **{"declared": DECLARED, **more},
        )

    return made
