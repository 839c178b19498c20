"""Owns the errors a connector may raise: each carries one sentence for a person and says whether trying again helps."""

from __future__ import annotations


class ConnectorError(Exception):
    """Base of everything a connector raises on purpose.

    Parameters:
        sentence: what happened and what to do, for a person; never contains a secret.

    Attributes:
        code: stable reason code, stored with the scan.
        retryable: True if the same call may succeed later without anybody changing anything.
    """

    code = "error"
    retryable = False

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class InputInvalid(ConnectorError):
    """The person's input cannot be used: a malformed field, the wrong file, a truncated export."""

    code = "input_invalid"


class AuthFailed(ConnectorError):
    """The vendor refused the credential."""

    code = "auth_failed"


class DatabaseRefused(AuthFailed):
    """The credential itself is good, but may not enter this one database; others of the server may still be open."""


class OverPrivileged(ConnectorError):
    """The credential can do more than read; it is not used."""

    code = "over_privileged"


class Blocked(ConnectorError):
    """The egress guard refused the target. ``reason`` is for the operator's log, the sentence for the tenant."""

    code = "unreachable"

    def __init__(self, reason: str, sentence: str = "Could not reach the host.") -> None:
        super().__init__(sentence)
        self.reason = reason


class Unreachable(ConnectorError):
    """Nothing answered, or not in time.

    The sentence is the same as a refusal by policy, so that a tenant cannot scan a network by reading errors.

    Attributes:
        how: ``refused``, ``timeout``, ``name`` (it does not resolve) or ``closed`` (the server hung up); for the
            connector's own judgment of public addresses and for the operator's log.
    """

    code = "unreachable"
    retryable = True

    def __init__(self, sentence: str = "Could not reach the host.", how: str = "") -> None:
        super().__init__(sentence)
        self.how = how


class TlsFailed(ConnectorError):
    """The server's certificate or TLS could not be verified.

    Attributes:
        reason: OpenSSL's word for it, such as ``TLSV13_ALERT_CERTIFICATE_REQUIRED``; empty if there is none.
    """

    code = "tls"

    def __init__(self, sentence: str, reason: str = "") -> None:
        super().__init__(sentence)
        self.reason = reason


class BadAnswer(ConnectorError):
    """The server answered something that is not what its documentation says."""

    code = "malformed"
    retryable = True


class Incomplete(BadAnswer):
    """A list did not come whole: its page chain broke, led elsewhere, or held fewer rows than the vendor stated."""

    code = "partial_data"


class BudgetExceeded(ConnectorError):
    """A limit of this run was reached (time, size, pages, requests)."""

    code = "partial_data"


class RateLimited(ConnectorError):
    """The vendor asked us to slow down.

    Attributes:
        retry_after: seconds to wait, between 1 and 900.
    """

    code = "rate_limited"
    retryable = True

    def __init__(self, sentence: str, retry_after: float = 60.0) -> None:
        super().__init__(sentence)
        self.retry_after = min(900.0, max(1.0, retry_after))


class Canceled(ConnectorError):
    """The person canceled the scan."""

    code = "canceled"


class Refused(ConnectorError):
    """The vendor understood and said no, or does not have what was asked for.

    Parameters:
        status: the HTTP status.
        word: the vendor's own code for it, such as ``E0000006`` or ``PERMISSION_DENIED``; empty if it gave none.
        scope: the permission that the request needed, in the vendor's spelling; empty if none is known.

    Attributes:
        reason: reason code of the `not_checked` that this becomes.
    """

    code = "refused"
    reason = "upstream_error"

    def __init__(self, sentence: str, *, status: int, word: str = "", scope: str = "") -> None:
        super().__init__(sentence)
        self.status, self.word, self.scope = status, word, scope


class Forbidden(Refused):
    """The credential may not read this (403)."""

    code = "forbidden"
    reason = "missing_scope"


class NotFound(Refused):
    """There is no such thing at this vendor, edition or engine (404)."""

    code = "not_found"
    reason = "unsupported"
