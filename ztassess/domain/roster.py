"""Owns what one system tells the others: who has an account in it, which hosts it serves or covers, who has left, what
runs in it and calls what, and who may do what with the data in it.

Rules that need two systems at once (someone who left but is active anywhere, a host that is served but not behind the
proxy) judge these, so that no connector needs to know another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ztassess.domain.findings import Part, Unavailable

NOT_SHARED = Unavailable("unsupported", detail="This system does not tell.")


class AccountKind(StrEnum):
    """Whose account it is."""

    PERSON = "person"
    SERVICE = "service"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Account:
    """One account in one system. None means that the system did not say.

    Attributes:
        id: stable identifier inside the system.
        name: how people know it there.
        emails: addresses in lower case, by which accounts of several systems are joined.
        active: it can sign in now.
        admin: it can administer the system.
        second_factor: it has, or is forced to use, a second factor.
        through_idp: it signs in through the identity provider.
        owner: who answers for a service account.
    """

    id: str
    name: str
    kind: AccountKind = AccountKind.UNKNOWN
    emails: tuple[str, ...] = ()
    active: bool | None = None
    admin: bool | None = None
    second_factor: bool | None = None
    through_idp: bool | None = None
    last_used: datetime | None = None
    created: datetime | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Host:
    """One host name as one system knows it. None means that the system cannot tell.

    Attributes:
        name: lower case, without scheme and port; a leading ``*.`` covers one label.
        served: something answers there, or a record points somewhere.
        internal: it is meant for the company's own people only.
        covered: an identity-aware proxy stands in front of it.
        origin_open: what is behind the proxy also answers without it.
        named: the proxy admits named people or groups only, nobody by a whole domain or network.
        second_factor: the proxy itself lets nobody in without a second factor.
    """

    name: str
    served: bool | None = None
    internal: bool | None = None
    covered: bool | None = None
    origin_open: bool | None = None
    named: bool | None = None
    second_factor: bool | None = None


@dataclass(frozen=True, slots=True)
class Leaver:
    """Someone who left.

    Attributes:
        email: in lower case.
        aliases: other addresses and user names, in lower case.
        left_at: the last day; None if only the fact is known.
    """

    email: str
    aliases: tuple[str, ...] = ()
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Workload:
    """Something deployed on its own. ``place`` is its namespace, ``kind`` the system's word, such as Deployment."""

    name: str
    place: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class WorkloadCall:
    """One workload may call another one, by a rule that names both.

    Attributes:
        caller_place, callee_place: their namespaces.
        by: the object that says so, such as ``NetworkPolicy shop/pay``.
        caller_is_account: no workload was found behind the caller; its name is that of its account in the system.
    """

    caller: str
    caller_place: str
    callee: str
    callee_place: str
    by: str = ""
    caller_is_account: bool = False


@dataclass(frozen=True, slots=True)
class DataGrant:
    """What one account that is no person's may do with one store.

    Attributes:
        account: its name in the system.
        store: ``database/schema``, or the schema where there is no database above it.
        has: ``read`` or ``write``.
        needs: ``none``, ``read`` or ``write`` as declared for the account; empty if nobody declared anything.
        service: the service that is declared to use the account; empty if nobody declared one.
    """

    account: str
    store: str
    has: str
    needs: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """What one snapshot tells the others.

    Attributes:
        workloads, calls, grants: for the inventory of services, stores and rights; never for a rule.
        authority: its accounts are the list of the company's people: it is an identity provider.
    """

    accounts: Part[Account] = NOT_SHARED
    hosts: Part[Host] = NOT_SHARED
    leavers: Part[Leaver] = NOT_SHARED
    authority: bool = False
    workloads: Part[Workload] = NOT_SHARED
    grants: Part[DataGrant] = NOT_SHARED
    calls: Part[WorkloadCall] = NOT_SHARED


@dataclass(frozen=True, slots=True)
class SharedView:
    """One connection's share, for rules over several.

    Attributes:
        connection: name of the connection, as people know it.
        connector: slug of its connector.
        taken_at: the clock of its snapshot, timezone-aware UTC.
        uploaded: it came from an export.
    """

    connection: str
    connector: str
    taken_at: datetime
    share: Share
    uploaded: bool = False
