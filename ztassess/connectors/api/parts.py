"""Owns reading side by side: the parts of a snapshot at once, many small questions at once, failures in place."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import (
    AuthFailed,
    BadAnswer,
    BudgetExceeded,
    Canceled,
    ConnectorError,
    Incomplete,
    InputInvalid,
    OverPrivileged,
    RateLimited,
    Refused,
    TlsFailed,
    Unreachable,
)
from ztassess.domain.findings import Part, Unavailable

if TYPE_CHECKING:
    from ztassess.connectors.api.session import ApiSession

T = TypeVar("T")
R = TypeVar("R")
WATCH_SECONDS = 0.2
# These are about the whole connection: no part can be read, so the reading as a whole says so.
_WHOLE = (AuthFailed, Canceled, InputInvalid, OverPrivileged)


def unavailable_of(problem: ConnectorError) -> Unavailable:
    """What a failed reading of one part becomes in the snapshot.

    Raises:
        AuthFailed, Canceled, InputInvalid, OverPrivileged: again, for they are about the whole connection.
    """
    if isinstance(problem, _WHOLE):
        raise problem
    if isinstance(problem, Refused):
        return Unavailable(problem.reason, problem.scope, problem.sentence)
    reasons: tuple[tuple[type[ConnectorError], str], ...] = (
        (RateLimited, "rate_limited"),
        (Unreachable, "unreachable"),
        (TlsFailed, "unreachable"),
        (BudgetExceeded, "partial_data"),
        (Incomplete, "partial_data"),
        (BadAnswer, "upstream_error"),
    )
    reason = next((word for kind, word in reasons if isinstance(problem, kind)), "upstream_error")
    return Unavailable(reason, detail=problem.sentence)


def read_parts(
    context: ReadContext,
    session: ApiSession | Sequence[ApiSession] | None,
    readers: Mapping[str, Callable[[], Iterable[Any]]],
) -> dict[str, Part[Any]]:
    """Read several parts at once; each becomes a tuple, or says why nobody could look.

    Progress and cancel are heard in the calling thread, which holds the scan; the readers only read.

    Parameters:
        session: stopped when the scan is canceled or the credential fails; how many requests run at once is its pace.
            Several for a vendor with several hosts.
        readers: by name of the part; each gives the rows. A `ConnectorError` becomes `Unavailable`, with the rows that
            came before it as `Unavailable.read`.

    Raises:
        AuthFailed, Canceled, InputInvalid, OverPrivileged: of any reader.
        RateLimited, Unreachable, BudgetExceeded...: nothing at all could be read; the first problem, so that the scan
            waits or fails as a whole instead of ending without a word.
    """
    found: dict[str, Part[Any]] = {}
    problems: list[ConnectorError] = []
    counted: dict[str, int] = {}
    lock = threading.Lock()

    def one(name: str, reader: Callable[[], Iterable[Any]]) -> Part[Any]:
        rows = []
        try:
            for row in reader():
                rows.append(row)
                with lock:
                    counted[name] = len(rows)
        except ConnectorError as problem:
            missing = replace(unavailable_of(problem), read=tuple(rows))
            with lock:
                problems.append(problem)
            return missing
        return tuple(rows)

    with ThreadPoolExecutor(max_workers=max(1, len(readers)), thread_name_prefix="part") as pool:
        waiting = {pool.submit(one, name, reader): name for name, reader in readers.items()}
        try:
            for future, name in _as_they_end(context, waiting, counted, lock):
                found[name] = future.result()
                if not isinstance(found[name], Unavailable):
                    context.progress(name, len(found[name]))  # type: ignore[arg-type]  # a tuple, see above
        except BaseException:
            for each in () if session is None else session if isinstance(session, Sequence) else (session,):
                each.pacer.stop()
            for future in waiting:
                future.cancel()
            raise
    if problems and all(isinstance(part, Unavailable) for part in found.values()):
        raise problems[0]
    return {name: found[name] for name in readers}


def _as_they_end(
    context: ReadContext, waiting: Mapping[Future[Part[Any]], str], counted: dict[str, int], lock: threading.Lock
) -> Iterator[tuple[Future[Part[Any]], str]]:
    open_, told = set(waiting), dict[str, int]()
    while open_:
        ended, open_ = wait(open_, timeout=WATCH_SECONDS, return_when=FIRST_COMPLETED)
        for future in ended:
            yield future, waiting[future]
        with lock:
            news = {name: count for name, count in counted.items() if told.get(name) != count}
        for name, count in news.items():
            told[name] = count
            context.progress(name, count)


def fan_out(session: ApiSession, items: Iterable[T], read: Callable[[T], R]) -> Iterator[R]:
    """Ask one question for each item, several at once, answers in the order of the items.

    How many run at once is the session's pace; at most twice as many answers wait to be taken, so that memory stays
    flat. The first error ends it.
    """
    pending: list[Future[R]] = []
    width = session.pacer.pace.width
    pool = ThreadPoolExecutor(max_workers=width, thread_name_prefix="item")
    try:
        for item in items:
            pending.append(pool.submit(read, item))
            if len(pending) >= 2 * width:
                yield pending.pop(0).result()
        while pending:
            yield pending.pop(0).result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
