"""Owns the requests to a SCIM service: one function per endpoint, each reply parsed at once into typed values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ztassess.connectors.api import ApiSession, Pace, Row, api_session, row_of
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import AuthFailed, BadAnswer, Forbidden, NotFound, Refused
from ztassess.connectors.netguard import Answer
from ztassess.connectors.scim.form import token_of
from ztassess.connectors.scim.snapshot import ServiceConfig, User

VENDOR: Final = "The app"
# SCIM has no limits of its own and apps publish different ones, or none.
PACE: Final = Pace(width=4, per_second=5.0)
CONFIG: Final = "/ServiceProviderConfig"
USERS: Final = "/Users"
ACTIVE: Final = "active eq true"
PAGE_ROWS: Final = 100
ERROR: Final = "urn:ietf:params:scim:api:messages:2.0:Error"
MOST_SAID: Final = 200


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list (RFC 7644, 3.4.2).

    ``itemsPerPage`` is not read: services fill it with what was asked for, with what came, or with zero.

    Attributes:
        total: rows in all, as the service states.
    """

    total: int
    users: tuple[User, ...]


@dataclass(frozen=True, slots=True)
class Door:
    """A session with the headers that sign each request: a token that was refused is not sent a second time."""

    session: ApiSession
    headers: dict[str, str] = field(repr=False)


@contextmanager
def open_door(context: ReadContext) -> Iterator[Door]:
    """One conversation with the service of the form."""
    token = token_of(context.secrets)
    headers = {"accept": "application/scim+json, application/json", "authorization": f"Bearer {token}"}
    with api_session(context, VENDOR, context.config["base_url"], pace=PACE, refusal=refusal_of(token)) as session:
        yield Door(session, headers)


def refusal_of(token: str) -> Callable[[Answer, Any, str], Exception | None]:
    """SCIM's refusals in our words (RFC 7644, 3.12), never with the token that some services repeat in them."""

    def refusal(answer: Answer, value: Any, scope: str) -> Exception | None:
        said = _detail(value, token)
        if answer.status == 401:  # noqa: PLR2004  HTTP's own number
            return AuthFailed(f"The app refused the token: {said}" if said else "The app refused the token.")
        if answer.status == 403:  # noqa: PLR2004  HTTP's own number
            why = f": {said}" if said else "."
            return Forbidden(f"The app does not let this token read {scope}{why}", status=403, scope=f"GET {scope}")
        if answer.status in (404, 410):
            return NotFound(f"There is no {scope} at this address; check the SCIM base URL.", status=answer.status)
        return None

    return refusal


def _detail(value: Any, token: str) -> str:
    """The service's own sentence, on one line; empty if this is no error of SCIM."""
    if not isinstance(value, dict) or ERROR not in (value.get("schemas") or ()):
        return ""
    detail = value.get("detail")
    if not isinstance(detail, str):
        return ""
    line = " ".join("".join(each if each.isprintable() else " " for each in detail).split())
    line = line.replace(token, "***")[:MOST_SAID].strip()
    return line if not line or line.endswith((".", "!", "?")) else f"{line}."


def get_config(door: Door) -> Iterator[ServiceConfig]:
    """What the service can do (GET /ServiceProviderConfig; RFC 7644, 4)."""
    yield config_of(door.session.get(CONFIG, scope=CONFIG, headers=door.headers).value)


def config_of(value: Any) -> ServiceConfig:
    """The parsed description. Raises `BadAnswer` if it is something else."""
    row = row_of(value, "ServiceProviderConfig")
    return ServiceConfig(patch=row.flag("patch.supported"), filter=row.flag("filter.supported", None))


def get_users(door: Door, start: int, *, count: int = PAGE_ROWS, only: str = "") -> Page:
    """One page of users (GET /Users; RFC 7644, 3.4.2).

    Parameters:
        start: number of the first row, from 1.
        count: rows at most; many services send as many as they like.
        only: a filter; many services ignore it.

    Raises:
        As `ApiSession.get`.
    """
    asked: dict[str, str | int | bool] = {"startIndex": start, "count": count}
    if only:
        asked["filter"] = only
    return page_of(door.session.get(USERS, asked, scope=USERS, headers=door.headers).value)


def page_of(value: Any) -> Page:
    """A parsed page; it holds no ``Resources`` where there are none. Raises `BadAnswer` if it is something else."""
    row = row_of(value, "ListResponse")
    total = row.number("totalResults")
    if total < 0:
        raise BadAnswer("The app says that it has fewer than no accounts.")
    resources = row.value.get("Resources") or []
    if not isinstance(resources, list):
        raise BadAnswer("ListResponse.Resources is no list.")
    row.has("Resources")
    return Page(total, tuple(_user(row_of(each, "User")) for each in resources))


def _user(row: Row) -> User:
    emails = (each.text("value", "").strip().lower() for each in row.rows("emails", ()))
    return User(
        id=row.text("id"),
        name=row.text("userName", "").strip(),
        emails=tuple(dict.fromkeys(address for address in emails if address)),
        active=_active(row),
        modified=_modified(row),
    )


def _active(row: Row) -> bool | None:
    """True and false as RFC 7643 writes them, or as text, as some services do; everything else says nothing."""
    try:
        return row.flag("active", None)
    except BadAnswer:
        pass
    try:
        return {"true": True, "false": False}.get(row.text("active", "").lower())
    except BadAnswer:
        return None


def _modified(row: Row) -> datetime | None:
    """It only tells how late a deactivation may have been, so a broken one breaks nothing."""
    try:
        return row.moment("meta.lastModified", None)
    except BadAnswer:
        return None


def is_beyond(problem: Refused) -> bool:
    """True if a service refuses a page after the last one instead of sending an empty one."""
    return problem.status in (400, 404, 416)
