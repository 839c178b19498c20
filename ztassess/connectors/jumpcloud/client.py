"""Owns JumpCloud's interface: signing in, and one function for each endpoint, each reply typed at once."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from ztassess.connectors.api import ApiSession, Pace, Row, api_session, by_offset, distinct, row_of, whole
from ztassess.connectors.api.session import UNAUTHORIZED, Authorize
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import AuthFailed, BadAnswer, Refused
from ztassess.connectors.jumpcloud.form import CONSOLES, SIGN_IN
from ztassess.connectors.jumpcloud.snapshot import System, User
from ztassess.connectors.netguard import Answer

T = TypeVar("T")
USERS, SYSTEMS, ORGANIZATIONS = "/api/systemusers", "/api/systems", "/api/organizations"
SIGN_IN_PATH: Final = "/oauth2/token"
READ_ONLY: Final = "role Read Only"
PAGE: Final = 100
# JumpCloud publishes no rate, only that a throttled question is to be asked again later.
PACE: Final = Pace(width=4, per_second=10.0)


@contextmanager
def jumpcloud_session(context: ReadContext) -> Iterator[ApiSession]:
    """A session with the console of the entered region, signed in by key or as a service account."""
    region = str(context.config.get("region") or "us")
    key = context.secrets.get("api_key", "").strip()
    org = str(context.config.get("org_id") or "")
    more = {"x-org-id": org} if org else {}

    def by_key(session: ApiSession, renew: bool) -> Mapping[str, str]:
        return {"x-api-key": key, **more}

    with api_session(context, "JumpCloud", SIGN_IN[region], posts=(SIGN_IN_PATH,), pace=PACE) as signing:
        authorize = by_key if key else _by_service_account(signing, more)
        with api_session(
            context, "JumpCloud", CONSOLES[region], authorize=authorize, pace=PACE, refusal=_refusal
        ) as session:
            yield session


def _by_service_account(signing: ApiSession, more: Mapping[str, str]) -> Authorize:
    """Client credentials (OAuth 2.0); a token lives for an hour."""
    config, secrets = signing.context.config, signing.context.secrets
    pair = f"{config.get('client_id') or ''}:{secrets.get('client_secret', '').strip()}"

    def authorize(session: ApiSession, renew: bool) -> Mapping[str, str]:
        form = {"grant_type": "client_credentials", "scope": "api"}
        basic = {"authorization": f"Basic {b64encode(pair.encode()).decode()}"}
        try:
            reply = signing.post_form(SIGN_IN_PATH, form, headers=basic)
        except Refused as problem:
            raise AuthFailed(
                f"JumpCloud refused the service account ({problem.word or problem.status}). Check its ID and secret."
            ) from problem
        token = row_of(reply.value, "tokenResponse").text("access_token")
        if not token.isascii() or not token.isprintable() or " " in token:
            raise BadAnswer("JumpCloud sent a token that cannot be one.")
        return {"authorization": f"Bearer {token}", **more}

    return authorize


def _refusal(answer: Answer, value: Any, scope: str) -> Exception | None:
    if answer.status != UNAUTHORIZED:
        return None
    return AuthFailed(
        "Key refused; it follows the administrator who made it. Check that they are still one, and the region."
    )


def organizations(session: ApiSession) -> tuple[str, ...]:
    """API v1, "Get Organizations": names of those that the key reaches. Raises as `ApiSession.get`."""
    rows = row_of(session.get(ORGANIZATIONS, {"limit": PAGE}).value, "organizationslist").rows("results")
    return tuple(row.text("displayName", "") or row.text("_id", "") for row in rows)


def users(session: ApiSession, size: int = PAGE) -> Iterator[User]:
    """API v1, "List all system users". Raises as `ApiSession.get`, `Incomplete` if some are lacking."""
    yield from _listed(session, USERS, size, users_of, lambda user: user.id)


def systems(session: ApiSession, size: int = PAGE) -> Iterator[System]:
    """API v1, "List All Systems". Raises as `ApiSession.get`, `Incomplete` if some are lacking."""
    yield from _listed(session, SYSTEMS, size, systems_of, lambda system: system.id)


def _listed(
    session: ApiSession, path: str, size: int, parse: Callable[[Any], Iterator[T]], key: Callable[[T], str]
) -> Iterator[T]:
    stated: list[int] = []

    def rows() -> Iterator[T]:
        pages = by_offset(
            session,
            path,
            {"limit": size, "sort": "_id"},
            total=lambda reply: total_of(reply.value),
            size=size,
            offset="skip",
            scope=READ_ONLY,
        )
        for reply in pages:
            stated.append(total_of(reply.value))
            yield from parse(reply.value)

    number = 0
    for row in distinct(rows(), key, "JumpCloud"):
        number += 1
        yield row
    whole(session, path.rpartition("/")[2], number, stated[0])


def total_of(page: Any) -> int:
    """How many rows there are, as a page states. Raises `BadAnswer`."""
    return row_of(page, "list").number("totalCount")


def users_of(page: Any) -> Iterator[User]:
    """The users of one page, one by one. Raises `BadAnswer`."""
    return (user_of(Row("systemuserreturn", row.value)) for row in row_of(page, "list").rows("results"))


def systems_of(page: Any) -> Iterator[System]:
    """The systems of one page, one by one. Raises `BadAnswer`."""
    return (system_of(Row("system", row.value)) for row in row_of(page, "list").rows("results"))


def user_of(row: Row) -> User:
    """One user; keys, addresses and attributes are not read. Raises `BadAnswer`."""
    return User(
        id=row.text("_id"),
        username=row.text("username", ""),
        email=row.text("email", "").lower(),
        organization=row.text("organization", ""),
        activated=row.flag("activated", None),
        suspended=row.flag("suspended", None),
        state=row.text("state", ""),
        required=row.flag("enable_user_portal_multifactor", None),
        configured=row.flag("mfa.configured", None),
        enrolled=row.text("mfaEnrollment.overallStatus", ""),
        exclusion=row.flag("mfa.exclusion", None),
        exclusion_until=row.moment("mfa.exclusionUntil", None),
        role=row.text("admin.roleName", ""),
        technical=bool(row.flag("ldap_binding_user", None) or row.flag("samba_service_user", None)),
    )


def system_of(row: Row) -> System:
    """One system; addresses and keys are not read. Raises `BadAnswer`."""
    return System(
        id=row.text("_id"),
        name=row.text("displayName", "") or row.text("hostname", "unnamed system"),
        platform=row.text("osFamily", "") or row.text("os", ""),
        os_version=row.text("version", ""),
        organization=row.text("organization", ""),
        contact=row.moment("lastContact", None),
        encrypted=row.flag("fde.active", None),
        owner=row.text("primarySystemUser.id", ""),
    )
