"""Owns what the connect form asks, how each answer is parsed, and the grants to copy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ztassess.connectors.certificates import parse_certificate
from ztassess.connectors.contract import FieldKind, FormField, Grant
from ztassess.connectors.database_form import HOST, entries, people_lines, port_number
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.postgres.matrix import HELP as MATRIX_HELP
from ztassess.connectors.postgres.matrix import matrix_lines, parse_matrix

_IDENTIFIER_BYTES = 63  # NAMEDATALEN - 1, PostgreSQL documentation, "Identifiers and Key Words"


def parse_port(text: str) -> int:
    """A port number.

    Raises:
        InputInvalid: it is no number from 1 to 65535.
    """
    return port_number(text, "PostgreSQL", 5432)


def parse_user(text: str) -> str:
    """The name of the role we read with.

    Raises:
        InputInvalid: no server has a role of this name.
    """
    return _identifier(text.strip() or "zt_auditor", "user")


def parse_databases(text: str) -> tuple[str, ...]:
    """Database names, one a line or separated by commas; empty means all of the server.

    Raises:
        InputInvalid: a name that no server has, or ``all`` beside names.
    """
    names = entries(text)
    if [name.lower() for name in names] == ["all"]:
        return ()
    if any(name.lower() == "all" for name in names):
        raise InputInvalid("Write all, or the names of databases, not both.")
    return tuple(_identifier(name, "database") for name in names)


def parse_humans(text: str) -> tuple[str, ...]:
    """Roles used by people, one a line, each with its person: ``anna=anna@example.com``.

    Raises:
        InputInvalid: a line without a role.
    """
    return people_lines(text, "role")


def validate(config: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, str]:
    """Rules across fields; sentences by field name."""
    del secrets  # every rule is about declared names
    declared = frozenset(parse_matrix(config.get("grant_matrix") or ()).roles)
    humans = frozenset(line.partition("=")[0].strip() for line in config.get("human_roles") or ())
    both = sorted(declared & humans)
    if both:
        return {"human_roles": f"{both[0]} is declared as a service in the grant matrix too; never both."}
    return {}


def _identifier(name: str, label: str) -> str:
    if len(name.encode()) > _IDENTIFIER_BYTES or name[0] in "/@" or any(mark in name for mark in ",=\0"):
        raise InputInvalid(
            f"The {label} name cannot be used: at most 63 bytes, no comma, no '=', no leading '/' or '@'."
        )
    return name


FIELDS: Final = (
    HOST,
    FormField("port", "Port", FieldKind.PORT, default="5432", binds_target=True, parse=parse_port),
    FormField(
        "databases",
        "Databases",
        FieldKind.LINES,
        "all, or names, one a line. Grants live per database; each is read over its own connection.",
        default="all",
        parse=parse_databases,
    ),
    FormField("user", "User", help="Role created by the script.", default="zt_auditor", parse=parse_user),
    FormField("password", "Password", help="The password you chose for that role.", required=True, secret=True),
    FormField(
        "ca_certificate",
        "CA certificate",
        FieldKind.PEM,
        "Only if the server's certificate is signed by your own authority. sslmode is always verify-full.",
        parse=parse_certificate,
    ),
    FormField("grant_matrix", "Grant matrix", FieldKind.LINES, MATRIX_HELP, group="Declared", parse=matrix_lines),
    FormField(
        "human_roles",
        "Roles of people",
        FieldKind.LINES,
        "Roles used by people, one a line, each with its person: anna=anna@example.com.",
        group="Declared",
        parse=parse_humans,
    ),
    FormField(
        "sensitive_schemas",
        "Sensitive data",
        FieldKind.LINES,
        "Schemas or tables with customer data, one a line: billing, public.users or shop/public.users.",
        group="Declared",
        parse=entries,
    ),
    FormField(
        "administrators",
        "Administrators",
        FieldKind.LINES,
        "Roles that are meant to be superusers or to own tables (migrations), one a line. Services never belong here.",
        default="postgres",
        group="Declared",
        parse=entries,
    ),
    FormField(
        "definer_functions",
        "Reviewed functions",
        FieldKind.LINES,
        "SECURITY DEFINER functions that you reviewed, one a line: public.close_account.",
        group="Declared",
        parse=entries,
    ),
)

GRANTS: Final = (
    Grant(
        "Read-only role",
        "sql",
        """\
CREATE ROLE zt_auditor LOGIN PASSWORD 'CHANGE-ME' CONNECTION LIMIT 2;
ALTER ROLE zt_auditor SET default_transaction_read_only = on;
ALTER ROLE zt_auditor SET statement_timeout = '10s';
-- its password ends in a year:
DO $$BEGIN EXECUTE format('ALTER ROLE zt_auditor VALID UNTIL %L', now() + interval '1 year'); END$$;
-- once per database, with its name:
GRANT CONNECT ON DATABASE shop TO zt_auditor;
""",
        "CONNECT is enough for every grant query: all may read the catalogs; data and password hashes stay closed.",
    ),
    Grant(
        "Optional: authentication methods",
        "sql",
        """\
-- in the database that is read first: the first of your list, else postgres:
GRANT SELECT ON pg_hba_file_rules TO zt_auditor;
GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO zt_auditor;
""",
        "Shows the lines of pg_hba.conf; without it, authentication methods are not checked.",
    ),
    Grant(
        "Optional: live use",
        "sql",
        "GRANT pg_read_all_stats TO zt_auditor;\n",
        "Shows from which address each role is connected; without it, shared use by several people cannot be seen.",
    ),
)
