"""Owns why an organization does not leave, come in or go, as one sentence for a person."""

from __future__ import annotations


class ExchangeError(Exception):
    """Something about an organization as files was refused; nothing was changed."""


class ArchiveRefused(ExchangeError):
    """An archive is damaged, too large, newer, or says what cannot be; nothing of it was kept."""


class ExportRefused(ExchangeError):
    """No archive is made now."""


class DeletionRefused(ExchangeError):
    """The organization stays."""


class JobLost(Exception):
    """Another worker has this archive now, or it was given up or canceled."""
