"""Owns the checks of identity: the document is the issuer's, its algorithms and keys are safe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import count, names
from ztassess.connectors.oidc.judging import KEY_SET, judge_document, of_document, scope_of
from ztassess.connectors.oidc.snapshot import Metadata, OidcSnapshot, SigningKey
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked, passed

CHECKS: Checks[OidcSnapshot] = Checks("oidc")
FEWEST_BITS: Final = 2048
_CURVES: Final = ("P-256", "P-384", "P-521")
_ONE_IDP: Final = Verifies("identity.single-idp", level=1, supporting=True)


@CHECKS.check(
    "oidc.issuer_matches",
    title="The metadata names the configured issuer",
    verifies=(_ONE_IDP,),
    severity=Severity.HIGH,
    parts=("metadata",),
)
def issuer_matches(snapshot: OidcSnapshot) -> Iterator[Verdict]:
    """Byte for byte: receivers compare so, and a slash more is another issuer to them."""

    def judge(metadata: Metadata, where: str) -> Verdict:
        if not snapshot.issuer:
            return not_checked(where, "input_missing", "The issuer was not entered; there is nothing to compare with.")
        evidence = of_document(where, "issuer", metadata.issuer[:300], snapshot.issuer)
        if metadata.issuer == snapshot.issuer and metadata.issuer.startswith("https://"):
            return passed(where, f"The document names {snapshot.issuer}.", seen=1, evidence=evidence)
        near = f"The document says {metadata.issuer[:300]}; you entered {snapshot.issuer}."
        return failed(where, near, evidence=evidence, near_miss=near)

    yield from judge_document(snapshot, judge)


@CHECKS.check(
    "oidc.signing_algorithms_safe",
    title="Unsigned ID tokens are not offered",
    verifies=(_ONE_IDP,),
    severity=Severity.CRITICAL,
    parts=("metadata",),
)
def signing_algorithms_safe(snapshot: OidcSnapshot) -> Iterator[Verdict]:
    """A client that honors the list takes what is on it."""

    def judge(metadata: Metadata, where: str) -> Verdict:
        offered = metadata.signing
        field = "id_token_signing_alg_values_supported"
        if not offered:
            return not_checked(where, "partial_data", f"The document does not say {field}.")
        evidence = of_document(where, field, offered, "no none, and not HS only")
        others = [alg for alg in offered if alg.lower() != "none"]
        if len(others) < len(offered):
            near = f"'none' is listed next to {names(others) or 'nothing else'}. A client that honors the list accepts "
            near += "forged identities."
            return failed(where, near, evidence=evidence, near_miss=near)
        if all(alg.startswith("HS") for alg in offered):
            reason = f"Only shared secrets sign ID tokens ({names(offered)}): every client can forge them."
            return failed(where, reason, evidence=evidence)
        return passed(where, f"ID tokens are signed with {names(offered)}.", seen=1, evidence=evidence)

    yield from judge_document(snapshot, judge)


@CHECKS.check(
    "oidc.no_private_key_published",
    title="The key set holds public keys only",
    verifies=(_ONE_IDP, Verifies("credentials.no-secrets-in-code", level=1, supporting=True)),
    severity=Severity.CRITICAL,
    parts=("keys",),
)
def no_private_key_published(snapshot: OidcSnapshot) -> Iterator[Verdict]:
    """A private member lets everybody sign as the issuer; only the key's name is shown."""
    where, keys = scope_of(snapshot), snapshot.keys
    if isinstance(keys, Unavailable):
        yield not_checked(where, keys)
        return
    if not keys:
        yield not_checked(where, "partial_data", "The key set is empty; there is nothing to judge.")
        return
    bad = [key for key in keys if key.private or key.kty == "oct"]
    for key in bad:
        line = Evidence(
            KEY_SET, key.label, "members", ", ".join(key.private) or f"kty {key.kty}", "public members only"
        )
        reason = (
            f"Key {key.label} is published with its private half ({', '.join(key.private) or key.kty}). Replace it."
        )
        yield failed(key.label, reason, seen=len(keys), evidence=(line,))
    if not bad:
        line = Evidence(KEY_SET, where, "private members", "none", "none")
        yield passed(where, f"{count(len(keys), 'key')} with public members only.", seen=len(keys), evidence=(line,))


@CHECKS.check(
    "oidc.key_strength",
    title="Signing keys are strong and uniquely named",
    verifies=(_ONE_IDP,),
    severity=Severity.MEDIUM,
    parts=("keys",),
)
def key_strength(snapshot: OidcSnapshot) -> Iterator[Verdict]:
    """Keys for encryption are another matter and are left out."""
    where, keys = scope_of(snapshot), snapshot.keys
    if isinstance(keys, Unavailable):
        yield not_checked(where, keys)
        return
    signing = [key for key in keys if not key.encrypts]
    if not signing:
        yield not_checked(where, "partial_data", "The key set has no key for signatures; there is nothing to judge.")
        return
    problems = [verdict for key in signing if (verdict := _weak(key, len(signing)))]
    if all(key.kty == "oct" for key in signing):
        problems.append(failed(where, "There is no key pair among the keys, only shared secrets.", seen=len(signing)))
    if len(signing) > 1:
        repeated = sorted(kid or "(no kid)" for kid, times in Counter(key.kid for key in signing).items() if times > 1)
        if repeated or not all(key.kid for key in signing):
            named = names(repeated or ["(no kid)"])
            line = (Evidence(KEY_SET, where, "kid", named, "unique"),)
            reason = f"Keys are not told apart by their kid: {named}."
            problems.append(failed(where, reason, seen=len(signing), evidence=line))
    yield from problems
    if not problems:
        lines = tuple(Evidence(KEY_SET, key.label, "kty", _size(key), "strong") for key in signing[:10])
        reason = f"{count(len(signing), 'signing key')}: {names([_size(key) for key in signing])}."
        yield passed(where, reason, seen=len(signing), evidence=lines)


def _size(key: SigningKey) -> str:
    return f"{key.kty} {key.bits or key.curve or '?'}".strip()


def _weak(key: SigningKey, seen: int) -> Verdict | None:
    line = (Evidence(KEY_SET, key.label, "kty", _size(key), f"RSA of {FEWEST_BITS} bits, EC P-256 or better, OKP"),)
    if key.kty == "RSA" and key.bits is None:
        return not_checked(key.label, "partial_data", f"The size of RSA key {key.label} cannot be read.", seen=seen)
    if key.kty == "RSA" and key.bits is not None and key.bits < FEWEST_BITS:
        near = f"RSA key {key.label} has {key.bits} bits."
        return failed(key.label, f"{near} At least {FEWEST_BITS} are needed.", seen=seen, evidence=line, near_miss=near)
    if key.kty == "EC" and key.curve not in _CURVES:
        return failed(key.label, f"EC key {key.label} is on {key.curve or 'no'} curve.", seen=seen, evidence=line)
    if key.kty not in ("RSA", "EC", "OKP", "oct"):
        return not_checked(key.label, "unsupported", f"Keys of type {key.kty[:40]} are not judged.", seen=seen)
    return None
