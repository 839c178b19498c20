"""Scans are tested with the door connector; bells are counted, not rung."""

import pytest

from tests.fakes.doors import bells, building, connection, schedule

__all__ = ["bells", "building", "connection", "schedule"]


@pytest.fixture(autouse=True)
def no_broker(bells):
    """No broker is needed to test the queue of record."""
