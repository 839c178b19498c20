"""Owns what joins playbooks: a firm's own with their versions, what is applied to a client, who may be applied to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django_scopes import scopes_disabled

from ztassess.accounts.models import User
from ztassess.domain.branding import DEFAULT_ACCENT, Branding
from ztassess.domain.playbooks import Advice, Part
from ztassess.organizations.access import memberships_of
from ztassess.organizations.models import Membership, Organization
from ztassess.organizations.roles import Action, may
from ztassess.playbooks.models import AppliedPlaybook, ApplyItem, ApplyRun, ItemState, Playbook, PlaybookVersion

HISTORY_SHOWN = 20
RUNS_SHOWN = 5


def playbooks_of(firm: Organization) -> list[tuple[Playbook, PlaybookVersion]]:
    """A firm's playbooks by name, each with its newest version: two queries."""
    rows = list(Playbook.objects.filter(organization=firm, removed_at=None))
    versions = PlaybookVersion.objects.filter(playbook__in=rows).select_related("by").defer("logo")
    newest: dict[UUID, PlaybookVersion] = {}
    for version in versions.order_by("number"):
        newest[version.playbook_id] = version
    return [(row, newest[row.id]) for row in rows]


def versions_of(playbook: Playbook) -> list[PlaybookVersion]:
    """Every version, newest first, without pictures."""
    return list(PlaybookVersion.objects.filter(playbook=playbook).select_related("by").defer("logo"))


def version_of(playbook: Playbook, number: int) -> PlaybookVersion | None:
    """One version with its picture; None if there is none of this number."""
    found = PlaybookVersion.objects.filter(playbook=playbook, number=number).select_related("by", "playbook").first()
    return found if isinstance(found, PlaybookVersion) else None


def applied_now(organization: Organization) -> AppliedPlaybook | None:
    """What is applied to an organization now, without the picture."""
    rows = AppliedPlaybook.objects.filter(organization=organization, ended_at=None)
    found = rows.select_related("by", "firm").defer("logo").first()
    return found if isinstance(found, AppliedPlaybook) else None


def advice_source(organization: Organization) -> Advice | None:
    """The same for the pages below. Registered with the assessments."""
    found = AppliedPlaybook.objects.filter(organization=organization, ended_at=None).defer("logo").first()
    return found.advice() if isinstance(found, AppliedPlaybook) else None


def applied_before(organization: Organization) -> list[AppliedPlaybook]:
    """What was applied before, newest first."""
    rows = AppliedPlaybook.objects.filter(organization=organization).exclude(ended_at=None)
    return list(rows.select_related("by", "ended_by").defer("logo")[:HISTORY_SHOWN])


def applied_weights(organization: Organization) -> list[AppliedPlaybook]:
    """Whatever was applied with weights, newest first: each names the change of method that it made."""
    rows = AppliedPlaybook.objects.filter(organization=organization, payload__has_key=Part.WEIGHTS.value)
    return list(rows.only("organization", "playbook_name", "number", "at", "ended_at"))


def applied_branding(organization: Organization) -> Branding | None:
    """How the applied playbook brands the reports of this organization; None where it says nothing of it."""
    found = AppliedPlaybook.objects.filter(organization=organization, ended_at=None).first()
    if not isinstance(found, AppliedPlaybook) or Part.BRANDING not in found.parts:
        return None
    brand = found.value().branding
    name = brand.name or found.firm_name
    return Branding(name, brand.accent or DEFAULT_ACCENT, brand.footer, logo=bytes(found.logo))


def newer_version(applied: AppliedPlaybook) -> PlaybookVersion | None:
    """A newer version of what is applied, while somebody of the firm works for the client; None otherwise.

    It is asked across organizations: the client took the playbook from this firm, and sees no other one of it.
    """
    if applied.firm is None or not firm_is_here(applied.firm, applied.organization):
        return None
    with scopes_disabled():
        rows = PlaybookVersion.objects.filter(
            organization=applied.firm, playbook_id=applied.playbook, playbook__removed_at=None
        )
        newest = rows.select_related("by", "organization").order_by("-number").first()
    return newest if isinstance(newest, PlaybookVersion) and newest.number > applied.number else None


