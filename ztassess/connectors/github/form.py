"""Owns what the connect form asks, how it is parsed, and what a person is shown to copy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from joserfc.jwk import RSAKey

from ztassess.connectors.api.signing import private_key
from ztassess.connectors.contract import FieldKind, FormField, Grant, UploadFormat
from ztassess.connectors.errors import Blocked, InputInvalid
from ztassess.connectors.github.client_session import PUBLIC
from ztassess.connectors.netguard import parse_url

EXPORT_SCRIPT: Final = "github-export.sh"
_MORE: Final = "More"
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_]|-(?=[A-Za-z0-9_])){0,99}")
_APP = re.compile(r"[0-9]{1,19}|[A-Za-z0-9._]{10,40}")
_DIGITS = re.compile(r"[0-9]{1,19}")
_REPOSITORY = re.compile(r"[A-Za-z0-9._-]{1,100}")


def parse_organization(text: str) -> str:
    """The login of an organization, also out of its address."""
    login = text.removeprefix("https://").removeprefix("github.com/").strip("/@ ")
    if text and not _LOGIN.fullmatch(login):
        raise InputInvalid(f"Organization is a login such as acme, as in github.com/acme, not {text[:60]!r}.")
    return login


def parse_app(text: str) -> str:
    """The number of an App, or its client id."""
    if text and not _APP.fullmatch(text):
        raise InputInvalid("App ID is the number (or the client ID) at the top of the App's settings page.")
    return text


def parse_installation(text: str) -> str:
    """The number of an installation."""
    if text and not _DIGITS.fullmatch(text):
        raise InputInvalid("Installation ID is a number; leave it empty and we find it.")
    return text


def parse_base(text: str) -> str:
    """The address of the interface: GitHub's own, one of GHE.com, or a server's with ``/api/v3``."""
    address = (text or PUBLIC).rstrip("/")
    try:
        parse_url(address, schemes=("https",))
    except Blocked as problem:
        raise InputInvalid("API address must begin with https:// and name a host.") from problem
    path = urlsplit(address).path
    if path not in ("", "/api/v3") or urlsplit(address).query:
        raise InputInvalid("API address is https://HOST/api/v3 for a GitHub Enterprise Server, else without a path.")
    return address


def parse_production(text: str) -> tuple[str, ...]:
    """Names of environments, in lower case."""
    return tuple(dict.fromkeys(line.casefold() for line in _lines(text)))


def parse_folders(text: str) -> tuple[tuple[str, str], ...]:
    """Policy folders as ``repository:folder``."""
    found: list[tuple[str, str]] = []
    for line in _lines(text):
        repository, colon, folder = line.partition(":")
        folder = folder.strip().strip("/")
        if not colon or not folder or not _REPOSITORY.fullmatch(repository.strip()) or ".." in folder.split("/"):
            raise InputInvalid(f"Policy folders are written as repository:folder, not {line[:60]!r}.")
        found.append((repository.strip(), folder))
    return tuple(dict.fromkeys(found))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace(",", "\n").splitlines() if line.strip()]


def validate(values: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, str]:
    """The key must be one of a GitHub App; sentences by field name."""
    del values
    try:
        key = private_key(secrets.get("app_private_key", ""))
    except InputInvalid as problem:
        return {"app_private_key": problem.sentence}
    if not isinstance(key, RSAKey):
        return {"app_private_key": "A GitHub App has RSA keys only; this is another kind of key."}
    return {}


FIELDS: Final = (
    FormField(
        "organization",
        "Organization",
        FieldKind.TEXT,
        "Login of the organization, as in github.com/acme.",
        required=True,
        binds_target=True,
        parse=parse_organization,
    ),
    FormField(
        "app_id",
        "App ID",
        FieldKind.TEXT,
        "Number or client ID at the top of the App's settings page.",
        required=True,
        binds_target=True,
        parse=parse_app,
    ),
    FormField(
        "app_private_key",
        "App private key",
        FieldKind.PEM,
        "Made on the App's settings page. It only proves that we are the App; its rights are those you approved.",
        required=True,
        secret=True,
    ),
    FormField(
        "installation_id",
        "Installation ID",
        FieldKind.TEXT,
        "Found by itself. Enter it only to be sure that no other installation is used.",
        parse=parse_installation,
        group=_MORE,
    ),
    FormField(
        "api_base",
        "API address",
        FieldKind.URL,
        "For GitHub Enterprise Server: https://HOST/api/v3.",
        default=PUBLIC,
        binds_target=True,
        parse=parse_base,
        group=_MORE,
    ),
    FormField(
        "production_environments",
        "Production environments",
        FieldKind.LINES,
        "Environments besides those named prod... or live that deploy to production.",
        parse=parse_production,
        group=_MORE,
    ),
    FormField(
        "policy_folders",
        "Service mesh policy folders",
        FieldKind.LINES,
        "Where policies of the service mesh are kept: repository:folder, such as platform:mesh/policies.",
        parse=parse_folders,
        group=_MORE,
    ),
)

GRANTS: Final = (
    Grant(
        "Permissions of the App",
        "text",
        "Organization permissions, all Read-only:\n"
        "  Administration, Members, Personal access tokens, Secrets, Plan\n"
        "Repository permissions, all Read-only:\n"
        "  Metadata, Administration, Secrets, Actions, Environments\n"
        "Optional, Read-only:\n"
        "  Contents (workflow files and CODEOWNERS only), Secret scanning alerts\n",
        "Settings > Developer settings > GitHub Apps > New GitHub App. Switch the webhook off, install it for all "
        "repositories. Without Contents, checks of workflow files are not checked. An App that may change anything is "
        "refused.",
    ),
    Grant(
        "The same as a manifest",
        "json",
        '{"name": "Zero trust assessment", "url": "https://example.com", "public": false,\n'
        ' "hook_attributes": {"url": "https://example.com", "active": false},\n'
        ' "default_permissions": {\n'
        '  "organization_administration": "read", "members": "read",\n'
        '  "organization_personal_access_tokens": "read", "organization_secrets": "read",\n'
        '  "organization_plan": "read", "metadata": "read", "administration": "read", "secrets": "read",\n'
        '  "actions": "read", "environments": "read", "contents": "read", "secret_scanning_alerts": "read"}}\n',
        "For people who register Apps by manifest.",
    ),
)

UPLOAD: Final = UploadFormat(
    slug="github_export",
    title="Answers of GitHub's interface",
    commands=f"sh {EXPORT_SCRIPT} acme platform:mesh/policies > github-export.json\n"
    "gh api --paginate --slurp orgs/acme/members > members.json",
    suffixes=(".json",),
    download=EXPORT_SCRIPT,
    note="The script needs the gh command, signed in as an owner, and only reads. Single lists made by hand are taken "
    "too: organization, members, owners, outside_collaborators, two_factor_disabled, personal_access_tokens, "
    "credential_authorizations, installations, repos, organization_secrets, workflow_permissions, secret_alerts, and "
    "of a repository keys-NAME, protection-NAME, rules-NAME, environments-NAME, secrets-NAME. Values of secrets are "
    "dropped on receipt.",
)
