"""Owns applying a playbook to one client, and taking it off; numbers before and after are kept apart."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.assessments.models import SnapshotCause
from ztassess.assessments.services import score_record
from ztassess.audit.acting import acting
from ztassess.audit.services import audit_lock, audit_record
from ztassess.catalog import load_catalog
from ztassess.common.models import organization_scope
from ztassess.domain.playbook_words import differences
from ztassess.domain.playbooks import Part, Payload, payload_json
from ztassess.organizations.access import on_behalf_of
from ztassess.organizations.models import Membership, Organization
from ztassess.organizations.roles import Action, may
from ztassess.organizations.selectors_factor import is_factor_asked, is_shut_out
from ztassess.playbooks.errors import ApplyRefused
from ztassess.playbooks.models import AppliedPlaybook, PlaybookVersion
from ztassess.playbooks.selectors import firm_is_here, refusal_of

NOT_THERE = "You do not work for this organization any more; nothing was changed there."


def client_apply(
    *,
    version: PlaybookVersion,
    parts: Collection[Part],
    client_id: UUID,
    actor: User,
    factor_shown: bool,
) -> None:
    """Apply a version to one client, in its scope, as the rights of the person are now. The caller's transaction.

    Parameters:
        version: with its playbook and its organization, the firm. Call it outside of any scope but the firm's.
        client_id: an organization's, as the person chose it; a stranger's is told apart from nothing.
        factor_shown: the person's session had shown a second factor when they asked.

    Raises:
        ApplyRefused: nothing was changed there, with the reason.
    """
    firm = version.organization
    if not _still_works_for(firm, actor):
        raise ApplyRefused(f"You may not apply playbooks of {firm} any more; nothing was changed there.")
    if version.playbook.removed_at is not None:
        raise ApplyRefused("The playbook was removed meanwhile; nothing was changed there.")
    membership = _membership(client_id, actor)
    client = membership.organization
    # The rule of the client and the factor of the person, as they are now; what the session showed is remembered.
    closed = is_shut_out(membership) or (is_factor_asked(membership) and not factor_shown)
    with organization_scope(client), acting(on_behalf_of(membership)):
        _apply(version, parts, membership, actor, frozenset({client.slug} if closed else ()))


def playbook_take_newer(*, applied: AppliedPlaybook, version: PlaybookVersion, actor: User) -> AppliedPlaybook:
    """The client takes a newer version of what is applied to it, with the same parts. Inside the client's scope.

    Raises:
        ApplyRefused: it was taken off meanwhile, or nobody of the firm works here any more.
    """
    client = applied.organization
    with transaction.atomic():
        audit_lock(client)
        standing = _standing(client)
        if standing is None or standing.id != applied.id:
            raise ApplyRefused("The playbook was changed or taken off meanwhile; nothing was changed.")
        if not firm_is_here(version.organization, client):
            raise ApplyRefused(f"Nobody of {version.organization} works here any more; nothing was changed.")
        return _replace(version, _parts_of(standing, version), client, standing, actor)


def _parts_of(standing: AppliedPlaybook, version: PlaybookVersion) -> Payload:
    payload = version.value().only(standing.parts)
    if not payload.parts:
        raise ApplyRefused(
            f"Version {version.number} says nothing in the parts that were applied here; nothing was changed. "
            "Take the playbook off instead."
        )
    return payload


def playbook_take_off(*, applied: AppliedPlaybook, actor: User) -> None:
    """Take off what is applied, at once: the catalog's weights count again. Inside the client's scope.

    Raises:
        ApplyRefused: it was taken off or replaced before.
    """
    client = applied.organization
    with transaction.atomic():
        audit_lock(client)
        ended = AppliedPlaybook.objects.filter(id=applied.id, ended_at=None)
        if not ended.update(ended_at=timezone.now(), ended_by=actor):
            raise ApplyRefused("It was taken off or replaced by another version before; nothing was changed.")
        score_record(client, cause=SnapshotCause.METHOD)
        audit_record(
            organization=client,
            actor=actor,
            action="playbook.take_off",
            object=f"playbook:{applied.playbook}",
            summary=f"{actor} took off the playbook {applied}",
            before={"parts": [part.words for part in applied.parts]},
        )


def _still_works_for(firm: Organization, actor: User) -> bool:
    with organization_scope(firm):
        rows = Membership.objects.active().filter(user=actor, organization=firm, user__is_active=True)
        mine = rows.select_related("organization", "grant", "user").first()
    return isinstance(mine, Membership) and may(mine.rights, Action.APPLY_PLAYBOOK) and not is_shut_out(mine)


def _membership(client_id: UUID, actor: User) -> Membership:
    """The person's membership there as it stands now, locked until the change is made."""
    client = Organization.objects.filter(id=client_id).first()
    if client is None:
        raise ApplyRefused(NOT_THERE)
    with organization_scope(client):
        rows = Membership.objects.active().filter(user=actor, organization=client)
        found = rows.select_for_update(of=("self",)).select_related("organization", "grant__firm", "user").first()
    if not isinstance(found, Membership):
        raise ApplyRefused(NOT_THERE)
    return found


def _apply(
    version: PlaybookVersion, parts: Collection[Part], membership: Membership, actor: User, locked: frozenset[str]
) -> None:
    client = membership.organization
    audit_lock(client)
    standing = _standing(client)
    if why := refusal_of(version.organization, membership, standing, locked):
        raise ApplyRefused(f"{why} Nothing was changed there.")
    payload = version.value().only(parts)
    if not payload.parts:
        raise ApplyRefused("The chosen parts of this version say nothing, so there is nothing to apply.")
    _replace(version, payload, client, standing, actor)


def _standing(client: Organization) -> AppliedPlaybook | None:
    found = AppliedPlaybook.objects.filter(organization=client, ended_at=None).select_related("firm").first()
    return found if isinstance(found, AppliedPlaybook) else None


def _replace(
    version: PlaybookVersion, payload: Payload, client: Organization, standing: AppliedPlaybook | None, actor: User
) -> AppliedPlaybook:
    stored, now = payload_json(payload), timezone.now()
    if standing is not None:
        if (standing.playbook, standing.number, standing.payload) == (version.playbook_id, version.number, stored):
            raise ApplyRefused(f"Version {version.number} is applied there already; nothing was changed.")
        AppliedPlaybook.objects.filter(id=standing.id).update(ended_at=now, ended_by=actor)
    firm = version.organization
    applied = AppliedPlaybook.objects.create(
        organization=client,
        firm=firm,
        firm_name=firm.name,
        playbook=version.playbook_id,
        playbook_name=version.name,
        number=version.number,
        payload=stored,
        logo=bytes(version.logo) if payload.branding.logo else b"",
        by=actor,
        at=now,
    )
    score_record(client, cause=SnapshotCause.METHOD)
    changed = differences(standing.value() if standing else Payload(), payload, load_catalog())
    audit_record(
        organization=client,
        actor=actor,
        action="playbook.apply",
        object=f"playbook:{version.playbook_id}",
        summary=f"{actor} applied the playbook {applied}: {', '.join(part.words.lower() for part in payload.parts)}",
        before=_standing_words(standing),
        after={"playbook": str(applied), **{each.about: each.after for each in changed}},
    )
    assert isinstance(applied, AppliedPlaybook)  # noqa: S101  for the type checker: the manager is untyped
    return applied


def _standing_words(standing: AppliedPlaybook | None) -> dict[str, Any] | None:
    return {"playbook": str(standing)} if standing else None
