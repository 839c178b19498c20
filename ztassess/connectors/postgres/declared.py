"""Owns turning the form's values into what rules read: the matrix, people's roles, sensitive data, administrators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ztassess.connectors.postgres.matrix import parse_matrix
from ztassess.connectors.postgres.snapshot import Declarations


def declarations(config: Mapping[str, Any], people: Sequence[str] | None) -> Declarations:
    """What the form declares.

    Parameters:
        config: parsed values by field name; a missing one is not declared.
        people: e-mail addresses of people who work there; a role that is the part before the ``@`` is that person's.
    """
    return Declarations(
        matrix=parse_matrix(config.get("grant_matrix") or ()),
        humans=_humans(config.get("human_roles") or (), people or ()),
        sensitive=tuple(config.get("sensitive_schemas") or ()),
        administrators=frozenset(config.get("administrators") or ()),
        functions=frozenset(config.get("definer_functions") or ()),
    )


def _humans(lines: Sequence[str], people: Sequence[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    by_local_part = {person.partition("@")[0].lower(): person.lower() for person in people}
    found: dict[str, dict[str, None]] = {}
    for line in lines:
        role, _, person = (part.strip() for part in line.partition("="))
        owners = found.setdefault(role, {})
        owner = person.lower() or by_local_part.get(role.lower(), "")
        if owner:
            owners[owner] = None
    return tuple((role, tuple(owners)) for role, owners in found.items())
