"""Owns what an error of AWS means: a reason code, the missing action and a sentence, or a failure of the whole run."""

from __future__ import annotations

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004  botocore's own name
    HTTPClientError,
    NoCredentialsError,
)
from botocore.parsers import ResponseParserError

from ztassess.connectors.errors import (
    AuthFailed,
    BudgetExceeded,
    Canceled,
    ConnectorError,
    InputInvalid,
    RateLimited,
    Unreachable,
)
from ztassess.domain.findings import Unavailable

CLOSED = "closed_by_organization"
"""Reason code of a call that a service control policy denies explicitly."""

FAILURES = (ClientError, BotoCoreError, ResponseParserError, ConnectorError)
"""Everything a call may raise."""

_DENIED = frozenset(
    [
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "AuthorizationError",
        "UnauthorizedException",
        "NotAuthorized",
    ]
)
_REFUSED = frozenset(
    [
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "SignatureDoesNotMatch",
        "InvalidAccessKeyId",
        "InvalidToken",
        "AuthFailure",
        "RequestExpired",
        "InvalidSignatureException",
    ]
)
_SLOW_DOWN = frozenset(
    [
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "PriorRequestNotComplete",
        "EC2ThrottledException",
    ]
)
_ABSENT = frozenset(
    [
        "NotImplemented",
        "InvalidAction",
        "UnknownOperationException",
        "UnsupportedOperation",
        "OptInRequired",
        "UnknownAction",
        "SubscriptionRequiredException",
        "UnsupportedOperationException",
    ]
)
_SERVER_FAULT = 500


class Refused(ConnectorError):
    """One call was not answered. ``why`` says so in the words of a snapshot, ``code`` is AWS's own error code."""

    def __init__(self, why: Unavailable, code: str = "") -> None:
        super().__init__(why.detail)
        self.why = why
        self.code = code


class NotAws(ConnectorError):
    """The server is not AWS's or does not implement this call: a web page stood where AWS answers XML or JSON."""

    code = "unsupported"


def refusal(problem: Exception, action: str) -> Refused:
    """Turn the error of one call into the reason why its part is not there.

    Parameters:
        action: IAM action that allows the call, for example ``iam:ListVirtualMFADevices``.
    """
    if isinstance(problem, ClientError):
        return _of_reply(problem, action)
    if isinstance(problem, NotAws) or (isinstance(problem, ResponseParserError) and _is_web_page(problem)):
        return Refused(Unavailable("unsupported", detail=f"The server does not know {action}."))
    if isinstance(problem, BudgetExceeded):
        return Refused(Unavailable("partial_data", detail=problem.sentence))
    if isinstance(problem, Unreachable | ConnectionError | HTTPClientError):
        return Refused(Unavailable("unreachable", detail=f"AWS did not answer {action}."))
    if isinstance(problem, ConnectorError):
        return Refused(Unavailable(problem.code, detail=problem.sentence))
    return Refused(Unavailable("upstream_error", detail=f"AWS answered {action} in a way we do not understand."))


def _is_web_page(problem: ResponseParserError) -> bool:
    return "<!doctype html" in str(problem).lower()


def _of_reply(problem: ClientError, action: str) -> Refused:
    error = problem.response.get("Error", {})
    code = str(error.get("Code", "")).removeprefix("Client.")
    status = int(problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _DENIED:
        return Refused(_denied(str(error.get("Message", "")), action), code)
    if code in _SLOW_DOWN:
        sentence = f"AWS asked us to slow down at {action}; earlier results stay valid."
        return Refused(Unavailable("rate_limited", detail=sentence), code)
    if code in _REFUSED:
        sentence = f"AWS stopped accepting the credentials at {action}; the session may have ended."
        return Refused(Unavailable("partial_data", detail=sentence), code)
    if code in _ABSENT:
        return Refused(Unavailable("unsupported", detail=f"{action} is not available here."), code)
    if status >= _SERVER_FAULT:
        return Refused(Unavailable("upstream_error", detail=f"AWS failed at {action} (status {status})."), code)
    return Refused(Unavailable("upstream_error", detail=f"AWS answered {action} with {code or status}."), code)


def _denied(message: str, action: str) -> Unavailable:
    lowered = message.lower()
    if "explicit deny" in lowered and "service control policy" in lowered:
        return Unavailable(CLOSED, detail=f"Your organization denies {action} by a service control policy.")
    return Unavailable("missing_scope", action, f"Action {action} is not allowed.")


def failure(problem: Exception) -> ConnectorError:
    """The error of the very first call (who are we), as a failure of the whole run."""
    if isinstance(problem, Canceled | BudgetExceeded | InputInvalid):
        return problem
    if isinstance(problem, NoCredentialsError):
        return InputInvalid(
            "There are no AWS credentials here: give a role, temporary session credentials, or upload an export."
        )
    if isinstance(problem, ClientError):
        code = str(problem.response.get("Error", {}).get("Code", ""))
        if code in _SLOW_DOWN:
            return RateLimited("AWS asked us to slow down; try again in a minute. Earlier results stay valid.")
        if code in _DENIED | _REFUSED:
            return AuthFailed(
                f"The credentials were refused by AWS ({code}). If they are temporary, get new ones and connect again."
            )
    if isinstance(problem, ConnectorError):
        return problem
    strange = isinstance(problem, BotoCoreError) and not isinstance(problem, ConnectionError | HTTPClientError)
    if strange or isinstance(problem, ResponseParserError):
        return AuthFailed("AWS answered in a way we do not understand; check the credentials and the region.")
    return Unreachable("AWS is not answering. Earlier results stay valid; the next scan tries again.")
