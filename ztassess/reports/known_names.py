"""Owns the list of names that an organization's rows hold: people, accounts, hosts, services, resources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from ztassess.accounts.models import User
from ztassess.assessments.models import BreakGlassAccount, ControlException
from ztassess.connectors.sharing import share_from
from ztassess.domain.findings import Part, Unavailable
from ztassess.domain.lines import unturned
from ztassess.domain.roster import Account, AccountKind, Share
from ztassess.inventory.models import DataStore, EntryPoint, InternalApp, Service
from ztassess.organizations.models import FactSheet, Invitation, Membership, Organization
from ztassess.reports.naming import Named
from ztassess.reports.spotting import SHORTEST_PIECE, Known, Spelling, classified, is_everyday, pieces
from ztassess.scans.models import Connection, ConnectionShare, Finding, StandingResult

NAMING_LISTS = ("people", "leavers", "break_glass", "aliases", "tools", "sensitive_tools", "internal_hosts")
_BETWEEN = re.compile(r"[\s,;=|]+")


def known_names(organization: Organization) -> list[Spelling]:
    """Every way in which this organization's rows name somebody or something, the most telling source first.

    The first source decides what a name is of: a person's address is theirs wherever else it stands. Eleven queries.
    """
    users = _users(organization)
    own = [organization.name, *(word for word in organization.name.split() if not is_everyday(word))]
    by_email = {user.email.casefold(): Known(Named.PERSON, user.email.casefold()) for user in users}
    found = [spelling for user in users for spelling in _of_user(user)]
    found += _invited(organization)
    for share in _shares(organization):
        found += _of_share(share)
    found += [Spelling(row.name, Known(Named.ACCOUNT, row.name.casefold())) for row in _glass(organization)]
    found += _of_inventory(organization)
    found += _of_connections(organization)
    found += _declared(organization)
    found += _of_findings(organization)
    found += [Spelling(name, Known(Named.NOTHING, name.casefold())) for name in own]
    # Sentences of findings have no signs of direction, see `ztassess.domain.findings.Verdict`; names here may have.
    found += [Spelling(plain, each.known, each.exact) for each in found if (plain := unturned(each.text)) != each.text]
    resolved = [_as_person(each, by_email) for each in found if each.text.strip()]
    return resolved + [piece for each in resolved for piece in _pieces(each)]


def _as_person(each: Spelling, people: dict[str, Known]) -> Spelling:
    person = people.get(each.known.canonical)
    return each if person is None else Spelling(each.text, person, each.exact)


def _users(organization: Organization) -> list[User]:
    rows = Membership.objects.filter(organization=organization).select_related("user")
    return [row.user for row in rows]


def _of_user(user: User) -> Iterator[Spelling]:
    known = Known(Named.PERSON, user.email.casefold())
    yield Spelling(user.email, known)
    yield Spelling(user.get_full_name(), known)
    for part in user.get_full_name().split():
        if len(part) > 1:
            yield Spelling(part, known, exact=True)
    yield from _local_part(user.email, known)


def _local_part(email: str, known: Known) -> Iterator[Spelling]:
    local = email.partition("@")[0]
    if len(local) >= SHORTEST_PIECE and not is_everyday(local):
        yield Spelling(local, known)


def _invited(organization: Organization) -> list[Spelling]:
    emails = Invitation.objects.filter(organization=organization).values_list("email", flat=True)
    return [Spelling(email, classified(email, Named.PERSON)) for email in emails]


def _shares(organization: Organization) -> Iterator[Share]:
    for value in ConnectionShare.objects.filter(organization=organization).values_list("value", flat=True):
        try:
            yield share_from(value)
        except (KeyError, TypeError, ValueError):  # an older release wrote it; its findings still name what they name
            continue


def _rows(part: Part[Any]) -> tuple[Any, ...]:
    return part.read if isinstance(part, Unavailable) else part


def _of_share(share: Share) -> Iterator[Spelling]:
    for account in _rows(share.accounts):
        yield from _of_account(account)
    for leaver in _rows(share.leavers):
        known = Known(Named.PERSON, leaver.email.casefold())
        yield from (Spelling(name, known) for name in (leaver.email, *leaver.aliases))
    for host in _rows(share.hosts):
        yield Spelling(host.name, Known(Named.HOST, host.name.casefold()))
    for workload in _rows(share.workloads):
        yield from (Spelling(name, Known(Named.RESOURCE, name.casefold())) for name in (workload.name, workload.place))
    for grant in _rows(share.grants):
        yield Spelling(grant.account, Known(Named.ACCOUNT, grant.account.casefold()))
        yield Spelling(grant.store, Known(Named.RESOURCE, grant.store.casefold()))
        yield Spelling(grant.service, Known(Named.RESOURCE, grant.service.casefold()))


def _of_account(account: Account) -> Iterator[Spelling]:
    is_person = len(account.emails) == 1 and account.kind is not AccountKind.SERVICE
    known = Known(Named.PERSON, account.emails[0].casefold()) if is_person else classified(account.id, Named.ACCOUNT)
    for name in (account.id, account.name, *account.emails):
        yield Spelling(name, known)
    if account.owner:
        yield Spelling(account.owner, classified(account.owner, Named.PERSON))


def _glass(organization: Organization) -> Any:
    return BreakGlassAccount.objects.filter(organization=organization)


def _of_inventory(organization: Organization) -> Iterator[Spelling]:
    for app in InternalApp.objects.filter(organization=organization):
        known = Known(Named.HOST, (app.host or app.name).casefold())
        yield from (Spelling(name, known) for name in (app.host, app.name) if name and not is_everyday(name))
    for model in (Service, DataStore, EntryPoint):
        manager: Any = model.objects
        for name in manager.filter(organization=organization).values_list("name", flat=True):
            yield Spelling(name, classified(name, Named.RESOURCE))


def _of_connections(organization: Organization) -> Iterator[Spelling]:
    for name, config in Connection.objects.filter(organization=organization).values_list("name", "config"):
        yield Spelling(name, Known(Named.NOTHING if is_everyday(name) else Named.SYSTEM, name.casefold()))
        for value in config.values():
            for part in _BETWEEN.split(str(value)):
                yield from _compound(part.strip(":."))


def _declared(organization: Organization) -> Iterator[Spelling]:
    sheet = FactSheet.objects.filter(organization=organization).first()
    if sheet is None:
        return
    for name in NAMING_LISTS:
        for line in sheet.declared.get(name) or ():
            for part in _BETWEEN.split(str(line)):
                yield from _compound(part)
    for line in sheet.declared.get("exceptions") or ():
        yield from _compound(str(line).partition("|")[0].strip())


def _of_findings(organization: Organization) -> Iterator[Spelling]:
    standing = StandingResult.objects.filter(organization=organization)
    shown = Q(scan__in=standing.values("latest_scan")) | Q(scan__in=standing.values("scan"))
    rows = Finding.objects.filter(shown, organization=organization)
    for resource, evidence in rows.values_list("resource", "evidence"):
        yield from _compound(resource)
        for line in evidence:
            yield from _compound(line.get("object", ""))
    for name in ControlException.objects.filter(organization=organization).values_list("object", flat=True):
        yield from _compound(name)


def _compound(text: str) -> Iterator[Spelling]:
    bare = text.rstrip("/")
    if len(bare) >= SHORTEST_PIECE and not is_everyday(bare):
        yield Spelling(bare, classified(bare, Named.RESOURCE))


def _pieces(each: Spelling) -> Iterator[Spelling]:
    """Names inside a compound name; an address keeps its host apart from its person."""
    if each.exact or each.known.kind in (Named.SYSTEM, Named.NOTHING):
        return
    if "@" in each.text:
        if "/" not in each.text:
            domain = each.text.rpartition("@")[2]
            yield Spelling(domain, Known(Named.HOST, domain.casefold()))
            yield from _local_part(each.text, each.known)
        return
    only = pieces(each.text)
    for piece in only:
        # The last part of a path is what the path is of.
        same = piece == only[-1] and each.known.kind is Named.ACCOUNT
        yield Spelling(piece, each.known if same else classified(piece, Named.RESOURCE))
