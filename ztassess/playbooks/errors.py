"""Owns the refusals of this floor: each is one sentence for the person who asked."""


class PlaybookError(Exception):
    """Base: something about a playbook was refused; nothing was changed."""

    retryable = False


class PlaybookRefused(PlaybookError):
    """The playbook cannot be made, saved or removed like this."""


class PlaybookConflict(PlaybookError):
    """Somebody else saved a newer version since this person read it."""


class ApplyRefused(PlaybookError):
    """The playbook cannot be applied to this client, or taken off."""
