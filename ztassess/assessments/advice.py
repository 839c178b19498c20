"""Owns what a consultant's playbook brings to the pages of an organization; floors above say what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ztassess.catalog import load_catalog
from ztassess.domain.controls import Catalog
from ztassess.domain.playbooks import Advice
from ztassess.domain.scoring import is_weighted
from ztassess.domain.weighting import reweighted
from ztassess.organizations.models import Organization

if TYPE_CHECKING:
    from ztassess.assessments.selectors import Reading

# What is applied to an organization now, inside its scope. The first that has something speaks.
ADVICE_SOURCES: list[Callable[[Organization], Advice | None]] = []


def advice_of(organization: Organization) -> Advice | None:
    """The advice in force; None where there is none. One query."""
    for source in ADVICE_SOURCES:
        if found := source(organization):
            return found
    return None


def weighting_of(reading: Reading) -> str:
    """Whose weights the numbers of a reading are made with, for a line beside them; empty for the catalog's own."""
    weighted = is_weighted(reading.assessment.method_version)
    return reading.advice.words if reading.advice and weighted else ""


def catalog_with(advice: Advice | None) -> Catalog:
    """The catalog that an organization is judged by: with the weights of its playbook, where it has some."""
    return reweighted(load_catalog(), advice.payload.weights) if advice else load_catalog()
