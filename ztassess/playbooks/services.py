"""Owns writes about a firm's playbooks: make one, save a version of it, remove it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from django.db import IntegrityError, transaction
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.audit.services import audit_lock, audit_record
from ztassess.catalog import load_catalog
from ztassess.domain.playbook_words import differences
from ztassess.domain.playbooks import Payload, payload_json
from ztassess.organizations.models import Organization
from ztassess.playbooks.errors import PlaybookConflict, PlaybookRefused
from ztassess.playbooks.models import Playbook, PlaybookVersion

MOST = 50
SHOWN_DIFFERENCES = 40


def playbook_create(*, firm: Organization, name: str, payload: Payload, logo: bytes, actor: User) -> Playbook:
    """Make a playbook with its first version.

    Parameters:
        logo: a PNG as `ztassess.common.pictures.logo_png` makes it; empty for none.

    Raises:
        PlaybookRefused: the firm has one of this name, or fifty.
    """
    with transaction.atomic():
        audit_lock(firm)
        if Playbook.objects.filter(organization=firm, removed_at=None).count() >= MOST:
            raise PlaybookRefused(f"There are {MOST} playbooks already; remove one first. Nothing was saved.")
        playbook = Playbook(organization=firm, name=name)
        _name_or_refuse(playbook, name)
        playbook.save()
        _version(playbook, payload, logo, actor)
        audit_record(
            organization=firm,
            actor=actor,
            action="playbook.create",
            object=f"playbook:{playbook.id}",
            summary=f"{actor} made the playbook {name}",
            after={"name": name, "parts": [part.words for part in payload.parts]},
        )
    return playbook


def playbook_save(
    *, playbook: Playbook, name: str, payload: Payload, logo: bytes | None, seen: int, actor: User
) -> PlaybookVersion | None:
    """Save another version; earlier ones stay, and so does what is applied to clients.

    Parameters:
        logo: a new picture; empty takes it away, None keeps the one there is.
        seen: the version that the person edited.

    Returns:
        The new version; None if it would say the same as the newest one.

    Raises:
        PlaybookConflict: somebody saved another version meanwhile, or removed the playbook.
        PlaybookRefused: the firm has another playbook of this name.
    """
    firm = playbook.organization
    with transaction.atomic():
        audit_lock(firm)
        current = Playbook.objects.select_for_update().get(id=playbook.id)
        if current.removed_at is not None:
            raise PlaybookConflict(f"The playbook {current.name} was removed meanwhile; nothing was saved.")
        if current.number != seen:
            raise PlaybookConflict(
                f"Version {current.number} was saved since you opened version {seen}; nothing of yours was saved. "
                "What you typed is still in the form: compare it with the newer version, and save again."
            )
        last = PlaybookVersion.objects.get(playbook=current, number=current.number)
        picture = bytes(last.logo) if logo is None else logo
        before, after = last.value(), _with_logo(payload, picture)
        if (name, payload_json(after)) == (last.name, last.payload):
            return None
        _name_or_refuse(current, name)
        current.name, current.number = name, current.number + 1
        current.save(update_fields=["name", "number"])
        version = _version(current, payload, picture, actor)
        changed = differences(before, after, load_catalog())[:SHOWN_DIFFERENCES]
        audit_record(
            organization=firm,
            actor=actor,
            action="playbook.save",
            object=f"playbook:{current.id}",
            summary=f"{actor} saved version {version.number} of the playbook {name}",
            before={each.about: each.before for each in changed},
            after={each.about: each.after for each in changed},
        )
    return version


def playbook_remove(*, playbook: Playbook, actor: User) -> None:
    """Remove a playbook. Clients keep what is applied to them.

    Raises:
        PlaybookRefused: it was removed before.
    """
    with transaction.atomic():
        audit_lock(playbook.organization)
        if not Playbook.objects.filter(id=playbook.id, removed_at=None).update(removed_at=timezone.now()):
            raise PlaybookRefused(f"The playbook {playbook.name} was removed before; nothing was changed.")
        audit_record(
            organization=playbook.organization,
            actor=actor,
            action="playbook.remove",
            object=f"playbook:{playbook.id}",
            summary=f"{actor} removed the playbook {playbook.name}",
        )


def _name_or_refuse(playbook: Playbook, name: str) -> None:
    others = Playbook.objects.filter(organization=playbook.organization, name=name, removed_at=None)
    if others.exclude(id=playbook.id).exists():
        raise PlaybookRefused(f"There is a playbook {name} already; choose another name. Nothing was saved.")


def _with_logo(payload: Payload, logo: bytes) -> Payload:
    mark = hashlib.sha256(logo).hexdigest() if logo else ""
    return replace(payload, branding=replace(payload.branding, logo=mark))


def _version(playbook: Playbook, payload: Payload, logo: bytes, actor: User) -> PlaybookVersion:
    try:
        return PlaybookVersion.objects.create(
            organization=playbook.organization,
            playbook=playbook,
            number=playbook.number,
            name=playbook.name,
            payload=payload_json(_with_logo(payload, logo)),
            logo=logo,
            by=actor,
        )
    except IntegrityError as problem:  # pragma: no cover  the head of the log is locked, so nobody else writes one
        raise PlaybookConflict("Somebody saved a version at the same moment; nothing of yours was saved.") from problem
