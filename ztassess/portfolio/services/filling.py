"""Owns summing up organizations whose summary is missing or old: on first use, each day, and by command."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from ztassess.common.models import organization_scope
from ztassess.organizations.models import Organization
from ztassess.portfolio.selectors import organizations_behind
from ztassess.portfolio.services.following import row_follow, row_rebuild

OLD_AFTER = timedelta(days=1)
log = logging.getLogger(__name__)


def rows_fill(organizations: Iterable[Organization], *, anew: bool = False) -> int:
    """Sum up each organization in a transaction of its own; one that fails is told to the log and stops no other.

    Parameters:
        anew: make each from its recorded scores, as if it had never been there.

    Returns:
        How many were summed up.
    """
    done = 0
    for organization in organizations:
        try:
            with organization_scope(organization), transaction.atomic():
                (row_rebuild if anew else row_follow)(organization)
            done += 1
        except Exception:  # one client's trouble must not hide the others
            log.exception("the summary of organization %s was not made", organization.pk)
    return done


def rows_refresh() -> int:
    """Sum up every organization with members whose summary is missing or older than a day."""
    return rows_fill(organizations_behind(timezone.now() - OLD_AFTER))
