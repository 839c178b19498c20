"""Owns the clients' systems: the exports of the company's, under each client's names; its own list of users."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.postgres.snapshot import PostgresSnapshot
from ztassess.demo import company
from ztassess.demo.systems import aws, http_probe, postgres
from ztassess.demo.systems.aws_state import ACCOUNT
from ztassess.demo.systems.base import System
from ztassess.demo.systems.google_workspace import COLUMNS, user_row

COLLEAGUES: Final = (
    *("Abel Winter", "Agnes Ford", "Anton Reed", "Clara Bauer", "Daria Stone", "Elias Marsh", "Fatou Diop"),
    *("Georg Lange", "Hilde Sommer", "Isaac Lowe", "Jorge Vidal", "Karin Olsen", "Leona Price", "Mattis Roth"),
    *("Nadia Karim", "Oscar Lund", "Petra Weber", "Ravi Menon", "Selma Aydin", "Tariq Aziz", "Ursula Graf"),
    *("Vera Lopez", "Walter Kim", "Xenia Papas", "Yusuf Demir", "Zoe Carter", "Adele Noir", "Bram Visser"),
)
_LEFT: Final = 45  # days since somebody who left signed in


@dataclass(frozen=True, slots=True)
class Names:
    """What a client is called in its systems.

    Attributes:
        key: the first part of its domain, also what things are named by.
        people: how many work there.
        staff: those with a part in the story, the first two by role: who leads, who runs the systems.
        left: who is gone.
        account: twelve digits.
    """

    key: str
    name: str
    staff: tuple[str, ...]
    left: str
    account: str
    people: int

    @property
    def everybody(self) -> tuple[str, ...]:
        """Everybody who has an account."""
        return (*self.staff, *COLLEAGUES[: self.people - len(self.staff)])

    @property
    def domain(self) -> str:
        """A domain that can never exist."""
        return f"{self.key}.example"

    def address(self, name: str) -> str:
        """The address of one of its people."""
        return f"{user_name(name)}@{self.domain}"


def user_name(name: str) -> str:
    """Somebody's user name: the first name."""
    return name.partition(" ")[0].lower()


@dataclass(frozen=True, slots=True)
class Users:
    """The list of users on a day.

    Attributes:
        lax: names of people whose second factor is not enforced.
        lingering: the account of who left is still active.
    """

    lax: tuple[str, ...] = ()
    lingering: bool = False


def users(names: Names) -> System:
    """The client's Google Workspace, as the list of users that the Admin console downloads."""

    def exports(state: Users, context: ReadContext) -> tuple[UploadedFile, ...]:
        text = io.StringIO()
        rows = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        rows.writeheader()
        for place, name in enumerate(names.everybody):
            used = context.now - timedelta(hours=1 + 3 * place)
            rows.writerow(user_row(names.address(name), name, "/", used, active=True, enforced=name not in state.lax))
        gone = context.now - timedelta(days=_LEFT)
        rows.writerow(
            user_row(names.address(names.left), names.left, "/", gone, active=state.lingering, enforced=False)
        )
        return (UploadedFile("User_Download.csv", text.getvalue().encode()),)

    return System("google_workspace", "Google Workspace", Users(), exports, None)


def _renaming(names: Names) -> Callable[[str], str]:
    """Puts a client's names where the company's stand, word by word."""
    told = {
        company.NAME: names.name,
        company.DOMAIN: names.domain,
        "northwind-ledger": names.key,
        "northwind": names.key,
        ACCOUNT: names.account,
        company.LEAVER.partition("@")[0]: user_name(names.left),
        **{key: user_name(name) for key, name in zip(("marcus", "diego", "lena"), names.staff[1:], strict=False)},
    }
    words = re.compile(r"\b(?:" + "|".join(map(re.escape, told)) + r")\b")
    return lambda text: words.sub(lambda found: told[found[0]], text)


def renamed(system: System, names: Names, **more: Any) -> System:
    """One of the company's systems as a client's: read from exports alone, unless ``more`` says otherwise."""
    rename = _renaming(names)

    def exports(state: Any, context: ReadContext) -> tuple[UploadedFile, ...]:
        found = system.exports(state, context)
        return tuple(UploadedFile(each.name, rename(each.content.decode()).encode()) for each in found)

    entered = {name: rename(value) for name, value in system.entered.items()}
    plain: Mapping[str, Any] = {"beyond": None, "preflight": None, "secrets": ()}
    return replace(system, exports=exports, entered=entered, **{**plain, **more})


def cloud(names: Names) -> System:
    """The client's AWS account, from its exports."""
    return renamed(aws.SYSTEM, names, name="AWS")


def tools(names: Names) -> System:
    """The client's internal tools, as the probe met them."""
    return renamed(http_probe.SYSTEM, names)


def database(names: Names) -> System:
    """The client's database server, read by a credential."""

    def beyond(state: Any, snapshot: PostgresSnapshot, context: ReadContext) -> PostgresSnapshot:
        del state
        return replace(snapshot, activity=(), taken_at=context.now, server=f"db.{names.domain}:5432")

    own = postgres.SYSTEM
    return renamed(own, names, name="Postgres", beyond=beyond, preflight=own.preflight, secrets=own.secrets)
