"""Owns the connect form: what a person enters, how it is parsed, and what it declares for the rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ztassess.connectors.aws.snapshot import Inputs
from ztassess.connectors.contract import FieldKind, FormField, ReadContext
from ztassess.connectors.errors import InputInvalid

REGIONS = (
    ("us-east-1", "N. Virginia"),
    ("us-east-2", "Ohio"),
    ("us-west-1", "N. California"),
    ("us-west-2", "Oregon"),
    ("af-south-1", "Cape Town"),
    ("ap-east-1", "Hong Kong"),
    ("ap-east-2", "Taipei"),
    ("ap-northeast-1", "Tokyo"),
    ("ap-northeast-2", "Seoul"),
    ("ap-northeast-3", "Osaka"),
    ("ap-south-1", "Mumbai"),
    ("ap-south-2", "Hyderabad"),
    ("ap-southeast-1", "Singapore"),
    ("ap-southeast-2", "Sydney"),
    ("ap-southeast-3", "Jakarta"),
    ("ap-southeast-4", "Melbourne"),
    ("ap-southeast-5", "Malaysia"),
    ("ap-southeast-6", "New Zealand"),
    ("ap-southeast-7", "Thailand"),
    ("ca-central-1", "Montreal"),
    ("ca-west-1", "Calgary"),
    ("eu-central-1", "Frankfurt"),
    ("eu-central-2", "Zurich"),
    ("eu-north-1", "Stockholm"),
    ("eu-south-1", "Milan"),
    ("eu-south-2", "Spain"),
    ("eu-west-1", "Ireland"),
    ("eu-west-2", "London"),
    ("eu-west-3", "Paris"),
    ("il-central-1", "Tel Aviv"),
    ("me-central-1", "UAE"),
    ("me-south-1", "Bahrain"),
    ("mx-central-1", "Mexico"),
    ("sa-east-1", "Sao Paulo"),
)
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}", re.ASCII)
_SESSION_KEY = re.compile(r"ASIA[A-Z0-9]{12,124}", re.ASCII)

LONG_LIVED = (
    "Long-lived access keys (AKIA...) are refused: they are what this app asks you to remove. Use a role, temporary "
    "session credentials (ASIA..., from aws sso login or sts), or an upload."
)
NO_WAY_IN = (
    "Give a role to assume, or temporary session credentials (access key ASIA..., secret key and session token). "
    "An upload of exports needs no credential at all."
)
_LABELED = re.compile(r"(\d{12})\s*=\s*([a-z][a-z0-9-]{1,30})", re.ASCII)


def role_arn(text: str) -> str:
    """Parse the form's role field.

    Raises:
        InputInvalid: it is not the ARN of a role.
    """
    if text and not _ROLE.fullmatch(text):
        raise InputInvalid("The role is an ARN such as arn:aws:iam::111122223333:role/ztassess-reader.")
    return text


def session_problem(secrets: Mapping[str, str]) -> str:
    """What is wrong with the session credentials entered; empty if nothing is (also if there are none)."""
    key, secret, token = (
        secrets.get(name, "").strip() for name in ("access_key_id", "secret_access_key", "session_token")
    )
    if not (key or secret or token):
        return ""
    if key.startswith("AKIA"):
        return LONG_LIVED
    if not (key and secret and token):
        return "Temporary session credentials have three parts: access key, secret key and session token."
    if not _SESSION_KEY.fullmatch(key):
        return "The access key of a temporary session starts with ASIA."
    return ""


def account_environments(text: str) -> tuple[tuple[str, str], ...]:
    """Parse lines such as ``111122223333=production``.

    Raises:
        InputInvalid: a line is not an account id, an equals sign and an environment.
    """
    found: list[tuple[str, str]] = []
    for entry in (line.strip() for line in text.replace(",", "\n").splitlines() if line.strip()):
        labeled = _LABELED.fullmatch(entry.lower())
        if labeled is None:
            raise InputInvalid(
                f"Accounts by environment are lines such as 111122223333=production, not {entry[:60]!r}."
            )
        found.append((labeled[1], labeled[2]))
    return tuple(found)


def _lines(name: str, label: str, help_text: str) -> FormField:
    return FormField(name, label, FieldKind.LINES, help_text, group="What you declare")


ACCESS_FIELDS = (
    FormField(
        "role_arn",
        "Role ARN",
        help="Role you created from the template.",
        parse=role_arn,
        binds_target=True,
        group="Role",
    ),
    FormField(
        "external_id",
        "External ID",
        FieldKind.SHOWN,
        "Put this in the trust policy; it stops others from pointing us at your role.",
        group="Role",
    ),
    FormField(
        "identity_center_role_arn",
        "Identity Center role ARN",
        help="Role in the account that owns Identity Center, from the same template. Empty if it is this account.",
        parse=role_arn,
        binds_target=True,
        group="Role",
    ),
    FormField(
        "access_key_id",
        "Access key of a temporary session",
        help="Instead of a role: starts with ASIA (aws sso login or sts). Deleted when the scan ends or it expires.",
        secret=True,
        group="Temporary session",
    ),
    FormField(
        "secret_access_key", "Secret key of the session", secret=True, group="Temporary session", single_use=True
    ),
    FormField("session_token", "Session token", secret=True, group="Temporary session", single_use=True),
    FormField(
        "regions",
        "Regions",
        FieldKind.MULTICHOICE,
        "Regions to read; none chosen means all enabled ones.",
        choices=REGIONS,
    ),
    FormField(
        "environment",
        "Environment",
        FieldKind.CHOICE,
        "Used to find identities that cross environments.",
        choices=(("production", "Production"), ("other", "Other")),
    ),
)
DECLARED_FIELDS = (
    _lines(
        "owned",
        "Owned users and roles",
        "Names or ARNs of users and roles that have an owner, beside those with an owner tag.",
    ),
    _lines("data_stores", "Data stores", "Buckets, tables and databases with production data: names or ARNs."),
    _lines(
        "internal_services", "Internal functions and APIs", "Functions and REST APIs that only your own services call."
    ),
    _lines("sensitive_groups", "Security groups of sensitive services", "Ids or names."),
    _lines("origin_groups", "Security groups of origins", "Groups of the servers behind your proxy: ids or names."),
    _lines(
        "proxy_sources", "Sources of your own proxy", "Prefix lists and address ranges that belong to your proxy alone."
    ),
    _lines(
        "shared_proxy_sources", "Shared ranges of the proxy", "Prefix lists and ranges that all its customers share."
    ),
    _lines("public_endpoints", "Public endpoints", "Host names and addresses that are meant to be public."),
    FormField(
        "account_environments",
        "Accounts by environment",
        FieldKind.LINES,
        "One a line, such as 111122223333=production.",
        parse=account_environments,
        group="What you declare",
    ),
    _lines(
        "requested_permission_sets",
        "Permission sets on request",
        "Names of sets people get for hours, on request only.",
    ),
    _lines(
        "databases_without_passwords",
        "Databases without passwords",
        "Ids or ARNs of databases whose users have no password.",
    ),
    _lines("break_glass", "Emergency access", "Users, roles and permission sets for emergencies: names or ARNs."),
)
FIELDS = ACCESS_FIELDS + DECLARED_FIELDS


def validate(values: Mapping[str, Any], secrets: Mapping[str, str]) -> Mapping[str, str]:
    """Rules over several fields: sentences by field name, none if the form can be saved."""
    problem = session_problem(secrets)
    if problem:
        return {"access_key_id": problem}
    if values.get("role_arn") and secrets.get("access_key_id"):
        return {"role_arn": "Give a role or a temporary session, not both: we would not know which one to read with."}
    if values.get("identity_center_role_arn") and not values.get("role_arn"):
        return {"identity_center_role_arn": "The Identity Center role is used together with a role for this account."}
    return {}


def inputs(context: ReadContext) -> Inputs:
    """What the organization declared, from the form and from what it declared once for all connectors."""
    config = context.config

    def listed(name: str) -> tuple[str, ...]:
        return tuple(config.get(name) or ())

    def declared(name: str) -> tuple[str, ...] | None:
        return listed(name) or None

    return Inputs(
        environment=str(config.get("environment") or ""),
        break_glass=tuple(dict.fromkeys((*context.declared.break_glass, *listed("break_glass")))),
        leavers=context.declared.leavers,
        people=context.declared.people,
        owned=declared("owned"),
        data_stores=declared("data_stores"),
        internal_services=declared("internal_services"),
        sensitive_groups=declared("sensitive_groups"),
        origin_groups=declared("origin_groups"),
        proxy_sources=listed("proxy_sources"),
        shared_proxy_sources=listed("shared_proxy_sources"),
        public_endpoints=declared("public_endpoints"),
        account_environments=tuple(config.get("account_environments") or ()) or None,
        requested_permission_sets=listed("requested_permission_sets"),
        databases_without_passwords=listed("databases_without_passwords"),
    )
