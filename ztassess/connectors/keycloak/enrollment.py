"""Owns who has configured a second factor, and whether a sub-flow for those alone is enforced all the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ztassess.connectors.judging import NamedAccounts, count, excluded, names, rows_read, unread
from ztassess.connectors.keycloak.snapshot import KeycloakSnapshot, User
from ztassess.domain.findings import Outcome, Unavailable

# The required action that lets a person set up each kind of credential.
SET_UP_BY: Final = {
    "CONFIGURE_TOTP": "otp",
    "webauthn-register": "webauthn",
    "webauthn-register-passwordless": "webauthn-passwordless",
}
COUNTED: Final = frozenset(SET_UP_BY.values())
NOBODY: Final = Unavailable("partial_data", detail="No enabled user was listed, so nobody can be seen to have one.")


@dataclass(frozen=True, slots=True)
class Enrollment:
    """Enabled users by what they hold of some kinds of credentials.

    Attributes:
        left_out: declared break-glass accounts.
        unknown: of whom we do not know.
        default: new users are made to set one up; None if we do not know.
        missing: the part that could not be read whole; None if all were.
    """

    holding: tuple[str, ...]
    lacking: tuple[str, ...]
    unknown: tuple[str, ...]
    left_out: tuple[str, ...]
    default: bool | None
    missing: Unavailable | None

    @property
    def total(self) -> int:
        """Users that count."""
        return len(self.holding) + len(self.lacking) + len(self.unknown)

    @property
    def near_miss(self) -> str:
        """How many never configured it, as far as we know; empty if nobody is known."""
        return f"Optional: {len(self.lacking)} users never configured it." if self.lacking else ""


def enrollment(snapshot: KeycloakSnapshot, kinds: frozenset[str]) -> Enrollment:
    """Who holds one of these kinds of credentials."""
    wanted = kinds & COUNTED
    glass = NamedAccounts.of(snapshot.declared.break_glass)
    enabled = [user for user in rows_read(snapshot.users) if user.enabled]
    out = [user for user in enabled if glass.matches(user.id, user.name, user.email)]
    held = {each.user_id: frozenset(each.kinds) for each in rows_read(snapshot.credentials)}
    answers = {user.name: _holds(user, held.get(user.id), wanted) for user in enabled if user not in out}

    def those(*, answer: bool | None) -> tuple[str, ...]:
        return tuple(name for name, found in answers.items() if found is answer)

    return Enrollment(
        those(answer=True),
        those(answer=False),
        those(answer=None),
        tuple(user.name for user in out),
        _default(snapshot, wanted),
        unread(snapshot.users, snapshot.credentials),
    )


def _holds(user: User, held: frozenset[str] | None, wanted: frozenset[str]) -> bool | None:
    if user.otp and "otp" in wanted:
        return True
    return None if held is None else bool(held & wanted)


def _default(snapshot: KeycloakSnapshot, wanted: frozenset[str]) -> bool | None:
    if any(
        action.enabled and action.default and SET_UP_BY.get(action.provider) in wanted
        for action in rows_read(snapshot.actions)
    ):
        return True
    return None if unread(snapshot.actions) else False


@dataclass(frozen=True, slots=True)
class Enforced:
    """Whether a second factor that only those are asked for who configured it reaches everybody all the same."""

    outcome: Outcome
    reason: str
    near_miss: str = ""
    why: Unavailable | None = None


def enforced(snapshot: KeycloakSnapshot, kinds: frozenset[str]) -> Enforced:
    """Only if new users must set one up, and every enabled user holds one."""
    found = enrollment(snapshot, kinds)
    left = excluded(found.left_out)
    if found.lacking:
        some = f"{len(found.lacking)} of {count(found.total, 'enabled user')}"
        text = f"{some} hold none that it asks for: {names(found.lacking)}.{left}"
        return Enforced(Outcome.FAIL, text, found.near_miss)
    if found.default is False:
        return Enforced(Outcome.FAIL, f"New users are not made to set one up.{left}", found.near_miss)
    missing = found.missing or unread(snapshot.actions) or (NOBODY if not found.total else None)
    if missing is not None or found.unknown:
        why = missing or Unavailable("partial_data")
        text = f"{len(found.holding)} of {count(found.total, 'enabled user')} are known to hold one. {why.detail}"
        return Enforced(Outcome.NOT_CHECKED, f"{text.strip()}{left}", why=why)
    text = f"new users must set one up, and {len(found.holding)} of {count(found.total, 'enabled user')} hold one"
    return Enforced(Outcome.PASS, f"{text}.{left}")
