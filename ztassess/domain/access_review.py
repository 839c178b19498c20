"""Owns the table of an access review: every identity with its accounts, what is wrong with each, largest reach first.

Unknown is not no: a flag needs something told. A flag that needs a list nobody gave is not computed, and says so.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from ztassess.domain.findings import Unavailable
from ztassess.domain.identities import Aliases, Identity, System, Told, join, leaver_names, own_names
from ztassess.domain.roster import Account, AccountKind

DORMANT_DAYS: Final = 90
ADMIN_SYSTEMS: Final = 2
"""From so many systems on, being an administrator of all of them is a flag."""

SHARED_NAMES: Final = frozenset(
    {
        *("accounts", "admins", "all", "backoffice", "billing", "common", "contact", "demo", "dev", "developers"),
        *("devops", "everyone", "finance", "generic", "hello", "help", "helpdesk", "hr", "info", "it", "kiosk"),
        *("marketing", "office", "operations", "ops", "reception", "sales", "service", "shared", "staff", "support"),
        *("team", "test", "tester", "testing"),
    }
)
"""Names of accounts that teams share. ``admin`` and ``root`` are not among them: they are often one person's."""
_WORDS: Final = re.compile(r"[^a-z0-9]+")
_TEAM_WORDS: Final = frozenset({"shared", "team", "common", "generic", "everyone"})


