"""Owns on whose behalf a request acts, so that every line which it writes says so, whichever service writes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from ztassess.audit.models import Via


@dataclass(frozen=True, slots=True)
class Acting:
    """A person who acts in one organization through another door than its members.

    ``words`` follow the summary of a line in parentheses, for example ``consultant for Acme, of Northgate``.
    """

    organization_id: UUID
    actor_id: int
    via: Via
    words: str


_ACTING: ContextVar[Acting | None] = ContextVar("acting", default=None)


@contextmanager
def acting(who: Acting | None) -> Iterator[None]:
    """Until it ends, lines of this person in this organization carry the door and the words; None stands for a member.

    What was in force outside is in force again afterwards, however the block ended.
    """
    token = _ACTING.set(who)
    try:
        yield
    finally:
        _ACTING.reset(token)


def acting_for(organization_id: UUID, actor_id: int | None) -> Acting | None:
    """What is in force for a line of this person in this organization.

    A job that runs inside a request has no actor, or another organization: it stays a job.
    """
    who = _ACTING.get()
    if who is None or (who.organization_id, who.actor_id) != (organization_id, actor_id):
        return None
    return who
