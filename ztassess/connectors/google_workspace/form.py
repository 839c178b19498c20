"""Owns the connect form: in whose name we read, how we prove ourselves, and what this connection declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ztassess.connectors.contract import FieldKind, FormField, Grant, ReadContext
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.google_workspace import scopes
from ztassess.connectors.google_workspace.credential import KEY_FILE, WORKLOAD, key_of
from ztassess.connectors.google_workspace.snapshot import Inputs

_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,8}")
_SERVICE_ACCOUNT = re.compile(r"[a-z0-9-]{1,63}@[a-z0-9.-]{1,180}\.gserviceaccount\.com")
_DIGITS = re.compile(r"\d{1,25}", re.ASCII)
GENERIC_NAMES = "admin, ops, dev, info, support, team, billing, it"


def email(text: str) -> str:
    """An address, in lower case. Raises `InputInvalid`."""
    text = text.strip().lower()
    if not _EMAIL.fullmatch(text):
        raise InputInvalid("The administrator is an e-mail address such as admin@example.com.")
    return text


def service_account(text: str) -> str:
    """The address of a service account, in lower case. Raises `InputInvalid`."""
    text = text.strip().lower()
    if not _SERVICE_ACCOUNT.fullmatch(text):
        raise InputInvalid("The service account is an address such as reader@project.iam.gserviceaccount.com.")
    return text


def organization(text: str) -> str:
    """The number of a Google Cloud organization, or empty. Raises `InputInvalid`."""
    text = text.strip().removeprefix("organizations/")
    if text and not _DIGITS.fullmatch(text):
        raise InputInvalid("The Google Cloud organization is a number such as 123456789012.")
    return text


FIELDS = (
    FormField(
        "admin_email",
        "Administrator",
        help="Administrator whose view we borrow (domain-wide delegation). The Policy API answers super "
        "administrators only; a delegated reader still gives the per-user checks.",
        required=True,
        binds_target=True,
        parse=email,
    ),
    FormField(
        "service_account_email",
        "Service account",
        help="Service account with domain-wide delegation.",
        required=True,
        binds_target=True,
        parse=service_account,
    ),
    FormField(
        "auth",
        "How the service account signs",
        FieldKind.CHOICE,
        "Prefer workload identity (signJwt): no key is stored.",
        default=WORKLOAD,
        choices=((WORKLOAD, "Workload identity (signJwt)"), (KEY_FILE, "Key file")),
    ),
    FormField(
        "access_token",
        "Access token of one hour",
        help="For workload identity: of somebody with roles/iam.serviceAccountTokenCreator on the service account "
        "(gcloud auth print-access-token). It is deleted after the scan that used it.",
        secret=True,
        single_use=True,
        group="Workload identity",
    ),
    FormField(
        "service_account_key",
        "Key file (JSON)",
        FieldKind.PEM,
        "Only if you cannot use workload identity. It is a long-lived key and will itself be reported.",
        secret=True,
        group="Key file",
    ),
    FormField(
        "organization_id",
        "Google Cloud organization",
        help="Google Cloud organization, for context-aware access levels.",
        parse=organization,
    ),
    FormField(
        "identity_provider",
        "Other identity provider",
        help="Only if people sign in to Google through another one: its host, such as example.okta.com.",
        group="What you declare",
    ),
    FormField(
        "generic_names",
        "Names that belong to nobody",
        FieldKind.LINES,
        "Names before the at sign that stand for a task, not for a person.",
        default=GENERIC_NAMES,
        group="What you declare",
    ),
)

GRANTS = (
    Grant(
        "Domain-wide delegation",
        "text",
        ",".join(scopes.DELEGATED),
        f"{scopes.DELEGATION_PLACE} > Add new: the client ID of the service account, and these scopes in one line. "
        "Enable the Admin SDK API and the Cloud Identity API in the service account's project. Do not add "
        "admin.directory.user.security: it has no read-only form.",
    ),
    Grant(
        "Sign without a key",
        "shell",
        "gcloud iam service-accounts add-iam-policy-binding {service_account_email} \\\n"
        "  --member=user:YOU@example.com --role=roles/iam.serviceAccountTokenCreator\n"
        "gcloud services enable iamcredentials.googleapis.com\n"
        "gcloud auth print-access-token",
        "For workload identity. The token lives for an hour and is deleted after the scan.",
    ),
    Grant(
        "Access levels (optional)",
        "shell",
        "gcloud organizations add-iam-policy-binding {organization_id} \\\n"
        f"  --member=serviceAccount:{{service_account_email}} --role={scopes.READER_ROLE}\n"
        "gcloud services enable accesscontextmanager.googleapis.com",
        "Access Context Manager has no read-only scope; the role alone keeps the service account to reading.",
    ),
)


def validate(values: Mapping[str, Any], secrets: Mapping[str, str]) -> Mapping[str, str]:
    """Rules over several fields: sentences by field name, none if the form can be saved."""
    key, token = secrets.get("service_account_key", "").strip(), secrets.get("access_token", "").strip()
    if values.get("auth") == KEY_FILE:
        if not key:
            return {"service_account_key": "Paste the JSON key file of the service account, or use workload identity."}
        try:
            found = key_of(key)
        except InputInvalid as problem:
            return {"service_account_key": problem.sentence}
        if found.email != values.get("service_account_email"):
            return {
                "service_account_key": f"This key belongs to {found.email[:120]}, not to the service account above."
            }
        return {}
    if not token:
        return {"access_token": "Enter an access token of one hour, or use a key file. An upload needs neither."}
    if not token.isascii() or any(letter.isspace() for letter in token) or token.startswith("{"):
        return {"access_token": "That is no access token; gcloud auth print-access-token prints one, in one line."}
    return {}


def inputs(context: ReadContext) -> Inputs:
    """What people declared, in the form of this connection and once for all."""
    config, declared = context.config, context.declared
    return Inputs(
        identity_provider=str(config.get("identity_provider") or "").strip().lower(),
        generic_names=tuple(name.lower() for name in config.get("generic_names") or ()),
        break_glass=declared.break_glass,
        leavers=declared.leavers,
        people=declared.people,
        aliases=declared.aliases,
        tools=declared.tools,
        approved_apps=declared.approved_apps,
    )
