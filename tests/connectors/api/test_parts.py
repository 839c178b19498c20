"""Parts are read side by side; what fails fails alone, and never as an empty list."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.api.conftest import Open, People
from tests.fakes.vendor import NOW, Answer, local_guard
from ztassess.connectors.api import Pace, by_link, fan_out, read_parts
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import (
    AuthFailed,
    BadAnswer,
    BudgetExceeded,
    Canceled,
    ConnectorError,
    Forbidden,
    Incomplete,
    NotFound,
    OverPrivileged,
    RateLimited,
    Unreachable,
)
from ztassess.connectors.netguard import Budget
from ztassess.domain.findings import Unavailable


def context(progress: object = None) -> ReadContext:
    more = {"progress": progress} if progress else {}
    return ReadContext({}, local_guard(), Budget(), NOW, **more)  # type: ignore[arg-type]  # a callable


def raising(problem: ConnectorError, *rows: str) -> Iterator[str]:
    yield from rows
    raise problem


@pytest.mark.parametrize(
    ("problem", "reason", "scope"),
    [
        (Forbidden("no", status=403, scope="users.read"), "missing_scope", "users.read"),
        (NotFound("no", status=404), "unsupported", ""),
        (RateLimited("slow"), "rate_limited", ""),
        (Unreachable(), "unreachable", ""),
        (BudgetExceeded("over"), "partial_data", ""),
        (Incomplete("half"), "partial_data", ""),
        (BadAnswer("odd"), "upstream_error", ""),
    ],
)
def test_a_failed_part_says_why_and_keeps_what_came(problem: ConnectorError, reason: str, scope: str) -> None:
    found = read_parts(context(), None, {"good": lambda: ["a"], "bad": lambda: raising(problem, "x", "y")})
    assert found["good"] == ("a",)
    assert found["bad"] == Unavailable(reason, scope, problem.sentence, ("x", "y"))


@pytest.mark.parametrize("problem", [AuthFailed("no"), OverPrivileged("can write"), Canceled("stop")])
def test_what_is_about_the_whole_connection_ends_the_reading(problem: ConnectorError) -> None:
    with pytest.raises(type(problem)):
        read_parts(context(), None, {"good": lambda: ["a"], "bad": lambda: raising(problem)})


def test_nothing_read_at_all_is_an_error_and_no_empty_snapshot() -> None:
    with pytest.raises(RateLimited):
        read_parts(
            context(), None, {"one": lambda: raising(RateLimited("slow")), "two": lambda: raising(RateLimited("slow"))}
        )


def test_an_empty_part_is_empty_and_not_missing() -> None:
    assert read_parts(context(), None, {"none": list}) == {"none": ()}


def test_progress_is_told_in_the_callers_thread_with_counts() -> None:
    import threading

    told: list[tuple[str, int, bool]] = []
    mine = threading.get_ident()
    watched = context(lambda part, seen: told.append((part, seen, threading.get_ident() == mine)))
    read_parts(watched, None, {"people": lambda: ["a", "b"], "apps": lambda: ["c"]})
    assert ("people", 2, True) in told
    assert ("apps", 1, True) in told
    assert all(own for _, _, own in told)


def test_a_cancel_stops_the_session(vendor: People, open_session: Open) -> None:
    def canceled(part: str, seen: int) -> None:
        raise Canceled("Canceled; nothing of this scan was kept.")

    with open_session() as session:
        readers = {
            "fast": lambda: ["a"],
            "slow": lambda: (row for reply in by_link(session, "/link") for row in reply.value["users"]),
        }
        with pytest.raises(Canceled):
            read_parts(context(canceled), session, readers)
        asked = len(vendor.requests)
        with pytest.raises(Canceled):
            session.get("/users/u1")
        assert len(vendor.requests) == asked


def test_parts_run_side_by_side(vendor: People, open_session: Open) -> None:
    vendor.latency = 0.05
    with open_session(pace=Pace(width=4)) as session:

        def one(number: int) -> Iterator[str]:
            yield session.get(f"/users/u{number}").value["id"]

        found = read_parts(context(), session, {f"p{n}": (lambda n=n: one(n)) for n in range(4)})
    assert found == {f"p{n}": (f"u{n}",) for n in range(4)}
    assert vendor.most_at_once == 4


def test_the_first_error_ends_a_fan(vendor: People, open_session: Open) -> None:
    vendor.fault("/users/u3", Answer({}, 403))
    with open_session() as session:
        answers = fan_out(session, range(30), lambda n: session.get(f"/users/u{n}").value["id"])
        assert [next(answers) for _ in range(3)] == ["u0", "u1", "u2"]
        with pytest.raises(Forbidden):
            next(answers)
    assert len(vendor.requests) < 30
