"""Owns what a check is, how rules register, and how they are run over a snapshot without one hiding another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from ztassess.domain.findings import EXCEPTED, Finding, Outcome, Severity, Verdict


class Snapshot(Protocol):
    """What every snapshot has: the moment it was taken. It is the only clock a rule may use."""

    @property
    def taken_at(self) -> datetime: ...


S = TypeVar("S", bound=Snapshot)
Rule = Callable[[Any], Iterable[Verdict]]


@dataclass(frozen=True, slots=True)
class Verifies:
    """One control a check speaks about.

    Attributes:
        control: id of the control in the catalog, for example ``mfa.all-humans``.
        level: a pass supports a claim up to this level; a fail contradicts a claim of this level or higher.
        supporting: evidence shown beside the claim that never moves a level by itself.
    """

    control: str
    level: int
    supporting: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A registered rule with its metadata.

    Attributes:
        id: ``<connector slug>.<good state in snake_case>``; stable for ever.
        title: the good state in plain words.
        verifies: controls it speaks about.
        severity: harm if it fails.
        rule: pure generator from a snapshot to verdicts.
        parts: names of the snapshot parts it reads, for the preflight's "what will run".
        version: raised when a threshold changes.
    """

    id: str
    title: str
    verifies: tuple[Verifies, ...]
    severity: Severity
    rule: Rule
    parts: tuple[str, ...] = ()
    version: int = 1


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check over one snapshot, its verdicts folded into one outcome.

    Attributes:
        check: id of the check.
        outcome: any fail is a fail, else any error, else any not_checked, else pass, else not_applicable.
        level: the level reached (pass) or still standing (fail) where a verdict said so; None means the default.
        taken_at: the snapshot's clock.
        supported: of a fail: every failing verdict said which level still stands, so ``level`` is seen, not assumed.
        excepted: nothing failed but what accepted exceptions took out. The outcome is never a pass, and not_applicable
            where everything could be read; level and supported are those of the fail that would stand without them.
    """

    check: str
    outcome: Outcome
    level: int | None
    taken_at: datetime
    supported: bool = False
    excepted: bool = False


class Checks(Generic[S]):
    """The checks of one connector, in the order they were registered.

    Parameters:
        prefix: the connector's slug; every id registered must start with it and a dot.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self._checks: dict[str, Check] = {}

    def check(
        self,
        check_id: str,
        *,
        title: str,
        verifies: Sequence[Verifies],
        severity: Severity,
        parts: Sequence[str] = (),
        version: int = 1,
    ) -> Callable[[Callable[[S], Iterable[Verdict]]], Callable[[S], Iterable[Verdict]]]:
        """Register a rule under a stable dotted id.

        Raises:
            ValueError: the id has another connector's prefix, or is taken.
        """
        if not check_id.startswith(f"{self.prefix}."):
            raise ValueError(f"check id {check_id!r} must start with {self.prefix!r} and a dot")
        if check_id in self._checks:
            raise ValueError(f"check id {check_id!r} is registered twice")

        def register(rule: Callable[[S], Iterable[Verdict]]) -> Callable[[S], Iterable[Verdict]]:
            self._checks[check_id] = Check(check_id, title, tuple(verifies), severity, rule, tuple(parts), version)
            return rule

        return register

    def include(self, other: Checks[S]) -> None:
        """Take over the checks of a sibling module of the same connector, so that rules may live in several files."""
        for check in other:
            if check.id in self._checks:
                raise ValueError(f"check id {check.id!r} is registered twice")
            self._checks[check.id] = check

    def __iter__(self) -> Iterator[Check]:
        return iter(self._checks.values())

    def __len__(self) -> int:
        return len(self._checks)

    def __getitem__(self, check_id: str) -> Check:
        return self._checks[check_id]


def evaluate(checks: Iterable[Check], snapshot: Snapshot) -> list[Finding]:
    """Run every check over a snapshot.

    A rule that raises becomes one ``error`` finding with the exception's type; it never disappears and never stops
    the others. A rule that says nothing becomes ``not_checked``: silence is not a pass.
    """
    findings: list[Finding] = []
    for check in checks:
        findings.extend(_findings(check, snapshot))
    return findings


def _findings(check: Check, snapshot: Snapshot) -> Iterator[Finding]:
    spoke = False
    try:
        for verdict in check.rule(snapshot):
            spoke = True
            yield Finding(check.id, verdict.severity or check.severity, snapshot.taken_at, verdict.readable())
    except Exception as problem:  # noqa: BLE001  outermost frame of a rule: stored as an error row, never lost
        spoke = True
        broken = Verdict(
            Outcome.ERROR,
            "rule",
            f"The check itself broke ({type(problem).__name__}); this is our fault and says nothing about your system.",
            seen=0,
            reason_code="rule_error",
        )
        yield Finding(check.id, check.severity, snapshot.taken_at, broken)
    if not spoke:
        nothing = "The check found nothing to judge."
        silent = Verdict(Outcome.NOT_CHECKED, "rule", nothing, seen=0, reason_code="input_missing")
        yield Finding(check.id, check.severity, snapshot.taken_at, silent)


_WORST_FIRST = (Outcome.FAIL, Outcome.ERROR, Outcome.NOT_CHECKED, Outcome.PASS, Outcome.NOT_APPLICABLE)


def fold(check: str, findings: Sequence[Finding]) -> CheckResult:
    """Fold the findings of one check in one snapshot into one result.

    Parameters:
        findings: at least one, all of the same check and snapshot.

    Returns:
        The worst outcome (fail, error, not_checked, pass, not_applicable) and, of the verdicts with that outcome,
        the lowest level override; of a fail, over what exceptions took out too. Where they took out everything that
        failed, nothing passes: see `CheckResult.excepted`.
    """
    taken_out = [f.verdict for f in findings if f.verdict.reason_code == EXCEPTED]
    outcome = next(word for word in _WORST_FIRST if any(f.verdict.outcome is word for f in findings))
    excepted = bool(taken_out) and outcome is not Outcome.FAIL
    if excepted and outcome is Outcome.PASS:
        outcome = Outcome.NOT_APPLICABLE
    speaking = [f.verdict for f in findings if f.verdict.outcome is outcome]
    if excepted or outcome is Outcome.FAIL:
        # What was taken out holds the level down as it did: the others cannot make it higher.
        speaking = [each for each in speaking if each.outcome is Outcome.FAIL] + taken_out
    levels = [verdict.level for verdict in speaking if verdict.level is not None]
    supported = (excepted or outcome is Outcome.FAIL) and len(levels) == len(speaking)
    return CheckResult(check, outcome, min(levels, default=None), findings[0].taken_at, supported, excepted)
