"""Owns the refusals about connections and scans: each is one sentence for the person who asked."""


class ScanError(Exception):
    """Base: a connection or scan could not be changed; nothing was written."""

    retryable = False


class NotReady(ScanError):
    """The connection cannot be scanned yet: untested, refused, removed, or it takes uploads only."""


class SecretMissing(ScanError):
    """The target changed, so the stored secret was wiped, and no new one was given."""


class ConnectionChanged(ScanError):
    """Somebody else saved the connection in the meantime."""


class LeaseLost(Exception):
    """Another worker holds the scan now, or it ended: this one stops and writes nothing."""
