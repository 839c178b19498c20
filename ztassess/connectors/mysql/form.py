"""Owns what the connect form asks, and how each answer is parsed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ztassess.connectors.certificates import parse_certificate
from ztassess.connectors.contract import FieldKind, FormField
from ztassess.connectors.database_form import HOST, entries, people_lines, port_number
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.mysql.privileges import HELP, matrix_lines, parse_matrix

_LONGEST_USER: Final = 128


def parse_port(text: str) -> int:
    """A port number.

    Raises:
        InputInvalid: it is no number from 1 to 65535.
    """
    return port_number(text, "MySQL", 3306)


def parse_user(text: str) -> str:
    """The name of the account we read with, without its host.

    Raises:
        InputInvalid: no server has an account of this name.
    """
    user = text.strip() or "zt_auditor"
    if len(user) > _LONGEST_USER or any(mark in user for mark in "@'\"`\0"):
        raise InputInvalid("The user name cannot be used: at most 128 characters, without @host and quotes.")
    return user


def parse_humans(text: str) -> tuple[str, ...]:
    """Accounts used by people, one a line, each with its person: ``anna=anna@example.com``.

    Raises:
        InputInvalid: a line without an account.
    """
    return people_lines(text, "account")


def parse_services(text: str) -> tuple[str, ...]:
    """Services, one a line, each with the account it uses: ``checkout=app``.

    Raises:
        InputInvalid: a line without a service or an account.
    """
    lines = entries(text)
    for line in lines:
        service, _, account = line.partition("=")
        if not service.strip() or not account.strip():
            raise InputInvalid(f"Write the service and its account, such as checkout=app, not {line[:80]!r}.")
    return lines


def validate(config: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, str]:
    """Rules across fields; sentences by field name."""
    del secrets  # every rule is about declared names
    services = {line.partition("=")[2].strip() for line in config.get("services") or ()}
    services |= set(parse_matrix(config.get("grant_matrix") or ()).roles)
    humans = {line.partition("=")[0].strip() for line in config.get("human_roles") or ()}
    both = sorted(services & humans)
    if both:
        return {"human_roles": f"{both[0]} is declared as a service too; never both."}
    return {}


FIELDS: Final = (
    HOST,
    FormField("port", "Port", FieldKind.PORT, default="3306", binds_target=True, parse=parse_port),
    FormField("user", "User", help="Account created by the script.", default="zt_auditor", parse=parse_user),
    FormField("password", "Password", help="The password you chose for that account.", required=True, secret=True),
    FormField(
        "ca_certificate",
        "CA certificate",
        FieldKind.PEM,
        "Only if the server's certificate is signed by your own authority. Chain and host name are always verified.",
        parse=parse_certificate,
    ),
    FormField("grant_matrix", "Grant matrix", FieldKind.LINES, HELP, group="Declared", parse=matrix_lines),
    FormField(
        "services",
        "Services",
        FieldKind.LINES,
        "Every service that uses this server with its account, one a line: checkout=app. The one that "
        "changes tables is called migrations: migrations=deploy.",
        group="Declared",
        parse=parse_services,
    ),
    FormField(
        "human_roles",
        "Accounts of people",
        FieldKind.LINES,
        "Accounts used by people, one a line, each with its person: anna=anna@example.com.",
        group="Declared",
        parse=parse_humans,
    ),
    FormField(
        "sensitive_schemas",
        "Sensitive data",
        FieldKind.LINES,
        "Schemas or tables with customer data, one a line: billing or shop.users.",
        group="Declared",
        parse=entries,
    ),
    FormField(
        "administrators",
        "Administrators",
        FieldKind.LINES,
        "Accounts that are meant to hold global rights, one a line. Services never belong here.",
        default="root",
        group="Declared",
        parse=entries,
    ),
)
