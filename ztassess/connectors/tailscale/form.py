"""Owns what the connect form asks, how each answer is parsed, and the grants to copy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ztassess.connectors.contract import FieldKind, FormField, Grant
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.tailscale.scopes import FLOW_LOGS, SCOPES
from ztassess.connectors.tailscale.snapshot import LostDevice
from ztassess.domain.moments import in_utc

CLIENT_PREFIX: Final = "tskey-client-"
# A person's access token has all rights of that person; an enrollment key adds devices.
REFUSED_PREFIXES: Final = ("tskey-api-", "tskey-auth-")
_TAILNET: Final = re.compile(r"-|[A-Za-z0-9][A-Za-z0-9._@-]{0,252}")
_TAG: Final = re.compile(r"tag:[A-Za-z][A-Za-z0-9-]*")
_CLIENT: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")
_JWT_PIECES: Final = 3


def _entries(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.strip() for each in text.replace(",", "\n").splitlines() if each.strip()))


def parse_tailnet(text: str) -> str:
    """A tailnet's name or id, or ``-``.

    Raises:
        InputInvalid: it is neither.
    """
    found = text.strip() or "-"
    if not _TAILNET.fullmatch(found):
        raise InputInvalid("Enter the tailnet's ID or name, such as example.com, or leave '-'.")
    return found


def parse_client(text: str) -> str:
    """A client id.

    Raises:
        InputInvalid: a secret was entered in its place, or something else.
    """
    found = text.strip()
    if found.startswith("tskey-"):
        raise InputInvalid("That is a secret. Enter the client ID here, which begins with k or T.")
    if found and not _CLIENT.fullmatch(found):
        raise InputInvalid("Enter the client ID as shown under Settings > Trust credentials.")
    return found


def parse_tags(text: str) -> tuple[str, ...]:
    """Tags, with or without ``tag:``.

    Raises:
        InputInvalid: a name that no tag can have.
    """
    found = tuple(each if each.startswith("tag:") else f"tag:{each}" for each in _entries(text))
    strange = next((each for each in found if not _TAG.fullmatch(each)), "")
    if strange:
        raise InputInvalid(f"{strange[:60]} is no tag; enter tags such as tag:prod, one a line.")
    return found


def parse_lost(text: str) -> tuple[LostDevice, ...]:
    """Reports, one a line: the device, a space, and when it was reported (ISO 8601; UTC if no zone is given).

    Raises:
        InputInvalid: a line without a time.
    """
    found = []
    for entry in _entries(text):
        device, _, when = entry.partition(" ")
        try:
            moment = in_utc(when.strip())
        except ValueError as problem:
            raise InputInvalid(
                f"{entry[:60]} is no report; enter the device and the time, such as anna-laptop 2026-11-20T14:05Z."
            ) from problem
        found.append(LostDevice(device, moment))
    return tuple(found)


FIELDS: Final = (
    FormField(
        "tailnet",
        "Tailnet",
        help="Leave '-' for the credential's own tailnet.",
        default="-",
        binds_target=True,
        parse=parse_tailnet,
    ),
    FormField(
        "auth",
        "Sign in with",
        FieldKind.CHOICE,
        "Federated identity stores no secret.",
        default="oauth",
        choices=(("federated", "Federated identity"), ("oauth", "OAuth client")),
    ),
    FormField(
        "oauth_client_id",
        "Client ID",
        help="Settings > Trust credentials.",
        required=True,
        binds_target=True,
        parse=parse_client,
    ),
    FormField("oauth_client_secret", "Client secret", help="tskey-client-... Read scopes only.", secret=True),
    FormField(
        "identity_token",
        "Token of your identity provider",
        help="A signed token of the issuer that the federated identity trusts. Deleted when the scan has ended.",
        secret=True,
        single_use=True,
        group="Federated identity",
    ),
    FormField(
        "production_tags",
        "Tags of production",
        FieldKind.LINES,
        "One a line, such as tag:prod. Without them, who reaches production is not checked.",
        group="What you declare",
        parse=parse_tags,
    ),
    FormField(
        "tailnet_apps",
        "Apps in the tailnet",
        FieldKind.LINES,
        "One a line: a device, its full name, a tag, a host of the policy, a service (svc:name) or an address.",
        group="What you declare",
        parse=_entries,
    ),
    FormField(
        "lost_devices",
        "Lost devices",
        FieldKind.LINES,
        "One a line: host name, node ID or serial number, and when it was reported: anna-laptop 2026-11-20T14:05Z.",
        group="What you declare",
        parse=parse_lost,
    ),
)

GRANTS: Final = (
    Grant(
        "OAuth client",
        "text",
        "Settings > Trust credentials > Credential > OAuth\nScopes, exactly these, all of them read:\n"
        + "\n".join(SCOPES),
        note="Only all or all:read shows the access tokens of other people; with these scopes a check says 'keys "
        f"visible to this credential'. Whether flow logs are on is shown only with {FLOW_LOGS}, which also lets "
        "one read the flows; we never do, so add it only if you want that one check.",
    ),
    Grant(
        "Federated identity",
        "text",
        "Settings > Trust credentials > Credential > OpenID Connect\n"
        "Issuer and subject: of the workload that starts the scan\nScopes, exactly these, all of them read:\n"
        + "\n".join(SCOPES),
        note="No secret is stored: enter a token of that issuer for each scan.",
    ),
)


def validate(values: Mapping[str, Any], secrets: Mapping[str, str]) -> Mapping[str, str]:
    """One way to sign in, by a secret of the right kind: a person's key or an enrollment key is never taken."""
    secret, token = secrets.get("oauth_client_secret", "").strip(), secrets.get("identity_token", "").strip()
    problems: dict[str, str] = {}
    for field, entered in (("oauth_client_secret", secret), ("identity_token", token)):
        if entered.startswith(REFUSED_PREFIXES):
            problems[field] = (
                f"{entered.partition('-')[0]}-{entered.split('-')[1]} keys are not taken: they have all rights of "
                "their owner, or add devices. Create an OAuth client with read scopes and delete that key."
            )
    if problems:
        return problems
    if values.get("auth") == "federated":
        if len([each for each in token.split(".") if each]) != _JWT_PIECES or not token.isascii():
            return {"identity_token": "Enter the signed token (JWT) of your identity provider."}
        return {}
    if not secret.startswith(CLIENT_PREFIX) or not secret.isascii():
        return {"oauth_client_secret": f"Enter the client secret; it begins with {CLIENT_PREFIX}."}
    return {}
