"""Owns asking the judgment, which lives on a floor above, what is in place today."""

from __future__ import annotations

from collections.abc import Callable

from ztassess.domain.assessment import Assessment
from ztassess.organizations.models import Organization

# Registered by the floor that judges, which is not imported here.
ASSESSORS: list[Callable[[Organization], Assessment]] = []


def assessed(organization: Organization) -> Assessment | None:
    """The present judgment of an organization; None where nothing judges, as in a test of this floor alone."""
    return ASSESSORS[0](organization) if ASSESSORS else None
