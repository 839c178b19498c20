"""Owns the connection test: who we are, the read-only proof, and which parts we may read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from ztassess.connectors.api import asked_row, fan_out
from ztassess.connectors.contract import Preflight, PreflightRow, ReadContext
from ztassess.connectors.errors import OverPrivileged
from ztassess.connectors.vault.collect import readers
from ztassess.connectors.vault.reading import Reading
from ztassess.connectors.vault.rights import UNVERIFIED, own_rights, refuse_over_privilege
from ztassess.connectors.vault.session import signed_in

# Parts that ask one question for each row: one row tells whether they may be asked.
ONE_ROW: Final = ("policies", "database_roles", "cloud_roles", "certificate_roles", "sign_in_roles", "app_roles")
NOT_REVOKED: Final = "Our token could not be given back; it ends by itself."


def preflight(context: ReadContext) -> Preflight:
    """Sign in, prove that we only read, ask each part for its first row, give our token back.

    Raises:
        ConnectorError: sealed, refused, or nothing answered.
    """
    try:
        with signed_in(context) as visit:
            reading = Reading(visit.session)
            own = own_rights(reading)
            refuse_over_privilege(own)
            rows = tuple(fan_out(visit.session, readers(reading).items(), lambda part: _row(*part)))
    except OverPrivileged as problem:
        return Preflight("the token", (), refused=problem.sentence)
    warnings = [] if own.verified else [UNVERIFIED]
    if not visit.revoked:
        warnings.append(NOT_REVOKED)
    named = ", ".join(own.policies) or "none"
    version = f" on version {visit.version}" if visit.version else ""
    return Preflight(f"{own.name} with policies {named}{version}", rows, tuple(warnings))


def _row(part: str, reader: Callable[[], Iterable[Any]]) -> PreflightRow:
    return asked_row(part, reader, first=1 if part in ONE_ROW else None)
