"""Owns taking an old demo company away, so that a new one can stand in its place."""

from __future__ import annotations

from django.apps import apps
from django.utils import timezone

from ztassess.audit.models import AuditEvent, AuditHead, Via
from ztassess.audit.services import audit_record
from ztassess.common.models import OrgOwned, organization_scope
from ztassess.organizations.models import Organization

# The log's lines cannot be deleted, by anybody: what they say in words goes, the chain stays.
KEPT = (AuditEvent, AuditHead)


def demo_retire(organization: Organization) -> str:
    """Delete everything of a demo company but the chain of its log, which nobody can open any more.

    Returns:
        The slug it had, which is free now.
    """
    slug, moment = organization.slug, timezone.now()
    organization.slug = f"replaced-{moment:%Y%m%d%H%M%S}-{slug}"[:80]
    organization.is_demo = False
    organization.save(update_fields=["slug", "is_demo"])
    with organization_scope(organization):
        audit_record(
            organization=organization,
            via=Via.OPERATOR,
            action="organization.replace",
            object=f"organization:{slug}",
            summary="The demo company was made anew; this is the end of the old one.",
        )
        for model in apps.get_models():
            if issubclass(model, OrgOwned) and model not in KEPT:
                model.objects.filter(organization=organization).delete()
    return slug
