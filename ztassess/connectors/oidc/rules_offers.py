"""Owns the checks of what the issuer offers its clients: grants, PKCE, ways to prove who they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import names
from ztassess.connectors.oidc.judging import judge_document, of_document
from ztassess.connectors.oidc.snapshot import Metadata, OidcSnapshot
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Severity, Verdict, failed, not_checked, passed

CHECKS: Checks[OidcSnapshot] = Checks("oidc")
_OLD: Final = ("password", "implicit")
_BY_KEY: Final = ("private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth")


@CHECKS.check(
    "oidc.no_password_or_implicit_grant",
    title="Old grants are not offered",
    verifies=(Verifies("mfa.no-bypass", level=1, supporting=True),),
    severity=Severity.MEDIUM,
    parts=("metadata",),
)
def no_password_or_implicit_grant(snapshot: OidcSnapshot) -> Iterator[Verdict]:
    """Absent means the standard's default, authorization_code and implicit, so it cannot pass."""

    def judge(metadata: Metadata, where: str) -> Verdict:
        grants = metadata.grants
        if grants is None:
            reason = "The document does not say grant_types_supported; the standard's default includes implicit."
            return not_checked(where, "partial_data", reason)
        evidence = of_document(where, "grant_types_supported", grants, "no password, no implicit")
        if not grants:
            return not_checked(where, "partial_data", "The list of grants is empty; there is nothing to judge.")
        old = [grant for grant in grants if grant in _OLD]
        if old:
            quoted = " and ".join(f"'{grant}'" for grant in old)
            near = f"{quoted} is offered. Whether a client uses it is not visible here; the password grant skips MFA."
            return failed(where, near, seen=len(grants), evidence=evidence, near_miss=near)
        return passed(where, f"Offered grants: {names(grants)}.", seen=len(grants), evidence=evidence)

    yield from judge_document(snapshot, judge)


@CHECKS.check(
    "oidc.pkce_s256_only",
    title="PKCE uses S256",
    verifies=(Verifies("credentials.short-access-tokens", level=2, supporting=True),),
    severity=Severity.MEDIUM,
    parts=("metadata",),
)
def pkce_s256_only(snapshot: OidcSnapshot) -> Iterator[Verdict]:
    """With plain, whoever sees the request can redeem the code."""

    def judge(metadata: Metadata, where: str) -> Verdict:
        methods = metadata.pkce
        field = "code_challenge_methods_supported"
        if not methods:
            return not_checked(where, "partial_data", f"The document does not say {field}.")
        evidence = of_document(where, field, methods, "S256 only")
        if "S256" not in methods:
            return failed(where, f"S256 is not among {names(methods)}.", evidence=evidence)
        if "plain" in methods:
            near = "'plain' is offered next to S256."
            return failed(where, near, evidence=evidence, severity=Severity.LOW, near_miss=near)
        return passed(where, f"PKCE: {names(methods)}.", seen=1, evidence=evidence)

    yield from judge_document(snapshot, judge)


@CHECKS.check(
    "oidc.client_auth_without_shared_secret",
    title="Clients can prove themselves without a shared secret",
    verifies=(Verifies("identity.workload-identity", level=2, supporting=True),),
    severity=Severity.LOW,
    parts=("metadata",),
)
def client_auth_without_shared_secret(snapshot: OidcSnapshot) -> Iterator[Verdict]:
    """An offer never passes: which client uses what is not visible here."""

    def judge(metadata: Metadata, where: str) -> Verdict:
        ways = metadata.client_auth
        field = "token_endpoint_auth_methods_supported"
        if not ways:
            return not_checked(where, "partial_data", f"The document does not say {field}.")
        by_key = [way for way in ways if way in _BY_KEY]
        if by_key:
            reason = f"{names(by_key)} is offered; use per client is not visible."
            return not_checked(where, "unsupported", reason, near_miss="Offered, not proven in use.")
        unknown = [way for way in ways if way != "none" and not way.startswith("client_secret_")]
        if unknown:
            return not_checked(where, "unsupported", f"{names(unknown)} is offered, which is not judged here.")
        evidence = of_document(where, field, ways, "private_key_jwt or tls_client_auth")
        return failed(where, f"Only shared secrets: {names(ways)}.", seen=len(ways), evidence=evidence)

    yield from judge_document(snapshot, judge)
