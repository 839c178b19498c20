"""Owns the running fake that tests of the Cloudflare connector ask: one server, new for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.cloudflare.fake import Cloudflare


@pytest.fixture(scope="session")
def server() -> Iterator[Cloudflare]:
    with Cloudflare() as made:
        yield made


@pytest.fixture
def fake(server: Cloudflare) -> Cloudflare:
    """The fake with a compliant account, no faults and no history."""
    server.reset()
    return server
