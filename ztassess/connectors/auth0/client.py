"""Owns the questions to Auth0: one function per endpoint, each reply parsed at once into values of the snapshot.

Titles are those of the Auth0 Management API v2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from ztassess.connectors.api import ApiSession, Reply, Row, by_number, row_of, rows_of, whole
from ztassess.connectors.auth0 import parsing, scopes
from ztassess.connectors.auth0.snapshot import Api, Client, Factor, Sessions, User
from ztassess.connectors.errors import BadAnswer, Incomplete

T = TypeVar("T")
PAGE: Final = 100
# The kind of a row, and of the page it comes in.
Kind = tuple[str, str]
RESOURCE_SERVER: Final[Kind] = ("ResourceServer", "ListResourceServerOffsetPaginatedResponseContent")
CLIENT: Final[Kind] = ("Client", "ListClientsOffsetPaginatedResponseContent")
USER: Final[Kind] = ("UserResponseSchema", "ListUsersOffsetPaginatedResponseContent")
MOST_USERS: Final = 1000  # Auth0, "View Search Results by Page": no more are listed
CLIENT_FIELDS: Final = (
    "client_id,name,global,app_type,grant_types,token_endpoint_auth_method,client_authentication_methods,refresh_token"
)
USER_FIELDS: Final = "user_id,email,username,blocked,multifactor,last_login,created_at"


def policies(session: ApiSession) -> Iterator[str]:
    """When a second factor is asked for ("Get multi-factor authentication policies")."""
    value = session.get("/api/v2/guardian/policies", scope=scopes.POLICIES).value
    if not isinstance(value, list):
        raise BadAnswer(f"Instead of a list of MFA policies came {type(value).__name__}.")
    yield from map(parsing.policy_of, value)


def factors(session: ApiSession) -> Iterator[Factor]:
    """Second factors ("Get Factors and multi-factor authentication details").

    Raises:
        Incomplete: none was listed, but Auth0 lists every one, on or off.
    """
    rows = rows_of(session.get("/api/v2/guardian/factors", scope=scopes.FACTORS).value, "GuardianFactor")
    if not rows:
        raise Incomplete("Auth0 listed no factor, on or off, which it always does.")
    yield from map(parsing.factor_of, rows)


def apis(session: ApiSession, limit: int = PAGE) -> Iterator[Api]:
    """APIs ("Get resource servers")."""
    yield from _paged(session, "/api/v2/resource-servers", "resource_servers", RESOURCE_SERVER, parsing.api_of,
                      scope=scopes.APIS, limit=limit)  # fmt: skip


def clients(session: ApiSession, limit: int = PAGE) -> Iterator[Client]:
    """Applications ("Get clients"), but for the one that stands for old settings of the tenant."""
    rows = _paged(session, "/api/v2/clients", "clients", CLIENT, lambda row: row, scope=scopes.CLIENTS, limit=limit,
                  is_global="false", fields=CLIENT_FIELDS, include_fields="true")  # fmt: skip
    yield from (parsing.client_of(row) for row in rows if not parsing.is_global(row))


def sessions(session: ApiSession) -> Iterator[Sessions]:
    """Session limits ("Get tenant settings")."""
    asked = {"fields": "session_lifetime,idle_session_lifetime", "include_fields": "true"}
    value = session.get("/api/v2/tenants/settings", asked, scope=scopes.SETTINGS).value
    yield parsing.sessions_of(row_of(value, "GetTenantSettingsResponseContent"))


def users(session: ApiSession, limit: int = PAGE) -> Iterator[User]:
    """Users ("List or Search Users"), as many as Auth0 lists.

    Raises:
        Incomplete: there are more, or so many that it cannot be told.
    """
    yield from _paged(session, "/api/v2/users", "users", USER, parsing.user_of, scope=scopes.USERS,
                      limit=limit, most=MOST_USERS, fields=USER_FIELDS, include_fields="true")  # fmt: skip


def _paged(
    session: ApiSession,
    path: str,
    name: str,
    kind: Kind,
    parse: Callable[[Row], T],
    *,
    scope: str,
    limit: int,
    most: int | None = None,
    **params: str,
) -> Iterator[T]:
    """Rows over all pages, compared with the total that Auth0 states. Raises as `by_number`.

    Parameters:
        most: rows that Auth0 lists at all; from there on nothing is known.
    """
    stated: list[int] = []

    def total(reply: Reply) -> int:
        stated.append(row_of(reply.value, kind[1]).number("total"))
        return min(stated[0], most or stated[0])

    asked = {"per_page": str(limit), "include_totals": "true", **params}
    found = 0
    for reply in by_number(session, path, asked, total=total, size=limit, first=0, scope=scope):
        rows = rows_of(row_of(reply.value, kind[1]).value.get(name), kind[0])
        found += len(rows)
        yield from map(parse, rows)
    if most is not None and stated[0] >= most:
        raise Incomplete(
            f"Auth0 lists at most {most:,} {name}; {stated[0]:,} were stated, so that more may not have been seen."
        )
    whole(session, name.replace("_", " "), found, stated[0])
