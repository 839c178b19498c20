"""Owns the connect form, the grants to copy, and what the organization declared for the rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ztassess.connectors.contract import Declared, FieldKind, FormField, Grant, ReadContext
from ztassess.connectors.errors import InputInvalid

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HEX: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def uuid(text: str) -> str:
    """Parse an id of a tenant or an application, in lower case.

    Raises:
        InputInvalid: it is no UUID.
    """
    found = text.strip().strip("{}").lower()
    if found and not _UUID.fullmatch(found):
        raise InputInvalid("An ID looks like 11111111-2222-3333-4444-555555555555; copy it from the Overview page.")
    return found


def thumbprint(text: str) -> str:
    """Parse a thumbprint: hexadecimal, with or without colons and spaces.

    Raises:
        InputInvalid: it is neither SHA-1 nor SHA-256.
    """
    found = re.sub(r"[\s:]", "", text).lower()
    if found and not _HEX.fullmatch(found):
        raise InputInvalid("A thumbprint has 40 or 64 hexadecimal digits; copy it from Certificates & secrets.")
    return found


FIELDS: Final = (
    FormField(
        "tenant_id",
        "Directory (tenant) ID",
        help="Directory (tenant) ID on the Overview page.",
        required=True,
        binds_target=True,
        parse=uuid,
    ),
    FormField(
        "client_id",
        "Application (client) ID",
        help="Application ID of the registration you consented to.",
        required=True,
        binds_target=True,
        parse=uuid,
    ),
    FormField(
        "federated",
        "Sign in with",
        FieldKind.CHOICE,
        "Federated credential: nothing secret is stored.",
        default="certificate",
        choices=(("certificate", "Certificate"), ("federated", "Federated credential")),
    ),
    FormField(
        "certificate_key",
        "Private key of the certificate",
        FieldKind.PEM,
        "Private key of the certificate on the registration; the certificate itself may follow it in the same text.",
        secret=True,
        group="Certificate",
    ),
    FormField(
        "certificate_thumbprint",
        "Thumbprint",
        help="Shown next to the certificate. Not needed if the certificate follows its key.",
        parse=thumbprint,
        group="Certificate",
    ),
    FormField(
        "federated_token",
        "Token of your issuer",
        help="A token of the issuer that the registration trusts. Deleted when the scan has ended.",
        secret=True,
        single_use=True,
        group="Federated credential",
    ),
    FormField(
        "break_glass_ids",
        "Emergency accounts",
        FieldKind.LINES,
        "Object IDs of emergency accounts or their group: the only exclusions accepted.",
        group="What you declare",
    ),
)

GRANTS: Final = (
    Grant(
        "Application permissions, with admin consent",
        "text",
        """Policy.Read.All
AuditLog.Read.All
User.Read.All
Application.Read.All
RoleManagement.Read.Directory
LicenseAssignment.Read.All
Organization.Read.All
GroupMember.Read.All""",
        "App registrations > API permissions > Microsoft Graph > Application permissions. Organization.Read.All shows "
        "the tenant's name and domains; GroupMember.Read.All shows who holds roles or exemptions through a group.",
    ),
    Grant(
        "Only if you use Intune",
        "text",
        """DeviceManagementManagedDevices.Read.All
DeviceManagementConfiguration.Read.All
DeviceManagementServiceConfig.Read.All""",
        "Without them the checks of devices stay not checked.",
    ),
    Grant(
        "A certificate of your own",
        "bash",
        """openssl req -x509 -newkey rsa:2048 -sha256 -days 180 -nodes \\
  -subj "/CN=ztassess" -keyout key.pem -out cert.pem
cat key.pem cert.pem > certificate_key.pem""",
        "Upload cert.pem under Certificates & secrets > Certificates; enter certificate_key.pem here, then delete both "
        "files. Client secrets are not accepted.",
    ),
)


def validate(values: Mapping[str, Any], secrets: Mapping[str, str]) -> Mapping[str, str]:
    """Rules over several fields: sentences by field name, none if the form can be saved."""
    key = secrets.get("certificate_key", "").strip()
    if values.get("federated") == "federated":
        return {} if secrets.get("federated_token", "").strip() else {"federated_token": "Enter the issuer's token."}
    if not key:
        return {"certificate_key": "Enter the private key of the certificate. Client secrets are not accepted."}
    if "PRIVATE KEY" not in key and not key.startswith("{"):
        return {"certificate_key": "This is not a private key in PEM. Client secrets are not accepted."}
    if not values.get("certificate_thumbprint") and "BEGIN CERTIFICATE" not in key:
        return {"certificate_thumbprint": "Enter the thumbprint, or paste the certificate below its key."}
    return {}


def declared(context: ReadContext) -> Declared:
    """What the organization declared once for all connectors, with the emergency accounts of the form."""
    here = tuple(context.config.get("break_glass_ids") or ())
    return replace(context.declared, break_glass=tuple(dict.fromkeys((*context.declared.break_glass, *here))))
