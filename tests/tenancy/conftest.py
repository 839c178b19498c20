"""The crawl needs one row of every tenant model in two organizations, each text marked with whose it is."""

import pytest

from tests.fakes.doors import bells, building

__all__ = ["bells", "building"]


@pytest.fixture(autouse=True)
def no_broker(bells):
    """The crawl posts to routes that ring."""
