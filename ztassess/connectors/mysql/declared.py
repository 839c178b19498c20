"""Owns turning the form's values into what rules read: the matrix, services, people's accounts, sensitive data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ztassess.connectors.contract import Declared
from ztassess.connectors.mysql.privileges import parse_matrix
from ztassess.connectors.mysql.snapshot import Declarations


def declarations(config: Mapping[str, Any], declared: Declared) -> Declarations:
    """What the form and the organization declare.

    Parameters:
        config: parsed values by field name; a missing one is not declared.
        declared: people (an account named like the part before the ``@`` is that person's) and emergency accounts.
    """
    pairs = (line.partition("=") for line in config.get("services") or ())
    return Declarations(
        matrix=parse_matrix(config.get("grant_matrix") or ()),
        services=tuple((service.strip(), account.strip()) for service, _, account in pairs),
        humans=_humans(config.get("human_roles") or (), declared.people or ()),
        sensitive=tuple(config.get("sensitive_schemas") or ()),
        administrators=frozenset(config.get("administrators") or ()),
        break_glass=frozenset(declared.break_glass),
    )


def _humans(lines: Sequence[str], people: Sequence[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    by_local_part = {person.partition("@")[0].lower(): person.lower() for person in people}
    found: dict[str, dict[str, None]] = {}
    for line in lines:
        account, _, person = (part.strip() for part in line.partition("="))
        owners = found.setdefault(account, {})
        owner = person.lower() or by_local_part.get(account.partition("@")[0].lower(), "")
        if owner:
            owners[owner] = None
    return tuple((account, tuple(owners)) for account, owners in found.items())
