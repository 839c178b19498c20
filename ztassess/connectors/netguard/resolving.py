"""Owns the one look-up of a name: bounded in time and in number, because getaddrinfo knows no deadline."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

from ztassess.connectors.errors import Unreachable

Resolver = Callable[[str, float], tuple[str, ...]]
"""From a name and a deadline in seconds to the text of its addresses; raises `Unreachable`."""

# A hung resolver keeps its thread until the C library gives up; more of them than this would only pile up.
_SLOTS = threading.BoundedSemaphore(16)


def resolve(name: str, seconds: float) -> tuple[str, ...]:
    """All addresses of a name, in the system's order, each once.

    Parameters:
        name: as given to the resolver; a trailing dot keeps search domains out.
        seconds: how long to wait.

    Raises:
        Unreachable: no answer, not in time, or too many look-ups hang already.
    """
    if not _SLOTS.acquire(timeout=seconds):
        raise Unreachable(how="timeout")
    answer: list[tuple[str, ...] | OSError | UnicodeError] = []
    done = threading.Event()
    # A daemon thread, not a pool: a pool's threads are joined at exit, so one hung look-up would hang the worker's end.
    threading.Thread(target=_look_up, args=(name, answer, done), name="netguard-resolve", daemon=True).start()
    if not done.wait(seconds):
        raise Unreachable(how="timeout")
    found = answer[0]
    if not isinstance(found, tuple):
        raise Unreachable(how="name") from found
    return found


def _look_up(name: str, answer: list[tuple[str, ...] | OSError | UnicodeError], done: threading.Event) -> None:
    try:
        records = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        answer.append(tuple(dict.fromkeys(str(record[4][0]) for record in records)))
    except (OSError, UnicodeError) as problem:
        answer.append(problem)
    finally:
        _SLOTS.release()
        done.set()
