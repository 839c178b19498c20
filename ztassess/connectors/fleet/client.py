"""Owns Fleet's interface: one function for each endpoint, each reply turned into typed values at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ztassess.connectors.api import ApiSession, Pace, Row, api_session, distinct, row_of
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import NotFound, Refused
from ztassess.connectors.fleet.snapshot import PHONES, Encryption, Host
from ztassess.connectors.netguard import Answer

ME, HOSTS, SUMMARY = "/api/v1/fleet/me", "/api/v1/fleet/hosts", "/api/v1/fleet/host_summary"
ROLE: Final = "role Observer"
PAGE: Final = 100
# Fleet publishes no rate; hosts check in at the same server, so we stay slow beside them.
PACE: Final = Pace(width=4, per_second=20.0)
PAYMENT_REQUIRED: Final = 402
NEVER: Final = 2000  # Fleet writes 2000-01-01, or the year 1, for "never"


class NeedsPremium(Refused):
    """The edition of this server lacks what was asked for."""

    code, reason = "license", "missing_license"


@dataclass(frozen=True, slots=True)
class Own:
    """Who the token belongs to. `role` is of all hosts, empty if the user has roles in teams only."""

    name: str
    role: str
    team_roles: tuple[str, ...]


@contextmanager
def fleet_session(context: ReadContext) -> Iterator[ApiSession]:
    """A session with the server that was entered."""
    token = context.secrets.get("api_token", "").strip()

    def authorize(session: ApiSession, renew: bool) -> dict[str, str]:
        return {"authorization": f"Bearer {token}"}

    base = str(context.config["base_url"])
    with api_session(context, "Fleet", base, authorize=authorize, pace=PACE, refusal=_refusal) as session:
        yield session


def _refusal(answer: Answer, value: Any, scope: str) -> Exception | None:
    if answer.status != PAYMENT_REQUIRED:
        return None
    return NeedsPremium("Needs Fleet Premium; not checked.", status=answer.status, scope=scope)


def own_user(session: ApiSession) -> Own:
    """REST API, "Get own user". Raises as `ApiSession.get`."""
    user = row_of(session.get(ME).value, "GetMe").row("user")
    name = user.text("name", "") or user.text("email", "API user")
    roles = tuple(team.text("role") for team in user.rows("teams", ()))
    return Own(name, user.text("global_role", ""), roles)


def total_of_hosts(session: ApiSession) -> int:
    """REST API, "Get hosts summary": how many hosts there are. Raises as `ApiSession.get`."""
    return row_of(session.get(SUMMARY, scope=ROLE).value, "HostSummary").number("totals_hosts_count")


def hosts(session: ApiSession, size: int = PAGE) -> Iterator[Host]:
    """REST API, "List hosts", with policies and users; until a page is empty. Raises as `ApiSession.get`.

    Raises:
        Incomplete: a host came twice.
    """
    yield from distinct(_pages(session, size), lambda host: host.id, "Fleet")


def _pages(session: ApiSession, size: int) -> Iterator[Host]:
    asked: dict[str, str | int | bool] = {
        "per_page": size,
        "order_key": "id",
        "order_direction": "asc",
        "populate_policies": True,
        "device_mapping": True,
    }
    number = 0
    while rows := _hosts(session.get(HOSTS, {"page": number, **asked}, scope=ROLE).value):
        # One by one, so that a host of another form does not take those before it away.
        yield from (host_of(row) for row in rows)
        number += 1
        session.context.budget.spend_page()


def _hosts(page: Any) -> list[Row]:
    return [Row("Host", each.value) for each in row_of(page, "ListHosts").rows("hosts")]


def hosts_of(page: Any) -> Iterator[Host]:
    """The hosts of one page. Raises `BadAnswer`."""
    return (host_of(row) for row in _hosts(page))


def host_of(row: Row) -> Host:
    """One entry of the list. Raises `BadAnswer`."""
    policies = row.rows("policies") if row.has("policies") else None
    answers = [(policy.text("name", "unnamed policy"), policy.text("response", "")) for policy in policies or ()]
    platform = row.text("platform", "").lower()
    return Host(
        id=str(row.number("id")),
        name=row.text("display_name", "") or row.text("computer_name", "") or row.text("hostname", "unnamed host"),
        platform=platform,
        os_version=row.text("os_version", ""),
        enrollment=row.text("mdm.enrollment_status", ""),
        seen=_seen(row, platform),
        encrypted=row.flag("disk_encryption_enabled", None),
        failing=row.number("issues.failing_policies_count", None),
        failed=tuple(name for name, response in answers if response == "fail"),
        pending=sum(1 for _, response in answers if response not in ("pass", "fail")),
        policies=None if policies is None else len(policies),
        owners=tuple(dict.fromkeys(each.text("email", "").lower() for each in row.rows("device_mapping", ()))),
    )


def _seen(row: Row, platform: str) -> datetime | None:
    """Last contact. Phones run no agent; what counts for them is when Fleet last fetched their details."""
    moments = [row.moment("seen_time", None)]
    if platform in PHONES:
        moments.append(row.moment("detail_updated_at", None))
    return max((moment for moment in moments if moment is not None and moment.year > NEVER), default=None)


def encryption(session: ApiSession, host: str) -> Encryption:
    """REST API, "Get host": whether its disk is encrypted, which the list does not tell. Raises as `ApiSession.get`.

    A host that was deleted meanwhile tells nothing.
    """
    try:
        reply = session.get(f"{HOSTS}/{host}", {"exclude_software": True}, scope=ROLE)
    except NotFound:
        return Encryption(host, None)
    return encryption_of(reply.value)


def encryption_of(page: Any) -> Encryption:
    """What the page of one host tells of its disk. Raises `BadAnswer`."""
    found = Row("HostDetail", row_of(page, "GetHost").row("host").value)
    return Encryption(str(found.number("id")), found.flag("disk_encryption_enabled", None))
