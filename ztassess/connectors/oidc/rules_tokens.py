"""Owns the checks of sample tokens: how long they live, who signed them, for whom, and for which sender."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import count, names
from ztassess.connectors.oidc.judging import SAMPLE, judge_document, of_document, samples, scope_of, trusted
from ztassess.connectors.oidc.snapshot import Metadata, OidcSnapshot, Sample, Signature, Source
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked, passed

CHECKS: Checks[OidcSnapshot] = Checks("oidc")
MINUTE: Final = 60
SHORT: Final = 900
DAY: Final = 86_400
OPAQUE: Final = "This looks like an opaque token. Its lifetime can only be read from the token reply (expires_in)."
_UNVERIFIED: Final = {
    Signature.INVALID: "The signature does not fit the published key; was the token changed or cut?",
    Signature.UNSAFE: "The token is not signed by a key of the issuer, so what it says proves nothing.",
    Signature.UNLISTED: "The token is signed by an algorithm that we do not accept.",
    Signature.UNKNOWN_KEY: "The key of the token is not in the key set; was it rotated?",
    Signature.NO_KEYS: "The key set could not be read, so the signature was not checked.",
    Signature.OPAQUE: OPAQUE,
}


def _each(snapshot: OidcSnapshot) -> Iterator[Verdict]:
    """The words for tokens that are missing, before and beside those that are there."""
    if isinstance(snapshot.tokens, Unavailable):
        yield not_checked(scope_of(snapshot), snapshot.tokens)
    elif not snapshot.tokens:
        yield not_checked(scope_of(snapshot), "input_missing", "No sample token was given.")


@CHECKS.check(
    "oidc.access_token_lifetime",
    title="Access tokens end within 15 minutes",
    verifies=(Verifies("credentials.short-access-tokens", level=2),),
    severity=Severity.HIGH,
    parts=("tokens", "keys"),
)
def access_token_lifetime(snapshot: OidcSnapshot) -> Iterator[Verdict]:
    """From iat to exp of a token whose signature holds; how long is left of it says nothing."""
    yield from _each(snapshot)
    for sample in samples(snapshot):
        yield _lifetime(snapshot, sample)


def _lifetime(snapshot: OidcSnapshot, sample: Sample) -> Verdict:
    """One token of one API proves that API only."""
    where = sample.label
    if sample.signature is Signature.OPAQUE:
        return _opaque_lifetime(snapshot, sample)
    if not trusted(sample):
        return not_checked(where, "partial_data", _UNVERIFIED[sample.signature])
    doubt = _not_an_access_token(snapshot, sample)
    if doubt:
        return not_checked(where, "unsupported", doubt)
    if sample.issued is None or sample.expires is None:
        absent = " and ".join(
            name for name, value in (("iat", sample.issued), ("exp", sample.expires)) if value is None
        )
        near = "Without exp, nothing ends the token." if sample.expires is None else ""
        reason = f"The {sample.label} has no {absent}; its lifetime cannot be told."
        return not_checked(where, "partial_data", reason, near_miss=near)
    lifetime = sample.expires - sample.issued
    if lifetime <= 0:
        return not_checked(where, "partial_data", f"The {sample.label} ends before it begins; nothing can be told.")
    line = Evidence(SAMPLE, where, "exp - iat", f"{lifetime:.0f}", f"at most {SHORT}")
    return _judged(snapshot, sample, lifetime, line)


def _opaque_lifetime(snapshot: OidcSnapshot, sample: Sample) -> Verdict:
    where = "opaque token"
    if sample.cached:
        reason = "The issuer gave the same token twice: expires_in is what is left of it, not its lifetime."
        return not_checked(where, "partial_data", reason)
    if sample.stated_lifetime is None or sample.stated_lifetime <= 0:
        return not_checked(where, "partial_data", OPAQUE)
    line = Evidence("POST token_endpoint", where, "expires_in", str(sample.stated_lifetime), f"at most {SHORT}")
    return _judged(snapshot, sample, sample.stated_lifetime, line)


def _judged(snapshot: OidcSnapshot, sample: Sample, lifetime: float, line: Evidence) -> Verdict:
    audience = names(sample.audience) or "an API that it does not name"
    minutes = f"{lifetime / MINUTE:.0f} min" if lifetime >= MINUTE else f"{lifetime:.0f} s"
    declared = len(snapshot.audiences)
    covered = len(set(sample.audience) & set(snapshot.audiences))
    share = f" {covered} of {count(declared, 'declared API')} was sampled." if declared else " No API is declared."
    claimed = " As somebody wrote it down; the signature was not checked." if sample.source is Source.CLAIMED else ""
    base = f"Tokens for {audience} live {minutes}."
    if lifetime <= SHORT:
        return passed(sample.label, f"{base}{share}{claimed}", seen=1, evidence=(line,))
    if lifetime <= DAY:
        near = f"{base} Above 15 min, at most 24 h: level 1."
        return failed(sample.label, f"{near}{share}{claimed}", evidence=(line,), level=1, near_miss=near)
    return failed(sample.label, f"{base} Above 24 h.{share}{claimed}", evidence=(line,), level=0)


def _not_an_access_token(snapshot: OidcSnapshot, sample: Sample) -> str:
    """Why a token does not count as an access token of the API; empty if it does."""
    if sample.id_marks:
        return f"This is an ID token ({names(sample.id_marks)}), not an access token of an API."
    if snapshot.issuer and sample.iss != snapshot.issuer:
        return f"The token is of another issuer ({sample.iss or 'none named'})."
    expected = bool(set(sample.audience) & set(snapshot.audiences))
    if sample.source is Source.PASTED and not sample.access_marks and not expected:
        return "Nothing shows that this is an access token; enter the audience that your API expects."
    return ""


@CHECKS.check(
    "oidc.token_signature_and_audience",
    title="Tokens are signed and bound to an audience",
    verifies=(
        Verifies("mesh.service-auth", level=2, supporting=True),
        Verifies("credentials.short-access-tokens", level=2, supporting=True),
    ),
    severity=Severity.HIGH,
    parts=("tokens", "keys"),
)
def token_signature_and_audience(snapshot: OidcSnapshot) -> Iterator[Verdict]:
    """Signed by a published key, of this issuer, for one API."""
    yield from _each(snapshot)
    for sample in samples(snapshot):
        yield _binding(snapshot, sample)


def _binding(snapshot: OidcSnapshot, sample: Sample) -> Verdict:
    where, evidence = sample.label, _binding_evidence(snapshot, sample)
    if sample.signature is Signature.OPAQUE:
        reason = "The token is opaque: whether it is signed and for whom is not visible."
        return not_checked("opaque token", "unsupported", reason)
    if sample.signature is Signature.UNSAFE:
        how = "not signed at all" if sample.alg.lower() == "none" else f"signed by a shared secret ({sample.alg})"
        reason = f"The {sample.label} is {how}: whoever can check it can also make one."
        return failed(where, reason, evidence=evidence, severity=Severity.CRITICAL)
    if sample.id_marks:
        return not_checked(where, "unsupported", f"This is an ID token ({names(sample.id_marks)}), not one for an API.")
    if snapshot.issuer and sample.iss != snapshot.issuer:
        found = sample.iss or "nobody"
        return failed(where, f"The token names {found} as its issuer, not {snapshot.issuer}.", evidence=evidence)
    if not sample.audience:
        near = "The token is signed but has no audience: any service may replay it at another."
        return failed(where, near, evidence=evidence, near_miss=near)
    if snapshot.audiences and not set(sample.audience) & set(snapshot.audiences):
        reason = f"The token is for {names(sample.audience)}, not for {names(snapshot.audiences)}."
        return failed(where, reason, evidence=evidence)
    if sample.signature is Signature.INVALID and sample.source is Source.MINTED:
        return failed(where, "The issuer's own token does not fit its published key.", evidence=evidence)
    if sample.signature is not Signature.VALID:
        reason = _UNVERIFIED.get(sample.signature, "As somebody wrote it down; the signature was not checked.")
        return not_checked(where, "partial_data", reason)
    reason = f"The {sample.label} is signed with {sample.alg} by key {sample.kid or 'without a kid'} of the issuer."
    return passed(where, reason, seen=1, evidence=evidence)


def _binding_evidence(snapshot: OidcSnapshot, sample: Sample) -> tuple[Evidence, ...]:
    expected = names(snapshot.audiences) or "an audience"
    return (
        Evidence(SAMPLE, sample.label, "alg", sample.alg or "absent", "RS, PS, ES256, ES384 or EdDSA"),
        Evidence(SAMPLE, sample.label, "kid", sample.kid or "absent", "a published key"),
        Evidence(SAMPLE, sample.label, "iss", sample.iss or "absent", snapshot.issuer),
        Evidence(SAMPLE, sample.label, "aud", names(sample.audience) or "absent", expected),
    )


@CHECKS.check(
    "oidc.sender_constraint_offered",
    title="Tokens can be bound to their sender",
    verifies=(Verifies("credentials.short-access-tokens", level=2, supporting=True),),
    severity=Severity.LOW,
    parts=("metadata", "tokens"),
)
def sender_constraint_offered(snapshot: OidcSnapshot) -> Iterator[Verdict]:
    """An offer is no proof; a token with a confirmation claim is, for that token."""
    bound = [sample for sample in samples(snapshot) if sample.signature is Signature.VALID and sample.bound]
    if bound:
        line = Evidence(SAMPLE, bound[0].label, "cnf", "present", "present")
        yield passed(bound[0].label, f"The {bound[0].label} is bound to its sender (cnf).", seen=1, evidence=(line,))
        return
    seen = [sample for sample in samples(snapshot) if trusted(sample)]

    def judge(metadata: Metadata, where: str) -> Verdict:
        evidence = (
            *of_document(where, "dpop_signing_alg_values_supported", metadata.dpop, "not empty"),
            *of_document(where, "tls_client_certificate_bound_access_tokens", metadata.bound_by_certificate, "true"),
        )
        if metadata.dpop or metadata.bound_by_certificate:
            near = "The issuer can bind tokens (DPoP or mTLS); no token was seen that is."
            if seen:
                near = "The issuer can bind tokens (DPoP or mTLS); the sample token carries no cnf claim."
            return not_checked(where, "unsupported", near, near_miss=near)
        return failed(where, "The issuer offers neither DPoP nor certificate-bound tokens.", evidence=evidence)

    yield from judge_document(snapshot, judge)


@CHECKS.check(
    "oidc.phishing_resistant_acr_offered",
    title="Phishing-resistant sign-in can be requested",
    verifies=(Verifies("mfa.phishing-resistant", level=1, supporting=True),),
    severity=Severity.LOW,
    parts=("metadata", "tokens"),
)
def phishing_resistant_acr_offered(snapshot: OidcSnapshot) -> Iterator[Verdict]:
    """One sign-in that used it proves that one sign-in."""
    used = [
        each for each in samples(snapshot) if each.signature is Signature.VALID and each.id_marks and _resistant(each)
    ]
    if used and (not snapshot.issuer or used[0].iss == snapshot.issuer):
        near = "One sign-in used it; that says nothing about other people."
        line = Evidence(SAMPLE, used[0].label, "acr, amr", f"{used[0].acr}; {', '.join(used[0].amr)}", "phr or phrh")
        yield passed(used[0].label, f"{near} (acr {used[0].acr or 'absent'}).", seen=1, evidence=(line,))
        return

    def judge(metadata: Metadata, where: str) -> Verdict:
        offered = sorted({"phr", "phrh"} & set(metadata.acr or ()))
        if offered:
            near = f"Offered ({', '.join(offered)}), not proven in use."
            return not_checked(where, "unsupported", near, near_miss=near)
        listed = "does not list any" if metadata.acr is None else f"lists {names(metadata.acr) or 'none'}"
        reason = f"The issuer {listed} authentication context classes; whether sign-in resists phishing is not visible."
        return not_checked(where, "unsupported", reason)

    yield from judge_document(snapshot, judge)


def _resistant(sample: Sample) -> bool:
    """By class, or by a hardware or FIDO key with the person present (RFC 8176, OpenID EAP ACR values)."""
    by_method = bool({"hwk", "fido", "swk"} & set(sample.amr)) and "user" in sample.amr
    return sample.acr in ("phr", "phrh") or by_method
