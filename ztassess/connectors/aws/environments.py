"""Owns what counts as production: labels a person gave, and the words in names and tags."""

from __future__ import annotations

import re

from ztassess.connectors.aws.snapshot import AwsSnapshot, Tag

PRODUCTION, OTHER = "production", "other"

_PRODUCTION_WORDS = frozenset({"prod", "production", "prd", "live"})
_OTHER_WORDS = frozenset(
    {"dev", "develop", "development", "test", "testing", "stage", "staging", "stg", "qa", "uat", "sandbox", "preview"}
    | {"nonprod", "nonproduction", "preprod", "preproduction"}
)
_NEGATED = re.compile(r"\b(non|pre)[-_ ]?(prod)", re.IGNORECASE)
_WORDS = re.compile(r"[a-z]+")
_TAG_KEYS = frozenset({"environment", "env", "stage"})


def labels_in(text: str) -> frozenset[str]:
    """The environments a name speaks of, by its whole words: ``orders-prod`` -> production, ``non-prod`` -> other."""
    words = set(_WORDS.findall(_NEGATED.sub(r"\1\2", text).lower()))
    found = {PRODUCTION} if words & _PRODUCTION_WORDS else set()
    return frozenset(found | ({OTHER} if words & _OTHER_WORDS else set()))


def tagged(tags: tuple[Tag, ...]) -> frozenset[str]:
    """The environments that tags name (``environment``, ``env``, ``stage``)."""
    named = (labels_in(tag.value) for tag in tags if tag.key.lower() in _TAG_KEYS)
    return frozenset[str]().union(*named)


def declared_environment(text: str) -> str:
    """A person's word for an environment, as ours: `PRODUCTION`, `OTHER`, or empty if nothing was said."""
    said = text.strip().lower()
    if not said:
        return ""
    return PRODUCTION if said in _PRODUCTION_WORDS else OTHER


def account_labels(snapshot: AwsSnapshot, account: str, name: str = "") -> frozenset[str]:
    """The environments of one account: as declared, else by the words in its name; empty if nothing says."""
    for known, environment in snapshot.inputs.account_environments or ():
        if known == account and (said := declared_environment(environment)):
            return frozenset({said})
    if account == snapshot.account and (said := declared_environment(snapshot.inputs.environment)):
        return frozenset({said})
    return labels_in(name)
