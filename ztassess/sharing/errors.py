"""Owns the refusals of this floor."""

from __future__ import annotations


class SharingError(Exception):
    """Base: a share link could not be made or changed; nothing was changed."""


class ShareRefused(SharingError):
    """What was asked for contradicts itself, or the link is not open any more."""


class ShareConflict(SharingError):
    """Somebody else changed the link since this person read it."""
