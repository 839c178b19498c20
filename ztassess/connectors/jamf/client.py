"""Owns Jamf Pro's interface: signing in, and one function for each endpoint, each reply typed at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from ztassess.connectors.api import ApiSession, Pace, Row, api_session, by_number, distinct, row_of, whole
from ztassess.connectors.api.session import FORBIDDEN, Reply
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import AuthFailed, BadAnswer, Forbidden, NotFound, Refused
from ztassess.connectors.jamf.snapshot import Computer
from ztassess.connectors.netguard import Answer

# The versioned token address came with Jamf Pro 11; servers before it have the other one.
TOKENS: Final = ("/api/v1/oauth/token", "/api/oauth/token")
POSTS: Final = tuple(re.escape(path) for path in TOKENS)
# Version 1 is deprecated, but the only one of servers before version 11.
INVENTORIES: Final = ("/api/v3/computers-inventory", "/api/v1/computers-inventory")
AUTH: Final = "/api/v1/auth"
PRIVILEGE: Final = "Read Computers"
SECTIONS: Final = ("GENERAL", "DISK_ENCRYPTION", "OPERATING_SYSTEM", "USER_AND_LOCATION")
PAGE: Final = 100
# Jamf asks for at most five connections at once.
PACE: Final = Pace(width=4)


@dataclass(frozen=True, slots=True)
class Own:
    """Who the token belongs to, as far as Jamf Pro tells.

    Attributes:
        privileges: names of all privileges; empty where Jamf Pro shows none.
        privilege_set: ``ADMINISTRATOR``, ``AUDITOR``, ``CUSTOM`` and the like.
        sites: ids of the sites that the rights are limited to; ``-1`` stands for the whole server.
    """

    name: str
    privilege_set: str
    privileges: tuple[str, ...]
    sites: tuple[str, ...]


@contextmanager
def jamf_session(context: ReadContext) -> Iterator[ApiSession]:
    """A session with the server that was entered."""
    with api_session(
        context,
        "Jamf Pro",
        str(context.config["base_url"]),
        authorize=_authorize,
        pace=PACE,
        posts=POSTS,
        refusal=_refusal,
    ) as session:
        yield session


def _authorize(session: ApiSession, renew: bool) -> Mapping[str, str]:
    """Client credentials (OAuth 2.0). Tokens live for minutes, so a long reading gets several.

    Raises:
        AuthFailed: Jamf Pro refused the client.
    """
    form = {
        "grant_type": "client_credentials",
        "client_id": str(session.context.config["client_id"]),
        "client_secret": session.context.secrets.get("client_secret", "").strip(),
    }
    try:
        try:
            reply = session.post_form(TOKENS[0], form)
        except NotFound:
            reply = session.post_form(TOKENS[1], form)
    except Refused as problem:
        raise AuthFailed(
            f"Jamf Pro refused the API client ({problem.word or problem.status}). Check its ID and secret, and that "
            "it is enabled."
        ) from problem
    token = row_of(reply.value, "OAuthTokenResponse").text("access_token")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise BadAnswer("Jamf Pro sent a token that cannot be one.")
    return {"authorization": f"Bearer {token}"}


def _refusal(answer: Answer, value: Any, scope: str) -> Exception | None:
    """Jamf Pro names the code of a refusal in a list; the missing privilege is the one we asked with."""
    if answer.status != FORBIDDEN or not scope:
        return None
    return Forbidden(f"API role lacks {scope}.", status=answer.status, word="INVALID_PRIVILEGE", scope=scope)


def own_rights(session: ApiSession) -> Own:
    """Jamf Pro API, "Get all the authorization details associated with the current API token"."""
    row = row_of(session.get(AUTH).value, "AuthorizationV1")
    account = Row("AuthAccountV1", row.row("account", row).value if row.has("account") else {})
    by_site = account.row("privilegesBySite", account).value if account.has("privilegesBySite") else {}
    groups = [Row("AccountGroup", each.value) for each in row.rows("accountGroups", ())]
    found = [name for names in by_site.values() for name in _privileges(names)]
    found += [name for group in groups for name in group.texts("privileges", ())]
    sets = [account.text("privilegeSet", ""), *(group.text("privilegeSet", "") for group in groups)]
    return Own(
        account.text("username", ""),
        "ADMINISTRATOR" if "ADMINISTRATOR" in sets else sets[0],
        tuple(dict.fromkeys(found)),
        tuple(by_site),
    )


def _privileges(names: Any) -> tuple[str, ...]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadAnswer("AuthAccountV1.privilegesBySite holds something else than names of privileges.")
    return tuple(names)


def computers(session: ApiSession, size: int = PAGE) -> Iterator[Computer]:
    """Jamf Pro API, "Return paginated Computer Inventory records". Raises as `ApiSession.get`.

    Raises:
        Incomplete: a computer came twice, or fewer came than Jamf Pro counts.
    """
    stated: list[int] = []
    number = 0
    for computer in distinct(_rows(session, size, stated), lambda each: each.id, "Jamf Pro"):
        number += 1
        yield computer
    whole(session, "computers", number, stated[0])


def _rows(session: ApiSession, size: int, stated: list[int]) -> Iterator[Computer]:
    for reply in _pages(session, size):
        stated.append(total_of(reply.value))
        yield from computers_of(reply.value)


def _pages(session: ApiSession, size: int) -> Iterator[Reply]:
    """All pages of the newest inventory that the server has."""
    sections = urlencode([("section", name) for name in SECTIONS])
    asked: dict[str, str | int | bool] = {"page-size": size, "sort": "id:asc"}
    for path in INVENTORIES:
        pages = by_number(
            session,
            f"{path}?{sections}",
            asked,
            total=lambda reply: total_of(reply.value),
            size=size,
            first=0,
            scope=PRIVILEGE,
        )
        try:
            opening = next(pages)
        except NotFound:
            if path == INVENTORIES[-1]:
                raise
            continue
        yield opening
        yield from pages
        return


def total_of(page: Any) -> int:
    """How many computers there are, as a page states. Raises `BadAnswer`."""
    return row_of(page, "ComputerInventorySearchResults").number("totalCount")


def computers_of(page: Any) -> Iterator[Computer]:
    """The computers of one page, one by one. Raises `BadAnswer`."""
    rows = row_of(page, "ComputerInventorySearchResults").rows("results")
    return (computer_of(Row("ComputerInventory", each.value)) for each in rows)


def computer_of(row: Row) -> Computer:
    """One record; its passwords, keys and locations are not read. Raises `BadAnswer`."""
    boot = "diskEncryption.bootPartitionEncryptionDetails"
    return Computer(
        id=row.text("id"),
        name=row.text("general.name", "unnamed computer"),
        platform=row.text("general.platform", "Mac"),
        os_version=row.text("operatingSystem.version", ""),
        managed=row.flag("general.remoteManagement.managed", None),
        file_vault=row.text(f"{boot}.partitionFileVault2State", ""),
        percent=row.number(f"{boot}.partitionFileVault2Percent", None),
        contact=row.moment("general.lastContactTime", None),
        owner=row.text("userAndLocation.email", "").strip().lower(),
    )
