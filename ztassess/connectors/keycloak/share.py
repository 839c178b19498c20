"""Owns what a realm tells rules over several systems: the company's accounts, and clients with service accounts."""

from __future__ import annotations

from ztassess.connectors.judging import rows_read, unread
from ztassess.connectors.keycloak.enrollment import COUNTED
from ztassess.connectors.keycloak.flows import Answer
from ztassess.connectors.keycloak.rules_flows import used_flows
from ztassess.connectors.keycloak.snapshot import KeycloakSnapshot, User
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import Account, AccountKind, Share


def shares(snapshot: KeycloakSnapshot) -> Share:
    """People by their addresses and services; as a list of the company's people it has authority.

    Keycloak does not tell who may administer it without a question for each role, nor when somebody last came in.
    """
    if isinstance(snapshot.users, Unavailable):
        return Share(accounts=snapshot.users, authority=True)
    held = {each.user_id: bool(COUNTED & set(each.kinds)) for each in rows_read(snapshot.credentials)}
    forced = _forced(snapshot)
    people = tuple(_person(user, held.get(user.id), forced) for user in snapshot.users)
    services = tuple(
        Account(id=client.id, name=client.name, kind=AccountKind.SERVICE, active=client.enabled)
        for client in rows_read(snapshot.clients)
        if client.service_account
    )
    return Share(accounts=(*people, *services), authority=True)


def _person(user: User, holds: bool | None, forced: bool) -> Account:
    return Account(
        id=user.id,
        name=user.name,
        kind=AccountKind.PERSON,
        emails=tuple(dict.fromkeys(name for name in (user.email, user.name) if "@" in name)),
        active=user.enabled,
        second_factor=True if user.otp or forced else holds,
        through_idp=True,
        created=user.created,
    )


def _forced(snapshot: KeycloakSnapshot) -> bool:
    """Nobody comes in without a second factor: every flow in use demands one, and there is no other way in."""
    parts = (snapshot.realm, snapshot.clients, snapshot.flows, snapshot.executions, snapshot.brokers)
    if any(unread(part) for part in parts) or any(each.enabled and each.for_people for each in rows_read(parts[4])):
        return False
    flows = used_flows(snapshot)
    direct = any(client.direct_grants is not False for client in rows_read(snapshot.clients) if client.enabled)
    return bool(flows) and not direct and all(used.demand.answer is Answer.YES for used in flows)
