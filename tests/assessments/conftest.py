"""Pages are tested with the door connector, so that no test waits for a real one."""

import pytest

from tests.fakes.doors import bells, building, connection, schedule

__all__ = ["bells", "building", "connection", "schedule"]


@pytest.fixture(autouse=True)
def doors_only(building, bells):
    """One connector, counted bells."""


@pytest.fixture
def as_owner(client, owner, organization):
    client.force_login(owner)
    return client


@pytest.fixture
def home(organization):
    """The address of the organization's pages."""
    return f"/o/{organization.slug}/"
