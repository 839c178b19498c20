"""What stands of check results, and the verified level they give per control."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ztassess.domain.checks import CheckResult, Verifies, fold
from ztassess.domain.findings import Finding, Outcome, Severity, Verdict
from ztassess.domain.proof import StandingResult, carry_forward, verified_control, verified_controls

TODAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
MFA = "mfa.all-humans"


def ago(days: float) -> datetime:
    return TODAY - timedelta(days=days)


def stands(outcome: Outcome, *, check: str = "okta.a", age: float = 0, **changes: object) -> StandingResult:
    plain = StandingResult(check, "c1", outcome, None, ago(age))
    return replace(plain, **changes)


def passing(own: int, **changes: object) -> tuple[StandingResult, Verifies]:
    return stands(Outcome.PASS, check=f"okta.p{own}", **changes), Verifies(MFA, own)


def failing(own: int, **changes: object) -> tuple[StandingResult, Verifies]:
    return stands(Outcome.FAIL, check=f"okta.f{own}", **changes), Verifies(MFA, own)


@pytest.mark.parametrize(
    ("words", "level", "highest"),
    [
        pytest.param([passing(2)], 2, 2, id="a pass reaches its level"),
        pytest.param([passing(1), passing(3)], 3, 3, id="the highest pass is the reach"),
        pytest.param([passing(2, level=1)], 1, 2, id="a pass below its own level refutes the rest"),
        pytest.param([failing(2)], 0, 2, id="nothing passes and something fails"),
        pytest.param([passing(1), failing(2)], 1, 2, id="a fail caps below its level"),
        pytest.param([passing(3), failing(3)], 2, 3, id="a fail at 3 leaves 2"),
        pytest.param([passing(3), failing(3, level=1)], 1, 3, id="a fail caps at the level the rule says"),
        pytest.param([passing(3), failing(2), failing(3)], 1, 3, id="the lowest cap wins"),
        pytest.param([passing(3), failing(1)], 0, 3, id="a fail at 1 leaves nothing"),
        pytest.param([failing(2, level=1, supported=True)], 1, 2, id="a rule that saw level 1 hold supports it"),
        pytest.param([failing(2, level=2)], 0, 2, id="a fail always refutes its own level"),
    ],
)
def test_verified_level_and_its_limit(words: list[tuple[StandingResult, Verifies]], level: int, highest: int) -> None:
    verified = verified_control(words)
    assert verified is not None
    assert (verified.level, verified.max_level) == (level, highest)


def test_supporting_results_never_move_a_level() -> None:
    support = (stands(Outcome.FAIL), Verifies(MFA, 1, supporting=True))
    assert verified_control([support]) is None
    verified = verified_control([support, passing(2)])
    assert verified is not None
    assert verified.level == 2
    assert verified.checks == ("okta.p2",)


def test_one_connection_never_erases_what_another_refutes() -> None:
    verified = verified_control([passing(2, connection="c1"), failing(2, connection="c2", age=90)])
    assert verified is not None
    assert (verified.level, verified.checks) == (1, ("okta.f2", "okta.p2"))


def test_the_date_is_the_oldest_of_the_checks_that_decide() -> None:
    both = verified_control([passing(2, age=3), passing(2, age=9, connection="c2")])
    assert both is not None
    assert both.verified_at == ago(9)
    lower = verified_control([passing(2, age=3), passing(1, age=90)])
    assert lower is not None
    assert lower.verified_at == ago(3)
    capped = verified_control([passing(3, age=1), failing(3, age=5)])
    assert capped is not None
    assert capped.verified_at == ago(5)


def test_a_fresh_fail_does_not_keep_an_old_pass_fresh() -> None:
    verified = verified_control([passing(2, age=90), failing(2, age=0)])
    assert verified is not None
    assert (verified.level, verified.verified_at) == (1, ago(90))


def test_uploads_that_decide_are_dated_apart() -> None:
    verified = verified_control([passing(2, age=3), passing(2, age=1, connection="c2", uploaded=True)])
    assert verified is not None
    assert (verified.verified_at, verified.uploaded_at) == (ago(3), ago(1))
    scanned = verified_control([passing(2, age=3), passing(1, age=1, uploaded=True)])
    assert scanned is not None
    assert scanned.uploaded_at is None


def result(outcome: Outcome, age: float, check: str = "okta.a") -> CheckResult:
    return CheckResult(check, outcome, None, ago(age))


@pytest.mark.parametrize("blind", [Outcome.NOT_CHECKED, Outcome.ERROR])
@pytest.mark.parametrize("definite", [Outcome.PASS, Outcome.FAIL])
def test_what_could_not_be_seen_replaces_nothing(definite: Outcome, blind: Outcome) -> None:
    before = carry_forward((), [result(definite, 5)], connection="c1")
    assert carry_forward(before, [result(blind, 0)], connection="c1") == before


def test_a_newer_definite_outcome_replaces_the_older_one() -> None:
    before = carry_forward((), [result(Outcome.FAIL, 5)], connection="c1")
    after = carry_forward(before, [result(Outcome.PASS, 0)], connection="c1", uploaded=True)
    assert [(each.outcome, each.taken_at, each.uploaded) for each in after] == [(Outcome.PASS, TODAY, True)]


def test_an_older_snapshot_that_arrives_late_changes_nothing() -> None:
    now = carry_forward((), [result(Outcome.FAIL, 0)], connection="c1")
    assert carry_forward(now, [result(Outcome.PASS, 5)], connection="c1", uploaded=True) == now


def test_what_no_longer_exists_neither_proves_nor_refutes() -> None:
    before = carry_forward((), [result(Outcome.FAIL, 5)], connection="c1")
    assert carry_forward(before, [result(Outcome.NOT_APPLICABLE, 0)], connection="c1") == ()


def test_other_checks_and_connections_keep_what_stood() -> None:
    before = carry_forward((), [result(Outcome.PASS, 5), result(Outcome.FAIL, 5, "okta.b")], connection="c1")
    after = carry_forward(before, [result(Outcome.FAIL, 0)], connection="c2")
    assert [(each.connection, each.check) for each in after] == [("c1", "okta.a"), ("c1", "okta.b"), ("c2", "okta.a")]


VERIFIES = {"okta.a": (Verifies(MFA, 2), Verifies("mfa.admins", 3)), "okta.b": (Verifies(MFA, 3),)}
WINDOWS = {MFA: 7, "mfa.admins": 30}


def test_every_control_of_a_check_is_judged_and_retired_checks_say_nothing() -> None:
    standing = [stands(Outcome.PASS), stands(Outcome.FAIL, check="okta.b"), stands(Outcome.FAIL, check="okta.gone")]
    found = verified_controls(standing, VERIFIES, freshness_days=WINDOWS, today=TODAY)
    assert {name: (each.level, each.max_level) for name, each in found.items()} == {MFA: (2, 3), "mfa.admins": (3, 3)}


def test_a_removed_connection_speaks_for_one_more_window() -> None:
    removed = stands(Outcome.FAIL, removed_at=ago(7))
    assert set(verified_controls([removed], VERIFIES, freshness_days=WINDOWS, today=TODAY)) == {MFA, "mfa.admins"}
    longer = stands(Outcome.FAIL, removed_at=ago(7.1))
    assert set(verified_controls([longer], VERIFIES, freshness_days=WINDOWS, today=TODAY)) == {"mfa.admins"}


def test_the_passes_of_a_removed_connection_end_with_its_fails() -> None:
    words = [
        stands(Outcome.PASS, age=60, removed_at=ago(40)),
        stands(Outcome.FAIL, check="okta.b", age=60, removed_at=ago(40)),
    ]
    assert verified_controls(words, VERIFIES, freshness_days=WINDOWS, today=TODAY) == {}


def finding(outcome: Outcome, level: int | None = None) -> Finding:
    return Finding("okta.a", Severity.HIGH, TODAY, Verdict(outcome, "r", "", level=level))


@pytest.mark.parametrize(
    ("verdicts", "outcome", "level", "supported"),
    [
        ([finding(Outcome.PASS)], Outcome.PASS, None, False),
        ([finding(Outcome.PASS, 1)], Outcome.PASS, 1, False),
        ([finding(Outcome.FAIL, 1), finding(Outcome.FAIL, 2)], Outcome.FAIL, 1, True),
        ([finding(Outcome.FAIL, 1), finding(Outcome.FAIL)], Outcome.FAIL, 1, False),
        ([finding(Outcome.PASS, 1), finding(Outcome.FAIL)], Outcome.FAIL, None, False),
        ([finding(Outcome.PASS), finding(Outcome.NOT_CHECKED)], Outcome.NOT_CHECKED, None, False),
    ],
)
def test_fold_says_whether_every_fail_named_a_standing_level(
    verdicts: list[Finding], outcome: Outcome, level: int | None, supported: bool
) -> None:
    folded = fold("okta.a", verdicts)
    assert (folded.outcome, folded.level, folded.supported) == (outcome, level, supported)
