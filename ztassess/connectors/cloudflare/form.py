"""Owns what the connect form asks, how each answer is parsed, and which credentials it refuses at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ztassess.connectors.cloudflare.hosts import clean_host
from ztassess.connectors.contract import FieldKind, FormField
from ztassess.connectors.errors import InputInvalid

_ACCOUNT = re.compile(r"[0-9a-f]{32}")
_GLOBAL_KEY = re.compile(r"[0-9a-f]{37}|cfk_.*", re.DOTALL)
_ORIGIN_KEY = re.compile(r"v1\.0-.*", re.DOTALL)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,200}")
_HOST = re.compile(r"(?=.{1,253}$)(\*|[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")
_MACHINE = re.compile(r"[a-z0-9_*]([a-z0-9_.-]{0,251}[a-z0-9])?")
MOST_ZONES: Final = 100


def parse_account(text: str) -> str:
    """The account id.

    Raises:
        InputInvalid: it is not 32 hexadecimal digits.
    """
    account = text.strip().lower()
    if not _ACCOUNT.fullmatch(account):
        raise InputInvalid("The account id is 32 digits and letters from a to f; it stands on the account's overview.")
    return account


def _lines(text: str) -> list[str]:
    return list(dict.fromkeys(line.strip() for line in text.replace(",", "\n").splitlines() if line.strip()))


def parse_hosts(text: str) -> tuple[str, ...]:
    """Host names, one a line or separated by commas; a leading ``*.`` is allowed.

    Raises:
        InputInvalid: a line that is no host name.
    """
    hosts = [(line, clean_host(line)) for line in _lines(text)]
    wrong = next((line for line, host in hosts if not _HOST.fullmatch(host)), None)
    if wrong is not None:
        raise InputInvalid(f"{wrong[:80]!r} is not a host name such as app.example.com.")
    return tuple(dict.fromkeys(host for _, host in hosts))


def parse_machines(text: str) -> tuple[str, ...]:
    """Names of machines as targets have them: host names, or single words such as ``bastion``.

    Raises:
        InputInvalid: a line that is no such name.
    """
    hosts = [(line, clean_host(line)) for line in _lines(text)]
    wrong = next((line for line, host in hosts if not _MACHINE.fullmatch(host)), None)
    if wrong is not None:
        raise InputInvalid(f"{wrong[:80]!r} is not the name of a machine such as bastion or db.example.com.")
    return tuple(dict.fromkeys(host for _, host in hosts))


def parse_zones(text: str) -> tuple[str, ...]:
    """Zone names.

    Raises:
        InputInvalid: a line that is no zone name, or more than 100 of them.
    """
    zones = parse_hosts(text)
    if any(zone.startswith("*") for zone in zones):
        raise InputInvalid("Zones have no wildcards; write example.com.")
    if len(zones) > MOST_ZONES:
        raise InputInvalid(f"At most {MOST_ZONES} zones can be assessed by one connection; make a second one.")
    return zones


def parse_paths(text: str) -> tuple[str, ...]:
    """Paths such as ``/login`` (of every zone) or ``app.example.com/login`` (of that host's zone).

    Raises:
        InputInvalid: a line without a path.
    """
    found = []
    for line in _lines(text):
        host, slash, path = line.rpartition("://")[2].partition("/")
        if not slash or not path or " " in line or (host and not _HOST.fullmatch(host.lower())):
            raise InputInvalid(f"Write a path such as /login or app.example.com/login, not {line[:80]!r}.")
        found.append(f"{host.lower()}/{path}")
    return tuple(found)


FIELDS: Final = (
    FormField(
        "account_id",
        "Account id",
        help="Account home > Overview, right column.",
        required=True,
        binds_target=True,
        parse=parse_account,
    ),
    FormField("zones", "Zones", FieldKind.LINES, "Only the zones to assess.", required=True, parse=parse_zones),
    FormField(
        "api_token",
        "API token",
        help="Account-owned API token, read groups only, life at most 90 days, limited to our IP addresses.",
        required=True,
        secret=True,
    ),
    FormField(
        "public_hosts",
        "Hosts that are public on purpose",
        FieldKind.LINES,
        "One a line, such as www.example.com. With the internal hosts from Facts they make the list of known names.",
        group="To compare with",
        parse=parse_hosts,
    ),
    FormField(
        "sign_in_paths",
        "Sign-in and API paths",
        FieldKind.LINES,
        "One a line: /login for every zone, app.example.com/login for one host.",
        group="To compare with",
        parse=parse_paths,
    ),
    FormField(
        "admin_hosts",
        "Hosts that administrators reach by SSH",
        FieldKind.LINES,
        "One a line, named as in Access.",
        group="To compare with",
        parse=parse_machines,
    ),
)


def validate(values: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, str]:
    """Refuse what is no API token before it travels anywhere; sentences by field name."""
    del values
    token = secrets.get("api_token", "").strip()
    if _GLOBAL_KEY.fullmatch(token):
        return {
            "api_token": "This is a Global API key: it can change everything, and it is not stored. Create an API "
            "token with Read groups instead."
        }
    if _ORIGIN_KEY.fullmatch(token):
        return {"api_token": "This is an Origin CA key, which can issue certificates. Create an API token instead."}
    if not _TOKEN.fullmatch(token):
        return {"api_token": "An API token is one word of letters, digits, - and _. Copy it once more."}
    return {}
