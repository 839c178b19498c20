"""Owns who a member of a binding is, and which roles rule over everything."""

from __future__ import annotations

import re
from typing import Final

PUBLIC: Final = frozenset({"allUsers", "allAuthenticatedUsers"})
BASIC: Final = frozenset({"roles/owner", "roles/editor"})
ACCESSOR: Final = "roles/iap.httpsResourceAccessor"
INVOKER: Final = "roles/run.invoker"
# Whoever may write policies may give themselves any other role.
_GRANTING: Final = frozenset(
    {"roles/resourcemanager.projectIamAdmin", "roles/resourcemanager.folderIamAdmin", "roles/iam.securityAdmin"}
)
_ADMIN: Final = re.compile(r"roles/[\w.]+\.admin")
_POOL: Final = re.compile(r"principal(Set)?://iam\.googleapis\.com/projects/")
_PEOPLE: Final = ("user:", "group:", "domain:")
_WORKFORCE: Final = re.compile(r"principal(Set)?://iam\.googleapis\.com/locations/global/workforcePools/")
_GOOGLE_API_AGENT: Final = re.compile(r"\d+@cloudservices\.gserviceaccount\.com")
_AGENT: Final = re.compile(r"service-\d+@[a-z0-9-]+\.iam\.gserviceaccount\.com")
_DEFAULTS: Final = re.compile(r"\d+-compute@developer\.gserviceaccount\.com|[a-z0-9-]+@appspot\.gserviceaccount\.com")


def is_workload(member: str) -> bool:
    """A service account, or something that signs in through a workload identity pool."""
    return member.startswith("serviceAccount:") or _POOL.match(member) is not None


def is_people(member: str) -> bool:
    """A person, or a group or directory of people."""
    return member.startswith(_PEOPLE) or _WORKFORCE.match(member) is not None


def address(member: str) -> str:
    """The address of a member in lower case; the member itself where it has none."""
    kind, colon, rest = member.partition(":")
    return rest.partition("?")[0].lower() if colon and not rest.startswith("//") and kind != "deleted" else member


def is_privileged(role: str) -> bool:
    """Owner, editor, the administrator of a service, or a role that gives roles."""
    return role in BASIC or role in _GRANTING or _ADMIN.fullmatch(role) is not None


def is_google_api_agent(email: str) -> bool:
    """The account by which Google's own interfaces act in a project; Google makes it an editor."""
    return _GOOGLE_API_AGENT.fullmatch(email) is not None


def is_service_agent(email: str) -> bool:
    """An account by which one of Google's services acts in a project; nobody else can use it."""
    return _AGENT.fullmatch(email) is not None


def is_default_account(email: str) -> bool:
    """The account that everything in a project gets which names none."""
    return _DEFAULTS.fullmatch(email) is not None


def belongs_to(email: str, project: str, number: str) -> bool:
    """True if an account is of a project, by the forms of addresses that Google gives."""
    name, _, domain = email.partition("@")
    if domain == f"{project}.iam.gserviceaccount.com" or email == f"{project}@appspot.gserviceaccount.com":
        return True
    return bool(number) and name in {number, f"{number}-compute"} and domain.endswith(".gserviceaccount.com")
