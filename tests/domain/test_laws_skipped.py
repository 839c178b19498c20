"""Laws of scans that did not happen or could not see: what stands is carried forward, and never looks better for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ztassess.catalog import load_catalog
from ztassess.domain.assessing import assess
from ztassess.domain.assessment import Assessment
from ztassess.domain.checks import CheckResult, Verifies
from ztassess.domain.confidence import Claim
from ztassess.domain.facts import Facts
from ztassess.domain.findings import Outcome
from ztassess.domain.proof import StandingResult, carry_forward, verified_controls
from ztassess.domain.proof_state import LatestOutcome, ProofState

CATALOG = load_catalog()
CONTROL = "mfa.all-humans"
VERIFIES = {"acme.low": (Verifies(CONTROL, 1),), "acme.target": (Verifies(CONTROL, 2),)}
FRESH = {control.id: control.freshness_days for control in CATALOG.controls}
WINDOW = FRESH[CONTROL]
BEGIN = datetime(2026, 9, 1, 12, tzinfo=UTC)
BLIND = (Outcome.NOT_CHECKED, Outcome.ERROR)
quick = settings(max_examples=150, deadline=None)

Day = dict[str, Outcome]
days = st.dictionaries(st.sampled_from(sorted(VERIFIES)), st.sampled_from(Outcome))
histories = st.lists(days, min_size=1, max_size=8)
levels = st.none() | st.integers(0, 3)


def told(history: list[Day], level: int | None, today: datetime) -> Assessment:
    """The company after a scan a day, of those checks that are in it; a day without any is a scan that was skipped."""
    standing: tuple[StandingResult, ...] = ()
    latest: dict[str, Outcome] = {}
    for number, day in enumerate(history):
        at = BEGIN + timedelta(days=number)
        results = [CheckResult(check, outcome, None, at) for check, outcome in day.items()]
        standing = carry_forward(standing, results, connection="one")
        latest |= day
    return judged(standing, latest, level, today)


def judged(standing, latest: dict[str, Outcome], level: int | None, today: datetime) -> Assessment:
    verified = verified_controls(standing, VERIFIES, freshness_days=FRESH, today=today)
    claims = {} if level is None else {CONTROL: Claim(level, BEGIN)}
    tried = {CONTROL: [LatestOutcome(check, "one", outcome) for check, outcome in latest.items()]}
    return assess(CATALOG, Facts(), claims, verified, today=today, latest=tried)


def newest_word(history: list[Day]) -> dict[str, tuple[Outcome, datetime]]:
    """By check, the newest outcome that could judge and when; computed without `carry_forward`."""
    found: dict[str, tuple[Outcome, datetime]] = {}
    for number, day in enumerate(history):
        for check, outcome in day.items():
            if outcome not in BLIND:
                found[check] = (outcome, BEGIN + timedelta(days=number))
    return found


@quick
@given(histories, levels)
def test_state_carried_forward_is_never_better_than_the_newest_outcome_that_could_judge(history, level):
    today = BEGIN + timedelta(days=len(history))
    said = newest_word(history)
    standing = [
        StandingResult(check, "one", outcome, None, at) for check, (outcome, at) in said.items() if outcome.definite
    ]
    plain = judged(standing, {check: outcome for check, (outcome, _) in said.items()}, level, today).control(CONTROL)
    carried = told(history, level, today).control(CONTROL)
    assert carried.attainment == plain.attainment
    assert carried.proven_level == plain.proven_level
    if carried.state is not plain.state:
        # A newer attempt that could not see may only make a state worse, never better, and lifts no refutation.
        assert carried.state is ProofState.CANNOT_CHECK
        assert carried.state.rank < plain.state.rank


@quick
@given(histories, st.lists(st.sampled_from(BLIND), min_size=1, max_size=5))
def test_fail_stays_contradicted_however_often_nobody_could_look_again(history, blind):
    failing = [*history, {"acme.target": Outcome.FAIL}]
    for number in range(len(blind) + 1):
        after = [*failing, *({"acme.target": outcome} for outcome in blind[:number])]
        state = told(after, 2, BEGIN + timedelta(days=len(after))).control(CONTROL).state
        assert state is ProofState.CONTRADICTED


@quick
@given(days, levels, st.sets(st.integers(1, 120)))
def test_skipped_scans_cost_nothing_until_the_window_of_the_control_ends(day, level, skipped):
    """Two companies with the same results; one is scanned each day, the other skipped some days of them."""
    definite = {check: outcome for check, outcome in day.items() if outcome not in BLIND}
    every = [definite for _ in range(WINDOW + 1)]
    gaps = [definite if number == 0 or number not in skipped else {} for number in range(WINDOW + 1)]
    for passed in (1, WINDOW // 2, WINDOW):
        today = BEGIN + timedelta(days=passed)
        one, other = told(every[: passed + 1], level, today), told(gaps[: passed + 1], level, today)
        assert (one.eighty_twenty, one.overall) == (other.eighty_twenty, other.overall)
        assert one.control(CONTROL).state is other.control(CONTROL).state


def test_after_the_window_the_skipped_one_goes_stale_and_counts_less():
    """The control of the law above: it would notice a difference."""
    seen = {"acme.target": Outcome.PASS}
    today = BEGIN + timedelta(days=WINDOW + 10)
    scanned = told([seen] * (WINDOW + 10), 2, today)
    skipped = told([seen], 2, today)
    assert scanned.control(CONTROL).state is ProofState.VERIFIED
    assert skipped.control(CONTROL).state is ProofState.STALE
    assert skipped.eighty_twenty.proven < scanned.eighty_twenty.proven
