"""Owns the refusals of this floor: each is one sentence for the person who asked."""


class PortfolioError(Exception):
    """Base: something was refused; nothing was changed."""

    retryable = False


class ViewRefused(PortfolioError):
    """A view cannot be saved under this name, or there are too many."""


class AskRefused(PortfolioError):
    """What was asked for one client is not done there; the others are not touched by it."""
