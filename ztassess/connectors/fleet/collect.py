"""Owns reading one Fleet server: who we are, all hosts, then the disks that the list says nothing about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from ztassess.connectors.api import ApiSession, fan_out, unavailable_of, whole
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.device_reading import read_details, read_list
from ztassess.connectors.errors import ConnectorError, OverPrivileged, Refused
from ztassess.connectors.fleet import client
from ztassess.connectors.fleet.client import Own
from ztassess.connectors.fleet.snapshot import PHONES, Encryption, FleetSnapshot, Host
from ztassess.connectors.judging import names
from ztassess.domain.findings import Part, Unavailable

# Roles that change hosts or the server; Observer+ only runs queries of its own, which is told as a warning.
WRITING: Final = {
    "admin": "Admin",
    "maintainer": "Maintainer",
    "gitops": "GitOps",
    "technician": "Technician",
}
SOME_TEAMS: Final = "This API user sees the hosts of its own teams only; the others were not judged."


def collect(context: ReadContext) -> FleetSnapshot:
    """Read the server. A refused part becomes Unavailable, never an empty tuple.

    Raises:
        OverPrivileged: the token's user can change hosts or the server.
        ConnectorError: nothing at all could be read.
    """
    with client.fleet_session(context) as session:
        own = identify(session)
        hosts, total = read_list(
            context,
            session,
            "hosts",
            lambda: client.hosts(session),
            total=lambda: (client.total_of_hosts(session),),
        )
        hosts = _whole(session, hosts, total)
        if own is not None and not own.role and not isinstance(hosts, Unavailable):
            hosts = Unavailable("forbidden_role", client.ROLE, SOME_TEAMS, read=hosts)
        encryption = _encryption(context, session, hosts)
    return FleetSnapshot(context.now, server_of(context), context.declared, hosts, encryption)


def server_of(context: ReadContext) -> str:
    """Host and port of the server; ``Fleet`` if none was entered."""
    return urlsplit(str(context.config.get("base_url") or "")).netloc or "Fleet"


def identify(session: ApiSession) -> Own | None:
    """Who the token belongs to; None if Fleet does not tell.

    Raises:
        OverPrivileged: the user has a role that changes things.
    """
    try:
        own = client.own_user(session)
    except Refused:
        return None
    bad = sorted({WRITING[role] for role in (own.role, *own.team_roles) if role in WRITING})
    if bad:
        raise OverPrivileged(
            f"{own.name} can change hosts: it has the role {names(bad)} in Fleet. Give it the role Observer instead."
        )
    return own


def _whole(session: ApiSession, hosts: Part[Host], total: Part[int]) -> Part[Host]:
    """The list, compared with how many hosts Fleet counts; a count that is refused takes nothing away."""
    if isinstance(hosts, Unavailable) or isinstance(total, Unavailable):
        return hosts
    try:
        whole(session, "hosts", len(hosts), total[0])
    except ConnectorError as problem:
        missing = unavailable_of(problem)
        return Unavailable(missing.reason, missing.missing_scope, missing.detail, read=hosts)
    return hosts


def _encryption(context: ReadContext, session: ApiSession, hosts: Part[Host]) -> Part[Encryption]:
    """One question for each host whose entry says nothing of its disk; phones have nothing to tell."""
    listed = hosts.read if isinstance(hosts, Unavailable) else hosts
    asked = [host.id for host in listed if host.encrypted is None and host.platform not in PHONES]

    def rows() -> Iterator[Encryption]:
        return fan_out(session, asked, lambda host: client.encryption(session, host))

    return read_details(context, session, "encryption", rows)
