"""Owns the check of people: every active user has a second factor, and none may still do without."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from ztassess.connectors.judging import MOST_NAMES, NamedAccounts, conclude, count, excluded, names, rows_read
from ztassess.connectors.jumpcloud.snapshot import JumpCloudSnapshot, User
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_checked

CHECKS: Checks[JumpCloudSnapshot] = Checks("jumpcloud")
SOURCE: Final = "GET /api/systemusers"
ENROLLED: Final = "ENROLLED"
REQUIRED, CONFIGURED = "enable_user_portal_multifactor", "mfa.configured"
EXCLUSION: Final = "mfa.exclusion"


@CHECKS.check(
    "jumpcloud.mfa_required",
    title="Every active user has MFA",
    verifies=(Verifies("mfa.all-humans", level=2),),
    severity=Severity.CRITICAL,
    parts=("users",),
)
def mfa_required(snapshot: JumpCloudSnapshot) -> Iterator[Verdict]:
    """Asked for, set up, and in no exclusion period; staged and suspended users cannot sign in."""
    emergency = NamedAccounts.of(snapshot.declared.break_glass)
    users = [user for user in rows_read(snapshot.users) if active(user) is not False]
    apart = [user for user in users if emergency.matches(user.id, user.username, user.email)]
    judged = [user for user in users if user not in apart]
    bad = [user for user in judged if active(user) and _wrong(user)]
    unclear = [user for user in judged if user not in bad and (active(user) is None or _unknown(user))]
    excused = [user for user in judged if user.exclusion]
    near = f"{count(len(excused), 'user is', 'users are')} in an exclusion period." if excused else ""

    verb = "lacks" if len(bad) == 1 else "lack"

    def broken(user: User) -> Verdict:
        wrong = _wrong(user)
        words = names([_WORDS[field] for field, _, _ in wrong])
        reason = f"{name_of(user)}: {words}; {len(bad)} of {count(len(judged), 'active user')} {verb} MFA."
        lines = tuple(Evidence(SOURCE, user.id, *line) for line in wrong)
        return failed(f"users/{user.id}", reason, seen=len(judged), evidence=lines, near_miss=near)

    def quiet(user: User) -> Verdict:
        gaps = [*(["activated, suspended"] if active(user) is None else []), *_unknown(user)]
        reason = f"JumpCloud does not tell {names(gaps)} of {name_of(user)}."
        return not_checked(f"users/{user.id}", "partial_data", reason, seen=len(judged), near_miss=near)

    left = excluded([name_of(user) for user in apart])
    yield from conclude(
        snapshot.organization,
        [*_one_each(snapshot, bad, broken), *_one_each(snapshot, unclear, quiet)],
        of=(snapshot.users,),
        seen=len(judged),
        good=f"{len(judged)} of {count(len(judged), 'active user')} are asked for a second factor and have set it up."
        f"{left}",
        nothing=f"There is no active user to judge.{left}",
        evidence=(Evidence(SOURCE, snapshot.organization, "active users without MFA", "0", "0"),),
    )


_WORDS: Final = {
    REQUIRED: "no second factor is asked for",
    CONFIGURED: "none is set up",
    EXCLUSION: "an exclusion lets them in without one",
}


def active(user: User) -> bool | None:
    """They can sign in now; None if JumpCloud does not tell."""
    if user.activated is False or user.suspended or user.state in ("STAGED", "SUSPENDED"):
        return False
    if user.state == "ACTIVATED" or (user.activated and user.suspended is False):
        return True
    return None


def configured(user: User) -> bool | None:
    """Some second factor is set up; ``mfa.configured`` alone leaves out those without a code generator."""
    if user.configured or user.enrolled == ENROLLED:
        return True
    return user.configured


def name_of(user: User) -> str:
    """How people know them."""
    return user.email or user.username or user.id


def _wrong(user: User) -> list[tuple[str, str, str]]:
    """What is wrong, as field, observed and expected."""
    found = []
    if user.required is False:
        found.append((REQUIRED, "false", "true"))
    if configured(user) is False:
        found.append((CONFIGURED, "false", "true"))
    if user.exclusion:
        until = f" until {user.exclusion_until:%Y-%m-%d}" if user.exclusion_until else ""
        found.append((EXCLUSION, f"true{until}", "false"))
    return found


def _unknown(user: User) -> list[str]:
    told = ((REQUIRED, user.required), (CONFIGURED, configured(user)), (EXCLUSION, user.exclusion))
    return [field for field, value in told if value is None]


def _one_each(snapshot: JumpCloudSnapshot, rows: Sequence[User], verdict: Callable[[User], Verdict]) -> list[Verdict]:
    """One verdict a user, for at most 50; the others share one that says how many they are."""
    found = [verdict(row) for row in rows[:MOST_NAMES]]
    if len(rows) > MOST_NAMES:
        rest = verdict(rows[MOST_NAMES])
        reason = f"The same holds for {len(rows) - MOST_NAMES:,} more, who are not named one by one."
        found.append(replace(rest, resource=f"{snapshot.organization}/others", reason=reason))
    return found
