"""Owns writes about answers and scores."""

from ztassess.organizations.models import Organization


def score_record_change(organization: Organization) -> None:
    """Record the score after a change of proof."""