def firm_is_here(firm: Organization, client: Organization) -> bool:
    """True if a member of the firm works for the client now, or they are the same."""
    if firm == client:
        return True
    with scopes_disabled():
        of_firm = Membership.objects.active().filter(organization=firm, is_consultant=False).values("user")
        return bool(Membership.objects.active().filter(organization=client, user__in=of_firm).exists())


@dataclass(frozen=True, slots=True)
class Candidate:
    """An organization to which a person might apply a playbook of a firm.

    Attributes:
        refusal: why they may not, as a sentence; empty if they may.
        applied: what stands there now.
    """

    membership: Membership
    refusal: str
    applied: AppliedPlaybook | None

    @property
    def organization(self) -> Organization:
        return self.membership.organization


def candidates(firm: Organization, user: User, locked: frozenset[str]) -> list[Candidate]:
    """The organizations of this person, by name, each with what speaks against it: two queries.

    Parameters:
        locked: slugs that the person's session does not open for lack of a second factor: nothing of them is told.
    """
    memberships = memberships_of(user)
    standing: dict[UUID, AppliedPlaybook] = {}
    with scopes_disabled():
        rows = AppliedPlaybook.objects.filter(
            organization__in=[each.organization_id for each in memberships], ended_at=None
        )
        closed = {each.organization_id for each in memberships if each.organization.slug in locked}
        for row in rows.defer("logo", "payload"):
            if row.organization_id not in closed:
                standing[row.organization_id] = row
    pairs = [(each, standing.get(each.organization_id)) for each in memberships]
    return [Candidate(each, refusal_of(firm, each, applied, locked), applied) for each, applied in pairs]


def refusal_of(
    firm: Organization, membership: Membership, applied: AppliedPlaybook | None, locked: frozenset[str]
) -> str:
    """Why a member of the firm may not apply its playbook there, as a sentence; empty if they may."""
    client, other = membership.organization, membership.grant.firm if membership.grant else None
    if client.slug in locked:
        return f"{client} needs a second factor, and this session has shown none."
    if not may(membership.rights, Action.APPLY_PLAYBOOK):
        return f"Your role at {client} is {membership.role}, and this needs an editor."
    if client.is_demo and not firm.is_demo:
        return f"{client} is invented and shown to everybody, so no playbook is applied to it."
    if other is not None and other != firm:
        return f"You work at {client} for {other}, and this is a playbook of {firm}."
    if applied is not None and applied.firm_id != firm.id:
        return f"A playbook of {applied.firm_name} stands at {client}; an owner or admin there takes it off first."
    return ""


@dataclass(frozen=True, slots=True)
class RunNow:
    """A run with what became of its clients so far."""

    run: ApplyRun
    done: tuple[ApplyItem, ...]
    refused: tuple[ApplyItem, ...]
    waiting: int

    @property
    def total(self) -> int:
        return self.ended + self.waiting

    @property
    def ended(self) -> int:
        return len(self.done) + len(self.refused)


def run_now(run: ApplyRun) -> RunNow:
    """What became of a run so far: one query."""
    items = list(ApplyItem.objects.filter(run=run))
    done = tuple(each for each in items if each.state == ItemState.DONE)
    refused = tuple(each for each in items if each.state == ItemState.REFUSED)
    return RunNow(run, done, refused, len(items) - len(done) - len(refused))


def runs_of(playbook: Playbook, user: User) -> list[ApplyRun]:
    """The newest runs of a person: what others of the firm asked for names clients that need not be this one's."""
    rows = ApplyRun.objects.filter(version__playbook=playbook, by=user).select_related("version")
    return list(rows.defer("version__logo", "version__payload")[:RUNS_SHOWN])


def applied_counts(firm: Organization, user: User, locked: frozenset[str]) -> dict[UUID, int]:
    """By playbook, at how many of the person's organizations it is applied now: what they do not see is not counted."""
    found: dict[UUID, int] = defaultdict(int)
    for each in candidates(firm, user, locked):
        if each.applied is not None:
            found[each.applied.playbook] += 1
    return found
