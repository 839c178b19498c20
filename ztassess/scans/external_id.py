"""Owns the external id of a connection that is not saved yet: made by us, shown in the grant, signed on its way back.

A person copies it into a trust policy before the form is sent, so the same one must be stored. It is never taken from a
person as it is: who could choose it could name another customer's, and use this installation to enter that account.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from django.core import signing

from ztassess.organizations.models import Organization

LIVES_SECONDS = 7 * 24 * 3600


def external_id_sign(organization: Organization, external_id: UUID) -> str:
    """What the form carries."""
    return signing.dumps(str(external_id), salt=f"external-id:{organization.id}")


def external_id_read(organization: Organization, signed: str) -> UUID:
    """The id that was shown to this organization; a fresh one where the text is missing, altered, old or another's."""
    try:
        return UUID(signing.loads(signed, salt=f"external-id:{organization.id}", max_age=LIVES_SECONDS))
    except (signing.BadSignature, ValueError):
        return uuid4()
