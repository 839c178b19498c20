"""Owns the refusals of this floor."""

from __future__ import annotations


class ReportError(Exception):
    """Base: a report could not be asked for or changed; nothing was changed."""


class TooManyReports(ReportError):
    """More were asked for in an hour than one organization may have."""


class BrandingConflict(ReportError):
    """Somebody else changed the branding since this person read it."""


class DocumentFailed(Exception):
    """The pages could not be set; one sentence says what is known."""
