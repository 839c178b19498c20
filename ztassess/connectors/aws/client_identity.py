"""Owns the calls to IAM: at most fifteen beyond paging, whatever the size of the account."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import TypeVar

from ztassess.connectors.aws.client import Aws
from ztassess.connectors.aws.client_errors import Refused
from ztassess.connectors.aws.parsing import moment, needed_moment, text
from ztassess.connectors.aws.parsing_identity import (
    Identities,
    parse_account_summary,
    parse_credential_report,
    parse_identities,
)
from ztassess.connectors.aws.snapshot_identity import (
    AccountSummary,
    CredentialRow,
    IdentityProvider,
    PasswordPolicy,
    RoleUse,
    ServiceUse,
    VirtualMfaDevice,
)
from ztassess.domain.findings import Unavailable

T = TypeVar("T")

MOST_CALLS = 15
"""Calls to STS and IAM of one scan, pages not counted: the account's size must not matter."""

GITHUB = "token.actions.githubusercontent.com"
_REPORT_WAITS = (0.0, 2.0, 4.0, 8.0)
_MOST_PROVIDERS = 2
_PAGE = 500
_BUILDING = ("ReportNotPresent", "ReportInProgress", "ReportExpired")


def _once(read: Callable[[Aws], T]) -> Callable[[Aws], T]:
    """Ask once in a run: the connection test and the reading share the answer."""

    @wraps(read)
    def shared(aws: Aws) -> T:
        return aws.once.get(read.__name__, lambda: read(aws))

    return shared


def calls_left(aws: Aws) -> int:
    """Calls to STS and IAM that this scan may still make."""
    return MOST_CALLS - sum(count for (service, _), count in aws.calls.items() if service in ("iam", "sts"))


@_once
def start_credential_report(aws: Aws) -> None:
    """Have AWS make a credential report (``iam.generate_credential_report``)."""
    aws.call("iam", "generate_credential_report")


def credential_report(
    aws: Aws, wait: Callable[[float], None] = time.sleep
) -> tuple[tuple[CredentialRow, ...], datetime]:
    """The credential report's rows and when AWS made it (it keeps one for four hours).

    ``iam.generate_credential_report``, then ``iam.get_credential_report`` until it is there, in at most 14 s.

    Raises:
        Refused: not allowed, or still being built.
    """
    start_credential_report(aws)
    for seconds in _REPORT_WAITS:
        wait(seconds)
        try:
            answer = aws.call("iam", "get_credential_report")
        except Refused as problem:
            if problem.code not in _BUILDING:
                raise
            continue
        return parse_credential_report(answer["Content"]), needed_moment(answer["GeneratedTime"])
    sentence = "AWS is still building the credential report; the next scan reads it."
    raise Refused(Unavailable("partial_data", detail=sentence))


@_once
def identities(aws: Aws) -> Identities:
    """Users, groups, roles and policies with their documents (``iam.get_account_authorization_details``).

    Raises:
        Refused: a page was refused: half a list of identities is none.
    """
    return parse_identities(aws.pages("iam", "get_account_authorization_details", PaginationConfig={"PageSize": _PAGE}))


@_once
def account_summary(aws: Aws) -> tuple[AccountSummary, ...]:
    """Root's MFA and keys (``iam.get_account_summary``)."""
    return (parse_account_summary(aws.call("iam", "get_account_summary")),)


@_once
def password_policy(aws: Aws) -> tuple[PasswordPolicy, ...]:
    """The password policy (``iam.get_account_password_policy``); none is an answer, not an error."""
    try:
        answer = aws.call("iam", "get_account_password_policy")["PasswordPolicy"]
    except Refused as problem:
        if problem.code != "NoSuchEntity":
            raise
        return (PasswordPolicy(present=False),)
    return (PasswordPolicy(present=True, minimum_length=answer.get("MinimumPasswordLength")),)


@_once
def virtual_mfa_devices(aws: Aws) -> tuple[VirtualMfaDevice, ...]:
    """Phone apps that act as second factors (``iam.list_virtual_mfa_devices``)."""
    found = aws.items("iam", "list_virtual_mfa_devices", "VirtualMFADevices", AssignmentStatus="Assigned")
    return tuple(VirtualMfaDevice(str(each["SerialNumber"]), text(each.get("User") or {}, "Arn")) for each in found)


@_once
def saml_providers(aws: Aws) -> tuple[IdentityProvider, ...]:
    """SAML providers (``iam.list_saml_providers``)."""
    found = aws.items("iam", "list_saml_providers", "SAMLProviderList")
    return tuple(IdentityProvider(str(each["Arn"]), "saml") for each in found)


@_once
def oidc_providers(aws: Aws) -> tuple[IdentityProvider, ...]:
    """OIDC providers (``iam.list_open_id_connect_providers``); audiences of at most two that belong to pipelines."""
    arns = [
        str(each["Arn"]) for each in aws.items("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList")
    ]
    asked = [arn for arn in arns if GITHUB in arn][:_MOST_PROVIDERS]
    return tuple(
        IdentityProvider(
            arn, "oidc", arn.partition("oidc-provider/")[2], _audiences(aws, arn) if arn in asked else None
        )
        for arn in arns
    )


def _audiences(aws: Aws, arn: str) -> tuple[str, ...] | None:
    try:
        answer = aws.call("iam", "get_open_id_connect_provider", OpenIDConnectProviderArn=arn)
    except Refused:
        return None
    return tuple(str(each) for each in answer.get("ClientIDList") or ())


def role_uses(aws: Aws, role_arns: Sequence[str], wait: Callable[[float], None] = time.sleep) -> tuple[RoleUse, ...]:
    """Last use by service of a few broad roles (``iam.generate_/get_service_last_accessed_details``).

    Two calls for each role, and only as many roles as the calls left allow.

    Raises:
        Refused: not allowed, not available here, or no job ended in time.
    """
    asked = role_arns[: max(0, calls_left(aws)) // 2]
    if not asked:
        raise Refused(Unavailable("partial_data", detail="No request was left to ask when roles used which service."))
    jobs = [(arn, str(aws.call("iam", "generate_service_last_accessed_details", Arn=arn)["JobId"])) for arn in asked]
    wait(2.0)
    found = [use for arn, job in jobs if (use := _role_use(aws, arn, job)) is not None]
    if not found:
        raise Refused(Unavailable("partial_data", detail="AWS is still gathering when roles used which service."))
    return tuple(found)


def _role_use(aws: Aws, arn: str, job: str) -> RoleUse | None:
    answer = aws.call("iam", "get_service_last_accessed_details", JobId=job)
    if answer.get("JobStatus") != "COMPLETED":
        return None
    services = answer.get("ServicesLastAccessed") or ()
    return RoleUse(
        arn,
        tuple(ServiceUse(str(each["ServiceNamespace"]), moment(each.get("LastAuthenticated"))) for each in services),
    )
