"""Owns what Google Cloud tells rules over several systems: people and service accounts with roles, hosts behind IAP."""

from __future__ import annotations

from dataclasses import replace

from ztassess.connectors.google_iap.apps import App, Groups, answers_directly, find_apps
from ztassess.connectors.google_iap.doors import doors
from ztassess.connectors.google_iap.judging import held
from ztassess.connectors.google_iap.members import ACCESSOR, address, is_privileged
from ztassess.connectors.google_iap.snapshot import CloudSnapshot
from ztassess.connectors.google_iap.snapshot_resources import EVERY_HOST, Backend, RunService
from ztassess.connectors.judging import rows_read, unread
from ztassess.domain.findings import Part
from ztassess.domain.roster import Account, AccountKind, Host, Share

USER = "user:"


def shares(snapshot: CloudSnapshot) -> Share:
    """Accounts with rights in the listed projects, and every host that a URL map or Cloud Run serves."""
    return Share(accounts=_accounts(snapshot), hosts=_hosts(snapshot))


def _accounts(snapshot: CloudSnapshot) -> Part[Account]:
    """Service accounts, and people whom a binding names. Whether a person can sign in, the directory knows, not we."""
    admins = _privileged(snapshot)
    services = tuple(
        Account(
            id=each.email,
            name=each.email,
            kind=AccountKind.SERVICE,
            emails=(each.email,),
            active=not each.disabled,
            admin=each.email in admins,
        )
        for each in rows_read(snapshot.service_accounts)
    )
    people = tuple(
        Account(
            id=email,
            name=email,
            kind=AccountKind.PERSON,
            emails=(email,),
            admin=email in admins,
            through_idp=True,
        )
        for email in sorted(_people(snapshot))
    )
    found = (*services, *people)
    missing = unread(snapshot.service_accounts, snapshot.policies, snapshot.grants, snapshot.iap_policies)
    return found if missing is None else replace(missing, read=found)


def _privileged(snapshot: CloudSnapshot) -> frozenset[str]:
    return frozenset(address(each.member) for each in held(snapshot) if is_privileged(each.binding.role))


def _people(snapshot: CloudSnapshot) -> set[str]:
    """Addresses of the people whom any binding names, those that IAP admits included."""
    found = {address(each.member) for each in held(snapshot) if each.member.startswith(USER)}
    bindings = [
        binding for grants in rows_read(snapshot.grants) for policy in grants.policies for binding in policy.bindings
    ]
    bindings += [way.binding for door in doors(snapshot) for way in door.ways if way.binding.role == ACCESSOR]
    return found | {address(member) for each in bindings for member in each.members if member.startswith(USER)}


def _hosts(snapshot: CloudSnapshot) -> Part[Host]:
    routes, services = snapshot.routes, snapshot.run_services
    named = {route.host for route in rows_read(routes) if route.host != EVERY_HOST and route.backends}
    named |= {app.host for app in snapshot.inputs.apps}
    groups = Groups.of(snapshot)
    internal = set(snapshot.inputs.internal_hosts or ())
    found = [_host(groups, app, internal) for app in find_apps(snapshot, sorted(named))]
    found += [
        _own_address(each, host, internal) for each in rows_read(services) for host in each.hosts if host not in named
    ]
    missing = unread(routes, services, snapshot.backends, snapshot.endpoint_groups)
    return tuple(found) if missing is None else replace(missing, read=tuple(found))


def _host(groups: Groups, app: App, internal: set[str]) -> Host:
    """A host of a load balancer. Covered means IAP on everything that any path of it reaches."""
    things: list[Backend | RunService] = [*app.backends, *app.services]
    whole = bool(things) and not app.unknown and not app.buckets
    covered = all(thing.iap for thing in things) if whole else False if app.buckets else None
    direct = [each for backend in app.backends for each in groups.behind(backend)[0]]
    return Host(
        app.host,
        served=True if app.matched else None,
        internal=True if app.host in internal else None,
        covered=False if any(not thing.iap for thing in things) else covered,
        origin_open=True if any(answers_directly(each) for each in direct) else None,
    )


def _own_address(service: RunService, host: str, internal: set[str]) -> Host:
    return Host(
        host,
        served=answers_directly(replace(service, iap=False)),
        internal=True if host in internal or service.iap else None,
        covered=service.iap,
    )