class Flag(StrEnum):
    """What is wrong with an account, worst first."""

    LEFT = "left"
    ORPHANED = "orphaned"
    EXCESSIVE = "excessive"
    SHARED = "shared"
    DORMANT = "dormant"
    NO_OWNER = "no_owner"

    @property
    def word(self) -> str:
        """For people: "No owner"."""
        return self.value.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Known:
    """What the organization declared.

    Attributes:
        aliases: other names of people.
        leavers: who left, by any name; None if nobody said.
        break_glass: names of emergency accounts, which are out of the identity provider on purpose.
    """

    aliases: Aliases
    leavers: tuple[str, ...] | None = None
    break_glass: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One account in the review.

    Attributes:
        key: names the account inside its connection: 32 hexadecimal digits.
        flags: each with one sentence that says why.
    """

    system: System
    account: Account
    key: str
    flags: tuple[tuple[Flag, str], ...] = ()
    break_glass: bool = False

    @property
    def may_act(self) -> bool:
        """False if the system told that nobody can sign in with it."""
        return self.account.active is not False

    def has(self, flag: Flag) -> bool:
        """True if the account has this flag."""
        return any(each is flag for each, _ in self.flags)


@dataclass(frozen=True, slots=True)
class Row:
    """One identity in the review.

    Attributes:
        admin_in: number of systems told to be administered by an account that is not told inactive.
        systems: number of systems with an account that is not told inactive.
        several: the people between whom its account could not be decided.
    """

    title: str
    kind: AccountKind
    addresses: tuple[str, ...]
    lines: tuple[Line, ...]
    admin_in: int
    systems: int
    several: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """The whole table. ``untold`` names flags that nobody could compute, each with the reason in one sentence."""

    rows: tuple[Row, ...]
    systems: tuple[System, ...]
    untold: tuple[tuple[Flag, str], ...]


def account_key(account_id: str, number: int = 0) -> str:
    """Names an account inside its connection, whatever characters its id has.

    Parameters:
        number: 0, or which one it is of several accounts with the same id.
    """
    text = account_id if number == 0 else f"{account_id}\0{number}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def review(systems: Sequence[System], known: Known) -> Review:
    """The table: administrators of most systems first, then accounts in most systems, then by name."""
    judge = _Judge(systems, known)
    rows = [judge.row(identity) for identity in join(systems, known.aliases)]
    rows.sort(key=lambda row: (-row.admin_in, -row.systems, row.title.casefold()))
    return Review(tuple(rows), tuple(systems), tuple(judge.untold()))


class _Judge:
    """The flags of one review; what is the same for all accounts is computed once."""

    def __init__(self, systems: Sequence[System], known: Known) -> None:
        self._known = known
        self._authorities = [system for system in systems if system.authority]
        self._idp_told = bool(self._authorities) and not any(
            isinstance(system.accounts, Unavailable) for system in self._authorities
        )
        self._left = leaver_names(known.leavers or (), known.aliases)
        self._emergency = frozenset(name.casefold() for name in known.break_glass)

    def untold(self) -> Iterator[tuple[Flag, str]]:
        """Flags that could not be computed."""
        if self._known.leavers is None:
            yield Flag.LEFT, "Nobody listed who left, so nobody is marked as left. Write the list under Settings."
        if not self._authorities:
            yield Flag.ORPHANED, "No identity provider is connected, so nobody is marked as orphaned."
        elif not self._idp_told:
            names = ", ".join(each.name for each in self._authorities if isinstance(each.accounts, Unavailable))
            yield Flag.ORPHANED, f"The people in {names} could not be listed, so nobody is marked as orphaned."

    def row(self, identity: Identity) -> Row:
        acting = [each for each in identity.accounts if each.account.active is not False]
        admin_in = sorted({each.system.name for each in acting if each.account.admin})
        admin_ids = {each.system.id for each in acting if each.account.admin}
        person_left = bool(self._left.intersection(identity.addresses))
        context = _Context(identity, acting, admin_in, len(admin_ids), person_left=person_left)
        lines = tuple(self._line(each, context) for each in identity.accounts)
        systems = {each.system.id for each in acting}
        return Row(
            identity.title,
            identity.kind,
            identity.addresses,
            lines,
            len(admin_ids),
            len(systems),
            identity.several,
        )

    def _line(self, each: Told, context: _Context) -> Line:
        account = each.account
        emergency = not self._emergency.isdisjoint(
            name.casefold() for name in (account.id, account.name, *account.emails)
        )
        flags: tuple[tuple[Flag, str], ...] = ()
        if account.active is not False:
            found = ((flag, self._why(flag, each, context)) for flag in Flag)
            flags = tuple((flag, why) for flag, why in found if why and not (emergency and flag not in _OF_EMERGENCY))
        return Line(each.system, account, account_key(account.id, each.number), flags, break_glass=emergency)

    def _why(self, flag: Flag, each: Told, context: _Context) -> str:
        if flag is Flag.LEFT:
            names = own_names(each.account, self._known.aliases) if self._left else frozenset()
            left = context.person_left or not self._left.isdisjoint(names)
            return "On the list of people who left." if left else ""
        if flag is Flag.ORPHANED:
            return _orphaned(each, context) if self._idp_told else ""
        if flag is Flag.NO_OWNER:
            return self._ownerless(each, context)
        return _PLAIN[flag](each, context)

    def _ownerless(self, each: Told, context: _Context) -> str:
        if context.identity.kind is not AccountKind.SERVICE:
            return ""
        owner = each.account.owner
        if not owner:
            return "A service identity, and its system tells no owner."
        return f"Its owner, {owner}, left." if owner.casefold() in self._left else ""


@dataclass(frozen=True, slots=True)
class _Context:
    """What the flags of an account need to know of its identity."""

    identity: Identity
    acting: list[Told]
    admin_names: list[str]
    admin_in: int
    person_left: bool


_OF_EMERGENCY: Final = frozenset({Flag.LEFT, Flag.EXCESSIVE})
"""Emergency accounts are outside the identity provider, unused and shared on purpose."""


def _orphaned(each: Told, context: _Context) -> str:
    identity = context.identity
    person = identity.kind is AccountKind.PERSON or (identity.kind is AccountKind.UNKNOWN and each.account.emails)
    if not person or each.system.authority or identity.several:
        return ""
    if any(other.system.authority for other in context.acting):
        return ""
    off = [other.system.name for other in identity.accounts if other.system.authority]
    if off:
        return f"The person's account in {', '.join(sorted(set(off)))} is inactive."
    no_address = "" if each.account.emails else " It has no address to join by."
    return f"In no identity provider.{no_address}"


def _excessive(each: Told, context: _Context) -> str:
    if not each.account.admin:
        return ""
    if each.account.second_factor is False and not _factor_at_sign_in(each, context):
        return f"Administers {each.system.name} without a second factor."
    if context.admin_in >= ADMIN_SYSTEMS:
        return f"Administers {context.admin_in} systems: {', '.join(context.admin_names)}."
    return ""


def _factor_at_sign_in(each: Told, context: _Context) -> bool:
    """True if it signs in through the identity provider, and that one asks for a second factor."""
    return each.account.through_idp is True and any(
        other.system.authority and other.account.second_factor for other in context.acting
    )


def _shared(each: Told, context: _Context) -> str:
    identity = context.identity
    if identity.several:
        return f"Several people stand behind one account: {', '.join(identity.several)}."
    if each.account.kind is AccountKind.SERVICE:
        return ""
    for name in (each.account.name, *each.account.emails):
        local = name.casefold().partition("@")[0]
        words = [word for word in _WORDS.split(local) if word]
        if "".join(words) in SHARED_NAMES or not _TEAM_WORDS.isdisjoint(words):
            return f"Its name, {name}, is one that several people use."
    return ""


def _dormant(each: Told, context: _Context) -> str:
    used, read = each.account.last_used, each.system.taken_at
    if used is None or read - used <= timedelta(days=DORMANT_DAYS):
        return ""
    return f"Last used {(read - used).days} days before the reading; the threshold is {DORMANT_DAYS} days."


_PLAIN: Final = {Flag.EXCESSIVE: _excessive, Flag.SHARED: _shared, Flag.DORMANT: _dormant}
