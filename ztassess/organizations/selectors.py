"""Owns what joins tenants: members, invitations, facts as domain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from ztassess.connectors.contract import Declared, ResourceException
from ztassess.domain.facts import FACT_NAMES, Facts
from ztassess.organizations.models import FactSheet, Invitation, Membership, Organization
from ztassess.organizations.roles import Action, Rights, Role, grantable, may

# What floors above add to what was declared as lines, as rows of theirs; registered by them, not imported here.
DECLARED_SOURCES: list[Callable[[Organization, Declared], Declared]] = []

_TUPLES = frozenset({"identity_providers", "clouds", "databases", "ci"})


def demo_organizations() -> QuerySet[Organization]:
    """The invented organizations, the demo company first: a consulting firm and its other clients begin after it."""
    return Organization.objects.filter(is_demo=True).order_by("created_at", "id")


def facts_from(values: dict[str, Any]) -> Facts:
    """The domain's facts from stored JSON; a name that is not there is unknown."""
    known: dict[str, Any] = {name: value for name, value in values.items() if name in FACT_NAMES}
    for name in _TUPLES & known.keys():
        known[name] = None if known[name] is None else tuple(known[name])
    return Facts(**known)


def fact_sheet(organization: Organization) -> FactSheet:
    """The organization's fact sheet, made empty on first use."""
    sheet, _ = FactSheet.objects.get_or_create(organization=organization)
    assert isinstance(sheet, FactSheet)  # noqa: S101  for the type checker: the manager is untyped
    return sheet


def organization_facts(organization: Organization) -> Facts:
    """What is true of the company, for the judgment."""
    return facts_from(fact_sheet(organization).values)


def organization_declared(organization: Organization) -> Declared:
    """What the organization declared once for all connectors: its lines, and the rows of the floors above."""
    declared = declared_from(fact_sheet(organization).declared)
    for source in DECLARED_SOURCES:
        declared = source(organization, declared)
    return declared


def declared_from(stored: Mapping[str, list[str]]) -> Declared:
    """Declared lists from stored lines. A list that is not there is unknown; ``none`` alone means there is nothing.

    Parameters:
        stored: lines by name of the list, as the page of facts checked them.
    """

    def entries(name: str) -> tuple[str, ...] | None:
        lines = stored.get(name)
        if lines is None:
            return None
        return () if [line.lower() for line in lines] == ["none"] else tuple(lines)

    return Declared(
        break_glass=entries("break_glass") or (),
        leavers=entries("leavers"),
        people=entries("people"),
        aliases=tuple(_alias(line) for line in entries("aliases") or ()),
        tools=entries("tools"),
        sensitive_tools=entries("sensitive_tools"),
        internal_hosts=entries("internal_hosts"),
        approved_apps=entries("approved_apps"),
        exceptions=tuple(_exception(line) for line in entries("exceptions") or ()),
    )


def _alias(line: str) -> tuple[str, str]:
    name, _, address = line.partition("=")
    return name.strip().lower(), address.strip().lower()


def _exception(line: str) -> ResourceException:
    named, until, reason, *check = (part.strip() for part in line.split("|"))
    return ResourceException(named, reason, date.fromisoformat(until), check[0] if check else "")


def members(organization: Organization) -> list[Membership]:
    """Active members with their users, strongest role first, then by name."""
    found = Membership.objects.active().filter(organization=organization).select_related("user", "grant__firm")
    return sorted(found, key=lambda membership: (-membership.role_enum.rank, membership.user.get_full_name().lower()))


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation that was neither used nor withdrawn nor has expired.

    Attributes:
        is_void: it opens for nobody, because its sender may not invite as this any more.
    """

    invitation: Invitation
    is_void: bool


def inviter_may(rights: Rights | None, role: Role) -> bool:
    """True if somebody with these rights, None for who is no member, may let somebody in with this role."""
    return rights is not None and may(rights, Action.INVITE) and role in grantable(rights.role)


def open_invitations(organization: Organization) -> list[Invited]:
    """Invitations that were not used, newest first, void ones among them. Two queries, whatever their number."""
    rows = Invitation.objects.filter(
        organization=organization, accepted_at=None, revoked_at=None, expires_at__gt=timezone.now()
    )
    found = list(rows.select_related("invited_by"))
    senders = Membership.objects.active().filter(
        organization=organization, user__in={each.invited_by_id for each in found}
    )
    rights = {each.user_id: each.rights for each in senders.select_related("grant")}
    return [Invited(each, not inviter_may(rights.get(each.invited_by_id), Role(each.role))) for each in found]
