"""Budgets: every limit ends with a sentence, counts are exact under threads."""

from __future__ import annotations

import threading

import pytest

from ztassess.connectors.errors import BudgetExceeded
from ztassess.connectors.netguard import Budget


def test_requests_are_counted_and_limited() -> None:
    budget = Budget(requests=2)
    budget.spend_request()
    budget.spend_request()
    with pytest.raises(BudgetExceeded, match="2 requests"):
        budget.spend_request()
    assert budget.requests == 2


@pytest.mark.parametrize(
    ("spend", "limits"),
    [("spend_wire", {"wire_bytes": 10}), ("spend_decoded", {"decoded_bytes": 10})],
)
def test_bytes_are_limited_over_the_whole_run(spend: str, limits: dict[str, int]) -> None:
    budget = Budget(**limits)  # type: ignore[arg-type]
    getattr(budget, spend)(6)
    getattr(budget, spend)(4)
    with pytest.raises(BudgetExceeded):
        getattr(budget, spend)(1)


def test_pages_are_limited() -> None:
    budget = Budget(pages=1)
    budget.spend_page()
    with pytest.raises(BudgetExceeded):
        budget.spend_page()


def test_no_time_left_stops_requests() -> None:
    with pytest.raises(BudgetExceeded, match="time limit"):
        Budget(seconds=0).spend_request()


def test_threads_do_not_lose_counts() -> None:
    budget = Budget(requests=4000)

    def spend() -> None:
        for _ in range(1000):
            budget.spend_request()

    threads = [threading.Thread(target=spend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert budget.requests == 4000
