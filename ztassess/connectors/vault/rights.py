"""Owns the proof that our own token only reads configuration: what its policies allow beyond that, in their words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ztassess.connectors.errors import BadAnswer, OverPrivileged, Refused
from ztassess.connectors.vault import client
from ztassess.connectors.vault.reading import ROOT_POLICY, Reading
from ztassess.connectors.vault.snapshot import Mount, PathRule, Policy

TOO_MUCH: Final = "This token can read secrets or change policies."
UNVERIFIED: Final = "We could not verify that this credential is read-only."
_WRITES: Final = frozenset({"create", "update", "patch", "delete", "sudo", "subscribe", "recover"})
_SEARCHES: Final = frozenset({"list", "scan", "deny"})
# What the built-in policy "default" lets every token do, to itself only (Vault and OpenBao, "Policies").
_OWN: Final = re.compile(
    r"auth/token/(lookup|renew|revoke)-self|sys/capabilities-self|sys/(leases/)?renew|sys/leases/lookup"
    r"|cubbyhole/\*|sys/wrapping/(wrap|lookup|unwrap)|sys/tools/hash(/\*)?|sys/control-group/request"
    r"|identity/oidc/provider/\+/authorize"
)
_CONFIGURATION: Final = (
    re.compile(
        r"sys/(mounts|auth|audit|policies|policy|health|seal-status|internal|namespaces|plugins|quotas|license"
        r"|version-history|host-info|leader|ha-status|config/ui|config/cors|remount)(/.*)?"
    ),
    re.compile(r"auth/[^*]+/(roles?|users|groups|certs)(/.*)?"),
    re.compile(
        r"[^*]+/(roles?|static-roles|rolesets?|static-accounts?|impersonated-accounts?)(/[^/]*)?",
    ),
    re.compile(r"identity/(entity|group|oidc)/.*"),
)
_STORED: Final = re.compile(r"(^|/)data/")


@dataclass(frozen=True, slots=True)
class Own:
    """Who we are and what our token may do too much.

    Attributes:
        excess: sentences such as ``policy dba allows update on database/config/*``; empty if there is none.
        verified: every policy that acts on our token was read and understood.
    """

    name: str
    policies: tuple[str, ...]
    excess: tuple[str, ...]
    verified: bool


def own_rights(reading: Reading) -> Own:
    """Read our own rights back: the text of our policies, and Vault's own word on paths that hold secrets.

    Raises:
        ConnectorError: our token cannot even be looked up.
    """
    name, policies = client.own_policies(reading.session)
    if ROOT_POLICY in policies:
        return Own(name, policies, (f"it has the policy {ROOT_POLICY}",), verified=True)
    try:
        mounts = reading.mounts()
    except (Refused, BadAnswer):
        mounts = ()
    texts = [_policy(reading, each) for each in policies]
    excess = [line for text in texts if text is not None for line in excess_of(text, mounts)]
    try:
        asked = probes(mounts)
        excess += probed(client.own_capabilities(reading.session, tuple(asked)), asked)
        answered = True
    except (Refused, BadAnswer):
        answered = False
    return Own(name, policies, tuple(dict.fromkeys(excess)), answered and None not in texts)


def refuse_over_privilege(own: Own) -> None:
    """Raises OverPrivileged if our token can do more than read configuration."""
    if own.excess:
        shown = "; ".join(own.excess[:5])
        more = f" and {len(own.excess) - 5} more" if len(own.excess) > 5 else ""  # noqa: PLR2004  as many as shown
        raise OverPrivileged(f"{TOO_MUCH} {shown[:1].upper()}{shown[1:]}{more}.")


def _policy(reading: Reading, name: str) -> Policy | None:
    try:
        return reading.policy(name)
    except (Refused, BadAnswer):
        return None


def excess_of(policy: Policy, mounts: Iterable[Mount]) -> Iterator[str]:
    """What a policy allows beyond reading configuration."""
    stores = tuple(mount.path for mount in mounts if mount.type in ("kv", "generic", "cubbyhole"))
    for rule in policy.rules:
        too_much = sorted(_too_much(rule, stores))
        if too_much:
            yield f"policy {policy.name} allows {', '.join(too_much)} on {rule.path}"


def _too_much(rule: PathRule, stores: tuple[str, ...]) -> set[str]:
    allowed = set(rule.capabilities) - _SEARCHES
    if "deny" in rule.capabilities or _OWN.fullmatch(rule.path):
        return set()
    if rule.path in ("sys/audit", "sys/audit/*"):
        allowed.discard("sudo")
    if not (allowed & _WRITES) and _is_configuration(rule.path, stores):
        return set()
    return allowed


def _is_configuration(path: str, stores: tuple[str, ...]) -> bool:
    if _STORED.search(path) or path.startswith(stores):
        return False
    return any(pattern.fullmatch(path) for pattern in _CONFIGURATION)


def probes(mounts: Iterable[Mount]) -> Mapping[str, frozenset[str]]:
    """Paths to ask Vault about, and what we must not be allowed there."""
    secret = frozenset({"create", "read", "update", "patch", "delete", "sudo", "root"})
    asked = {"sys/policies/acl/x": _WRITES | {"root"}, "kv/data/x": secret, "secret/data/x": secret}
    asked["database/creds/x"] = secret
    for mount in mounts:
        if mount.type in ("kv", "generic"):
            asked[f"{mount.path}data/x" if mount.version == "2" else f"{mount.path}x"] = secret
        elif mount.type in ("database", "aws", "azure"):
            asked[f"{mount.path}creds/x"] = secret
        elif mount.type == "pki":
            asked[f"{mount.path}issue/x"] = secret
    return asked


def probed(answers: Mapping[str, tuple[str, ...]], asked: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """What Vault says we may do on paths that we must not touch."""
    for path, forbidden in asked.items():
        too_much = sorted(set(answers[path]) & forbidden)
        if too_much:
            yield f"it may {', '.join(too_much)} on {path}"
