"""Owns how we get into an account: an assumed role, a person's temporary session, or the operator's own environment."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ztassess.connectors.aws.client import GLOBAL_REGION, Aws
from ztassess.connectors.aws.client_errors import failure
from ztassess.connectors.aws.form import NO_WAY_IN, session_problem
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.errors import AuthFailed, ConnectorError, InputInvalid
from ztassess.connectors.netguard import AwsCredentials, aws_client_factory

OPERATOR_ENVIRONMENT = "operator_environment"
"""Key of `ReadContext.operator`: set by the command line, where the operator's own AWS environment may be used."""

SESSION_SECONDS = 900
_RENEW_AFTER = 720.0
_COLLECT_EVERY = 4
_KEPT = "aws"


class Clients:
    """botocore clients by service and region. Thread-safe.

    Each region has a factory of its own, so that `forget` frees its clients (a third of a megabyte each) once the
    region is read; an account has seventeen regions of twenty services.

    Parameters:
        credentials: gives the credentials to read with; asked again when they are `renew_after` seconds old.
    """

    def __init__(
        self, context: ReadContext, credentials: Callable[[], AwsCredentials | None], renew_after: float = float("inf")
    ) -> None:
        self._context, self._credentials, self._renew_after = context, credentials, renew_after
        self._current, self._since = credentials(), time.monotonic()
        self._factories: dict[str, Callable[[str, str], Any]] = {}
        self._lock = threading.Lock()
        self._forgotten = 0

    def __call__(self, service: str, region: str) -> Any:
        with self._lock:
            if time.monotonic() - self._since > self._renew_after:
                self._current, self._since = self._credentials(), time.monotonic()
                self._factories.clear()
            if region not in self._factories:
                self._factories[region] = _factory(self._context, self._current)
            return self._factories[region](service, region)

    def forget(self, region: str) -> None:
        """Free the clients of a region."""
        with self._lock:
            self._factories.pop(region, None)
            self._forgotten += 1
            due = self._forgotten % _COLLECT_EVERY == 0
        if due:
            gc.collect()  # clients hold each other in circles, and Python looks for old circles too rarely


def open_account(context: ReadContext) -> Aws:
    """Calls to the account of this connection; the same for the connection test and the reading of one run.

    Raises:
        InputInvalid: there is no way in, or the session credentials are malformed.
        AuthFailed: the role cannot be assumed.
    """
    if _KEPT not in context.kept:
        context.kept[_KEPT] = _opened(context)
    found = context.kept[_KEPT]
    assert isinstance(found, Aws)  # noqa: S101  nobody else writes under our name
    return found


def _opened(context: ReadContext) -> Aws:
    problem = session_problem(context.secrets)
    if problem:
        raise InputInvalid(problem)
    role = str(context.config.get("role_arn") or "")
    if role and not (context.config.get("external_id") or from_command_line(context)):
        raise InputInvalid("This connection has no external ID, without which we assume no role. Make it anew.")
    if role:
        return Aws(_assumed(context, role))
    if context.secrets.get("access_key_id"):
        return Aws(Clients(context, lambda: _session_credentials(context.secrets)))
    if from_command_line(context):
        return Aws(Clients(context, lambda: None))
    raise InputInvalid(NO_WAY_IN)


def from_command_line(context: ReadContext) -> bool:
    """True where the operator runs one reading by hand: their own environment may be used, and nothing is stored."""
    return bool(context.operator.get(OPERATOR_ENVIRONMENT))


def open_identity_center(context: ReadContext, account: Aws) -> Aws:
    """Calls to the account that owns Identity Center: its own role where one was given, else the same account."""
    role = str(context.config.get("identity_center_role_arn") or "")
    return Aws(_assumed(context, role)) if role else account


def try_to_assume(context: ReadContext, role: str, external_id: str | None) -> bool:
    """True if the role lets itself be assumed with this external id (None: without one). For the read-only proof."""
    try:
        _assume(_own_sts(context), role, external_id)
    except AuthFailed:
        return False
    return True


def _session_credentials(secrets: Mapping[str, str]) -> AwsCredentials:
    names = ("access_key_id", "secret_access_key", "session_token")
    key, secret, token = (secrets[name].strip() for name in names)
    return AwsCredentials(access_key=key, secret_key=secret, token=token)


def _factory(context: ReadContext, credentials: AwsCredentials | None) -> Callable[[str, str], Any]:
    return aws_client_factory(
        context.guard,
        context.budget,
        credentials=credentials,
        endpoint_url=context.operator.get("aws_endpoint_url", ""),
    )


def _own_sts(context: ReadContext) -> Any:
    """STS with the installation's own credentials: only they may assume customers' roles."""
    return _factory(context, None)("sts", GLOBAL_REGION)


def _assumed(context: ReadContext, role: str) -> Clients:
    """Clients with the credentials of an assumed role."""
    external_id = str(context.config.get("external_id") or "") or None
    sts = _own_sts(context)
    return Clients(context, lambda: _assume(sts, role, external_id), renew_after=_RENEW_AFTER)


def _assume(sts: Any, role: str, external_id: str | None) -> AwsCredentials:
    extra = {"ExternalId": external_id} if external_id else {}
    try:
        answer = sts.assume_role(RoleArn=role, RoleSessionName="ztassess", DurationSeconds=SESSION_SECONDS, **extra)[
            "Credentials"
        ]
    except ClientError as problem:
        if problem.response.get("Error", {}).get("Code") in ("AccessDenied", "AccessDeniedException"):
            raise AuthFailed(
                f"We cannot assume {role}. Its trust policy must be exactly the one shown on the form; "
                "check the external ID."
            ) from problem
        raise failure(problem) from problem
    except BotoCoreError as problem:
        raise _without_credentials(problem) from problem
    return AwsCredentials(
        access_key=answer["AccessKeyId"], secret_key=answer["SecretAccessKey"], token=answer["SessionToken"]
    )


def _without_credentials(problem: BotoCoreError) -> ConnectorError:
    found = failure(problem)
    if isinstance(found, InputInvalid):
        return InputInvalid(
            "This installation has no AWS credentials of its own, so it cannot assume a role. "
            "Use temporary session credentials or an upload."
        )
    return found
