"""Owns a running fake of Google Cloud and runs of the connector against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from joserfc.jwk import ECKey

from tests.connectors.google_iap.fake import ISSUER, PERSON, POOL, Cloud
from tests.connectors.google_iap.rows import DEV, ORGANIZATION, PROD, READER
from tests.fakes.vendor import CANARY, context_for
from ztassess.connectors.api import read_parts
from ztassess.connectors.contract import Declared, ReadContext
from ztassess.connectors.google_iap import CONNECTOR
from ztassess.connectors.google_iap.collect import readers
from ztassess.connectors.google_iap.sessions import open_cloud

DECLARED = Declared(internal_hosts=("admin.acme.example",), sensitive_tools=("admin.acme.example",))
Run = Callable[..., ReadContext]


@cache
def signing_key() -> ECKey:
    """Our key, whose public half the pool has. Made anew for each run."""
    return ECKey.generate_key("P-256")


def pem() -> str:
    return signing_key().as_pem(private=True).decode()


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud(ECKey.import_key(signing_key().as_pem(private=False))) as made:
        assert isinstance(made, Cloud)
        yield made


def form(**changed: str) -> dict[str, str]:
    """What a person enters."""
    return {
        "projects": f"{PROD}=production\n{DEV}=development",
        "organization_id": ORGANIZATION,
        "service_account_email": READER,
        "auth": "workload_identity",
        "identity_provider": POOL,
        "issuer": ISSUER,
        "internal_services": "billing",
    } | changed


@pytest.fixture
def run(cloud: Cloud) -> Run:
    """A run against the fake: ``run(auth="impersonation", declared=...)``."""

    def made(
        *, declared: Declared = DECLARED, secrets: dict[str, str] | None = None, more: Any = None, **entered: str
    ) -> ReadContext:
        own = {"access_token": PERSON} if entered.get("auth") == "impersonation" else {"federation_key": pem()}
        chosen = own if secrets is None else secrets
        extra = more or {}
        return context_for(
            CONNECTOR, form(**entered), chosen, endpoints=cloud.endpoints, declared=declared, kept={}, **extra
        )

    return made


def parts_alone(context: ReadContext, *names: str) -> dict[str, Any]:
    """Only these parts, read as a whole reading reads them; the others would only cost time."""
    with open_cloud(context) as cloud:
        asked = readers(cloud, context)
        chosen = {name: asked[name] for name in names}
        # A part that is there, so that the trouble of the others stays theirs.
        return read_parts(context, cloud.all, {**chosen, "there": lambda: ["a row"]})


def outcomes(reading: Any) -> dict[str, str]:
    """Outcome by check, without the prefix."""
    return {result.check.partition(".")[2]: result.outcome.value for result in reading.results}


def no_secret(*things: object) -> None:
    """Neither the vendor's canary nor our key is in what was kept or said."""
    body = pem().splitlines()[1]
    for thing in things:
        text = repr(thing)
        assert CANARY not in text
        assert body not in text
