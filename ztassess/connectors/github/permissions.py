"""Owns the names of the App permissions we need, and which ones could change something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# GitHub's own words in the reply to "Create an installation access token for an app".
CHANGING: Final = ("write", "admin")


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission of a GitHub App.

    Attributes:
        key: its name in GitHub's interface.
        title: as it is called under Permissions & events, and in our sentences.
    """

    key: str
    title: str


ORG_ADMINISTRATION: Final = Permission("organization_administration", "Organization: Administration")
MEMBERS: Final = Permission("members", "Organization: Members")
TOKENS: Final = Permission("organization_personal_access_tokens", "Organization: Personal access tokens")
ORG_SECRETS: Final = Permission("organization_secrets", "Organization: Secrets")
PLAN: Final = Permission("organization_plan", "Organization: Plan")
METADATA: Final = Permission("metadata", "Repository: Metadata")
ADMINISTRATION: Final = Permission("administration", "Repository: Administration")
SECRETS: Final = Permission("secrets", "Repository: Secrets")
ACTIONS: Final = Permission("actions", "Repository: Actions")
ENVIRONMENTS: Final = Permission("environments", "Repository: Environments")
CONTENTS: Final = Permission("contents", "Repository: Contents")
ALERTS: Final = Permission("secret_scanning_alerts", "Repository: Secret scanning alerts")

ALL: Final = (
    ORG_ADMINISTRATION,
    MEMBERS,
    TOKENS,
    ORG_SECRETS,
    PLAN,
    METADATA,
    ADMINISTRATION,
    SECRETS,
    ACTIONS,
    ENVIRONMENTS,
    CONTENTS,
    ALERTS,
)
BY_TITLE: Final = {each.title: each for each in ALL}


def changing(granted: Mapping[str, str]) -> tuple[str, ...]:
    """The permissions that are more than read, in GitHub's names; one we do not know counts like any other."""
    return tuple(sorted(key for key, right in granted.items() if right != "read"))


def title_of(key: str) -> str:
    """The title of a permission, or its key where we have none."""
    return next((each.title for each in ALL if each.key == key), key.replace("_", " "))
