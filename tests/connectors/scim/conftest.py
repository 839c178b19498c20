"""Owns one real SCIM service per session, tenants of it to lend, and fakes of services with manners of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.scim.fake import ScimFake
from tests.services.scim import ScimServer, Tenant, start_scim


@pytest.fixture(scope="session")
def scim() -> Iterator[ScimServer]:
    """The session's server."""
    server = start_scim()
    yield server
    server.stop()


@pytest.fixture
def tenant(scim: ScimServer) -> Tenant:
    """An application without users."""
    return scim.tenant()


@pytest.fixture
def fake() -> Iterator[ScimFake]:
    """A service that keeps to the RFC until a test tells it otherwise."""
    with ScimFake() as made:
        yield made
