"""What the tests of the AWS connector share: a real moto server, and a run against it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.services.moto import MotoServer, moto, moto_server_process  # noqa: F401  fixtures
from ztassess.connectors.contract import Declared, ReadContext
from ztassess.connectors.netguard import Budget, Guard

SESSION = {
    "access_key_id": "ASIAEXAMPLEEXAMPLE12",
    "secret_access_key": "canary-session-secret",
    "session_token": "canary-session-token",
}
Run = Callable[..., ReadContext]


def context(endpoint: str, *, secrets: dict[str, str] | None = None, **more: Any) -> ReadContext:
    """One run with a temporary session against a server; ``config`` is the form, ``operator`` adds to the endpoint."""
    operator = {"aws_endpoint_url": endpoint} | more.pop("operator", {})
    config = {"regions": ("us-east-1",)} | more.pop("config", {})
    return ReadContext(
        config=config,
        secrets=SESSION if secrets is None else secrets,
        guard=Guard(),
        budget=more.pop("budget", None) or Budget(seconds=60),
        now=datetime.now(UTC),
        declared=Declared(),
        operator=operator,
        **more,
    )


@pytest.fixture
def run(moto: MotoServer) -> Run:  # noqa: F811  pytest passes the fixture by this name
    """Makes runs against an empty account: ``run(config={...}, secrets={...})``."""

    def made(**more: Any) -> ReadContext:
        return context(moto.endpoint, **more)

    return made
