"""Every way of paging gives every row once, in order, and says when it cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.connectors.api.conftest import SIZE, Open, People
from tests.fakes.vendor import Answer
from ztassess.connectors.api import (
    ApiSession,
    Pace,
    Reply,
    by_link,
    by_number,
    by_offset,
    by_token,
    by_url,
    distinct,
    whole,
)
from ztassess.connectors.errors import BudgetExceeded, Incomplete
from ztassess.connectors.netguard import Budget


def stated(reply: Reply) -> int:
    return int(reply.value["total"])


def unstated(reply: Reply) -> None:
    return None


Pages = Callable[[ApiSession], Iterator[Reply]]
WAYS: dict[str, Pages] = {
    "link": lambda session: by_link(session, "/link"),
    "url": lambda session: by_url(session, "/url"),
    "token": lambda session: by_token(session, "/token", param="after"),
    "number": lambda session: by_number(session, "/number", total=stated, size=SIZE),
    "offset": lambda session: by_offset(session, "/offset", total=stated, size=SIZE),
    "short": lambda session: by_number(session, "/short", total=unstated, size=SIZE),
}


def rows(reply: Reply) -> list[dict[str, str]]:
    found = reply.value if isinstance(reply.value, list) else reply.value["users"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("people", [0, 9, 10, 11, 35])
def test_every_row_comes_once_and_in_order(vendor: People, open_session: Open, way: str, people: int) -> None:
    vendor.people = vendor.people[:people]
    with open_session() as session:
        found = [row["id"] for reply in WAYS[way](session) for row in rows(reply)]
    assert found == [row["id"] for row in vendor.people]
    assert len(vendor.asked(f"/{way}")) <= people // SIZE + 1


@pytest.mark.parametrize("way", ["number", "offset"])
def test_pages_of_a_known_total_are_read_side_by_side(vendor: People, open_session: Open, way: str) -> None:
    vendor.latency = 0.05
    with open_session(pace=Pace(width=3)) as session:
        assert len(list(WAYS[way](session))) == 4
    assert vendor.most_at_once == 3


@pytest.mark.parametrize("way", WAYS)
def test_a_list_of_more_pages_than_allowed_ends_with_a_sentence(open_session: Open, way: str) -> None:
    with open_session(budget=Budget(pages=2)) as session, pytest.raises(BudgetExceeded, match="2 pages"):
        list(WAYS[way](session))


@pytest.mark.parametrize(("read", "path"), [(by_number, "/number"), (by_offset, "/offset")])
def test_a_total_without_end_costs_the_budget_and_no_memory(vendor: People, open_session: Open, read, path) -> None:
    with open_session(budget=Budget(pages=2)) as session, pytest.raises(BudgetExceeded, match="2 pages"):
        list(read(session, path, total=lambda _: 10**15, size=SIZE))
    assert len(vendor.asked(path)) == 1


@pytest.mark.parametrize(
    "link", ["https://elsewhere.example/link?after=10", "//elsewhere.example/x", "http://localhost/x"]
)
@pytest.mark.parametrize("way", ["link", "url"])
def test_a_link_to_another_server_is_not_followed(vendor: People, open_session: Open, way: str, link: str) -> None:
    def lead_away(answer: Answer) -> Answer:
        return Answer({**answer.value, "@odata.nextLink": link}, headers={"link": f'<{link}>; rel="next"'})

    vendor.fault(f"/{way}", change=lead_away)
    with open_session() as session, pytest.raises(Incomplete, match="another server"):
        list(WAYS[way](session))
    assert len(vendor.requests) == 1


@pytest.mark.parametrize("way", ["link", "url", "token"])
def test_a_circle_of_pages_is_noticed(vendor: People, open_session: Open, way: str) -> None:
    def again(answer: Answer) -> Answer:
        link = f"{vendor.base}/{way}?after=0"
        return Answer(
            {**answer.value, "@odata.nextLink": link, "nextPageToken": "0"}, headers={"link": f'<{link}>; rel="next"'}
        )

    vendor.fault(f"/{way}", change=again)
    with open_session() as session, pytest.raises(Incomplete, match="circle"):
        list(WAYS[way](session))
    assert len(vendor.requests) == 2


def test_fewer_rows_than_stated_are_not_a_whole_list(open_session: Open) -> None:
    with open_session() as session:
        whole(session, "people", 35, 35)
        whole(session, "people", 35, None)
        with pytest.raises(Incomplete, match="34 of 35 people"):
            whole(session, "people", 34, 35)


def test_row_that_comes_twice_ends_the_list_after_those_before_it() -> None:
    rows = distinct("abcb", str, "Vendor")
    assert [next(rows), next(rows), next(rows)] == ["a", "b", "c"]
    with pytest.raises(Incomplete, match="Vendor sent b twice"):
        next(rows)
    assert list(distinct("abc", str, "Vendor")) == ["a", "b", "c"]
