"""Owns the link that stops a mail: signed, for one person, one organization and one kind; valid for ever (RFC 8058)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.core import signing

from ztassess.common.models import organization_scope
from ztassess.organizations.models import Membership, Organization

SALT = "notifications.unsubscribe"
WORDS = {"digest": "the weekly digest", "alerts": "all alerts"}


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """What a link stops. ``membership`` is None for who is not a member any more: they get nothing anyway."""

    organization: Organization
    membership: Membership | None
    what: str

    @property
    def words(self) -> str:
        return WORDS[self.what]


def token_for(membership: Membership, what: str) -> str:
    """The text of a link.

    Parameters:
        what: ``digest`` or ``alerts``.
    """
    said = [str(membership.organization_id), membership.user_id, what]
    return signing.dumps(said, salt=SALT, compress=True)


def unsubscription(token: str) -> Unsubscription | None:
    """What a link stops; None if we did not sign it, or its organization is gone."""
    try:
        organization_id, user_id, what = signing.loads(token, salt=SALT)
        organization = Organization.objects.filter(id=UUID(organization_id)).first()
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if organization is None or what not in WORDS:
        return None
    with organization_scope(organization):
        members = Membership.objects.active().filter(organization=organization, user_id=user_id)
        return Unsubscription(organization, members.select_related("user", "organization").first(), what)
