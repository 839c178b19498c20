"""A vendor that counts over a minute lets many requests begin at once, then only at its rate."""

from __future__ import annotations

import pytest

from ztassess.connectors.api.pace import Pace, Pacer
from ztassess.connectors.netguard import Budget


@pytest.mark.parametrize(("burst", "free"), [(0, 1), (3, 4)])
def test_requests_of_a_burst_do_not_wait_and_the_next_does(burst: int, free: int) -> None:
    pauses: list[float] = []
    pace = Pace(per_second=0.01, burst=burst)
    pacer = Pacer(pace, Budget(), "People Inc", pause=lambda seconds: bool(pauses.append(seconds)))
    for _ in range(free):
        with pacer:
            pass
    assert pauses == []
    with pacer:
        pass
    assert len(pauses) == 1
    assert 0 < pauses[0] <= 100
