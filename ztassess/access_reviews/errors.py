"""Owns the refusals of this floor: each is one sentence for the person who asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ztassess.access_reviews.models import AccessDecision


class AccessReviewError(Exception):
    """Base: nothing was written."""

    retryable = False


class DecisionConflict(AccessReviewError):
    """Somebody else decided about the same account since this person read it.

    Attributes:
        current: what stands now.
    """

    def __init__(self, current: AccessDecision | None) -> None:
        super().__init__("Somebody else decided about this account meanwhile. Yours was not saved; both stand below.")
        self.current = current


class DecisionRefused(AccessReviewError):
    """The decision makes no sense for this account, or is somebody else's to make."""


class AccountGone(AccessReviewError):
    """The connection does not tell this account any more."""


class CampaignRefused(AccessReviewError):
    """A campaign cannot be started, changed or closed like this."""


class CampaignChanged(AccessReviewError):
    """Somebody else changed the campaign in the meantime."""
