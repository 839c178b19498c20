"""Owns the refusals of this floor."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ztassess.assessments.models import Answer


class AssessmentError(Exception):
    """Base: an answer could not be written; nothing was changed."""

    retryable = False


class AnswerConflict(AssessmentError):
    """Somebody else saved the same answer since this person read it.

    Attributes:
        current: what stands now; None if the answer was given for the first time meanwhile and is not readable.
    """

    def __init__(self, current: Answer) -> None:
        super().__init__("Somebody else changed this answer meanwhile. Yours was not saved; both stand below.")
        self.current = current


class UnknownControl(AssessmentError):
    """There is no such control in the catalog."""


class EvidenceRefused(AssessmentError):
    """An artifact, a version of one or a review was not taken; the message says why. Nothing was kept."""


class ExceptionRefused(AssessmentError):
    """A request, a decision or an end of an exception was not taken; the message says why. Nothing was changed."""


class AccountRefused(AssessmentError):
    """A break-glass account or its test was not taken; the message says why. Nothing was changed."""


class OwnerConflict(AssessmentError):
    """Somebody else named another owner or day meanwhile. Nothing was changed."""


class CommentRefused(AssessmentError):
    """A comment could not be written or taken away. Nothing was changed."""
