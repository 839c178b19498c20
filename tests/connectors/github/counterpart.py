"""A GitHub organization with too many owners and pipelines with static keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from tests.connectors.github.answers import APP_ID, app_key
from tests.connectors.github.fake import GitHub
from tests.connectors.github.test_collect import spoil
from tests.fakes.counterpart import Counterpart

ADDRESSES = ("https://api.github.com",)


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    with GitHub() as github:
        assert isinstance(github, GitHub)
        github.now = lambda: datetime.now(UTC)  # a person's scan runs by the real clock
        spoil(github)
        github.profile["two_factor_requirement_enabled"], github.lacking = True, []
        yield Counterpart(
            entered={"organization": "acme", "app_id": APP_ID},
            secrets={"app_private_key": app_key()[0]},
            endpoints={"https://api.github.com": github.base},
            fails="github.owner_count",
            passes="github.two_factor_required",
        )
