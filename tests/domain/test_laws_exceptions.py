"""Laws of exceptions and of carrying forward: neither ever makes a pass, whatever was found or excepted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ztassess.catalog import load_catalog
from ztassess.connectors.contract import ResourceException
from ztassess.connectors.excepting import honor_exceptions
from ztassess.domain.assessing import assess
from ztassess.domain.assessment import Assessment
from ztassess.domain.checks import CheckResult, Verifies, fold
from ztassess.domain.confidence import Claim
from ztassess.domain.facts import Facts
from ztassess.domain.findings import Finding, Outcome, Severity, Verdict, failed, not_applicable, not_checked, passed
from ztassess.domain.proof import carry_forward, verified_controls
from ztassess.domain.proof_state import ProofState

CATALOG = load_catalog()
TODAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
CONTROL = "mfa.all-humans"
VERIFIES = {
    "acme.enforced": (Verifies(CONTROL, 2),),
    "acme.enrolled": (Verifies(CONTROL, 1),),
    "acme.strong": (Verifies(CONTROL, 3),),
}
FRESH = {control.id: control.freshness_days for control in CATALOG.controls}
ROUNDING = 1e-9
quick = settings(max_examples=150, deadline=None)

people = st.sampled_from(("anna", "ben", "cleo"))
stated = st.none() | st.integers(0, 3)
verdicts = st.one_of(
    st.builds(lambda who, level: failed(who, "No.", seen=3, level=level), people, stated),
    st.builds(lambda who, level: passed(who, "Yes.", seen=3, level=level), people, stated),
    st.just(not_applicable("nobody", "Nobody is there.")),
    st.just(not_checked("all", "missing_scope", "Not allowed to look.")),
)
scans = st.dictionaries(st.sampled_from(sorted(VERIFIES)), st.lists(verdicts, min_size=1, max_size=4), min_size=1)
lists_of_people = st.sets(people)


def findings_of(scan: dict[str, list[Verdict]], taken_at: datetime) -> list[Finding]:
    return [Finding(check, Severity.HIGH, taken_at, verdict) for check, said in scan.items() for verdict in said]


def results_of(findings: list[Finding]) -> list[CheckResult]:
    checks = dict.fromkeys(each.check for each in findings)
    return [fold(check, [each for each in findings if each.check == check]) for check in checks]


def judged(history: list[tuple[dict[str, list[Verdict]], set[str]]], level: int | None) -> Assessment:
    """The company after several scans a day apart, each with who is excepted in it."""
    standing: tuple = ()
    for number, (scan, names) in enumerate(history):
        taken_at = TODAY - timedelta(days=len(history) - number)
        excepted = [ResourceException(name, "ends soon", date(2027, 3, 1)) for name in names]
        honored = honor_exceptions(findings_of(scan, taken_at), excepted)
        standing = carry_forward(standing, results_of(honored), connection="one")
    verified = verified_controls(standing, VERIFIES, freshness_days=FRESH, today=TODAY)
    claims = {} if level is None else {CONTROL: Claim(level, TODAY)}
    return assess(CATALOG, Facts(), claims, verified, today=TODAY)


def floor(assessment: Assessment) -> float:
    attained = assessment.control(CONTROL).attainment
    assert attained is not None
    return attained.floor


@quick
@given(st.lists(st.tuples(scans, lists_of_people), min_size=1, max_size=3), stated)
def test_an_exception_of_an_object_never_raises_what_is_proven(history, level):
    excepted, plain = judged(history, level), judged([(scan, set()) for scan, _ in history], level)
    assert floor(excepted) <= floor(plain) + ROUNDING
    assert excepted.eighty_twenty.proven <= plain.eighty_twenty.proven + ROUNDING
    assert excepted.control(CONTROL).proven_level <= plain.control(CONTROL).proven_level
    if excepted.control(CONTROL).state is ProofState.VERIFIED:
        assert plain.control(CONTROL).state is ProofState.VERIFIED


def test_the_law_would_notice_an_exception_that_passes():
    """The control of the law above: a fold that forgets what was excepted would raise the number."""
    scan = {"acme.enforced": [failed("anna", "No.", seen=3), passed("ben", "Yes.", seen=3)]}
    honored = honor_exceptions(findings_of(scan, TODAY), [ResourceException("anna", "ends", date(2027, 3, 1))])
    forgetful = fold("acme.enforced", [each for each in honored if each.verdict.outcome is Outcome.PASS])
    standing = carry_forward((), [forgetful], connection="one")
    verified = verified_controls(standing, VERIFIES, freshness_days=FRESH, today=TODAY)
    assert floor(assess(CATALOG, Facts(), {}, verified, today=TODAY)) > floor(judged([(scan, {"anna"})], None))


def test_others_that_fail_do_not_lift_the_level_of_who_is_excepted():
    scan = {"acme.strong": [failed("anna", "No.", level=0), failed("ben", "No.", level=2)]}
    assert floor(judged([(scan, {"anna"})], None)) == floor(judged([(scan, set())], None)) == 0


def test_who_is_excepted_still_fails_where_others_could_not_be_read():
    scan = {"acme.enforced": [failed("anna", "No."), not_checked("all", "missing_scope", "Not allowed to look.")]}
    assert floor(judged([(scan, {"anna"})], 2)) == floor(judged([(scan, set())], 2)) == 0


def test_what_is_wholly_excepted_is_excepted_and_not_contradicted():
    scan = {"acme.enforced": [failed("anna", "No.", seen=3)]}
    before, after = judged([(scan, set())], 2).control(CONTROL), judged([(scan, {"anna"})], 2).control(CONTROL)
    assert (before.state, after.state) == (ProofState.CONTRADICTED, ProofState.EXCEPTED)
    assert before.attainment == after.attainment
    both = {"acme.enforced": [failed("anna", "No."), failed("ben", "No.")]}
    assert judged([(both, {"anna"})], 2).control(CONTROL).state is ProofState.CONTRADICTED


@quick
@given(st.lists(st.tuples(scans, lists_of_people), min_size=1, max_size=4))
def test_carrying_forward_never_invents_a_pass(history):
    seen: set[tuple[str, datetime]] = set()
    standing: tuple = ()
    for number, (scan, names) in enumerate(history):
        taken_at = TODAY - timedelta(days=len(history) - number)
        excepted = [ResourceException(name, "ends soon", date(2027, 3, 1)) for name in names]
        results = results_of(honor_exceptions(findings_of(scan, taken_at), excepted))
        for check, said in scan.items():
            outcomes = {verdict.outcome for verdict in said}
            if Outcome.PASS in outcomes and not outcomes & {Outcome.FAIL, Outcome.ERROR, Outcome.NOT_CHECKED}:
                seen.add((check, taken_at))
        standing = carry_forward(standing, results, connection="one")
        for each in standing:
            if each.outcome is Outcome.PASS:
                assert (each.check, each.taken_at) in seen


@quick
@given(st.sets(st.sampled_from([control.id for control in CATALOG.controls])), stated)
def test_an_exception_of_a_whole_control_moves_no_number(excepted, level):
    claims = {} if level is None else {control.id: Claim(level, TODAY) for control in CATALOG.controls}
    plain = assess(CATALOG, Facts(), claims, {}, today=TODAY)
    other = assess(CATALOG, Facts(), claims, {}, today=TODAY, exceptions=excepted)
    assert (plain.eighty_twenty, plain.overall, plain.gate) == (other.eighty_twenty, other.overall, other.gate)
    for one, two in zip(plain.controls, other.controls, strict=True):
        assert one.attainment == two.attainment
        if two.state is not ProofState.EXCEPTED:
            assert replace(two, why=one.why) == one
