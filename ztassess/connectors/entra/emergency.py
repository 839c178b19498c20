"""Owns the emergency accounts one by one: what each holds, what leaves it out, when it was last used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ztassess.connectors.entra.snapshot import EntraSnapshot, break_glass, emergency_users
from ztassess.connectors.entra.snapshot_directory import SECURITY_KEYS, User
from ztassess.connectors.judging import rows_read
from ztassess.domain.findings import Part, Unavailable


@dataclass(frozen=True, slots=True)
class Emergency:
    """One emergency account.

    Attributes:
        ids: its own id and those of the declared groups it is in.
        key: it has a security key; None if the report does not know it, for the reason `why_no_key`.
    """

    user: User
    ids: frozenset[str]
    key: bool | None
    why_no_key: Unavailable
    methods: tuple[str, ...] = ()
    used: datetime | None = None


@dataclass(frozen=True, slots=True)
class Accounts:
    """All of them, and the parts that the list stands on."""

    accounts: tuple[Emergency, ...]
    of: tuple[Part[Any], ...]


def emergency_accounts(snapshot: EntraSnapshot) -> Accounts:
    """The declared accounts that exist, those inside declared groups included."""
    declared = break_glass(snapshot)
    groups = {
        group.id: frozenset(rows_read(group.members)) for group in rows_read(snapshot.groups) if group.id in declared
    }
    unsure = tuple(
        group.members
        for group in rows_read(snapshot.groups)
        if group.id in declared and isinstance(group.members, Unavailable) and group.members.reason != "unsupported"
    )
    rows = {row.id: row for row in rows_read(snapshot.registrations)}
    used = {each.id: each.succeeded for each in rows_read(snapshot.sign_ins)}
    found = []
    wanted = emergency_users(snapshot)
    for user in rows_read(snapshot.users):
        if user.id not in wanted:
            continue
        row = rows.get(user.id)
        why = snapshot.registrations if isinstance(snapshot.registrations, Unavailable) else None
        unknown = Unavailable("partial_data", detail=f"The report of registered methods does not know {user.upn}.")
        found.append(
            Emergency(
                user,
                frozenset({user.id, *(each for each, members in groups.items() if user.id in members)}),
                None if row is None else bool(SECURITY_KEYS & set(row.methods)),
                why or unknown,
                row.methods if row is not None else (),
                used.get(user.id),
            )
        )
    return Accounts(tuple(found), (snapshot.users, *unsure))
