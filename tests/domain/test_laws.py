"""Laws that every company's score keeps, whatever it answers and whatever is found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ztassess.catalog import load_catalog
from ztassess.domain.assessing import assess
from ztassess.domain.assessment import Assessment
from ztassess.domain.checks import CheckResult, Verifies
from ztassess.domain.confidence import Claim, Verified
from ztassess.domain.facts import Facts
from ztassess.domain.findings import Outcome
from ztassess.domain.moments import age_days
from ztassess.domain.proof import StandingResult, carry_forward, verified_controls

CATALOG = load_catalog()
TODAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
IDS = [control.id for control in CATALOG.controls]
# Enough to reach every stage, the gate, a guard-rail and a control that only an artifact can prove.
CAST = (
    "identity.single-idp",
    "identity.sso-coverage",
    "identity.offboarding",
    "mfa.all-humans",
    "mfa.recovery",
    "proxy.vpn-retired",
    "mesh.service-map",
    "least-privilege.db-grants-minimal",
    "perimeter.waf",
)
ROUNDING = 1e-9


@dataclass(frozen=True)
class Company:
    """One company as a test sees it; ages in days."""

    facts: Facts
    answers: dict[str, Claim]
    verified: dict[str, Verified]
    reviews: dict[str, datetime]

    def judged(self) -> Assessment:
        return assess(CATALOG, self.facts, self.answers, self.verified, today=TODAY, attestations=self.reviews)


def ago(days: float) -> datetime:
    return TODAY - timedelta(days=days)


ages = st.sampled_from((0, 1, 6, 10, 13, 20, 40, 70, 179, 185, 364, 370, 800)).map(ago)
levels = st.integers(0, 3)
claims = st.builds(Claim, levels, ages)
proofs = st.builds(lambda low, high, when: Verified(min(low, high), max(low, high), when), levels, levels, ages)
facts = st.sampled_from(
    (Facts(), Facts(has_vpn=False), Facts(n_services=1, has_database=False), Facts(has_vpn=True, n_services=7))
)
names = st.sampled_from(CAST)
companies = st.builds(
    Company,
    facts,
    st.dictionaries(names, claims),
    st.dictionaries(names, proofs),
    st.dictionaries(names, ages, max_size=3),
)
quick = settings(max_examples=60, deadline=None)


def never_more(left: Assessment, right: Assessment) -> bool:
    """True if nothing that is proven is higher on the left, in any control or in any sum."""
    for one, other in zip(left.controls, right.controls, strict=True):
        if one.attainment and other.attainment and one.attainment.floor > other.attainment.floor + ROUNDING:
            return False
    return (
        left.eighty_twenty.proven <= right.eighty_twenty.proven + ROUNDING
        and left.overall.proven <= right.overall.proven + ROUNDING
        and left.gate.factor.proven <= right.gate.factor.proven + ROUNDING
        and left.labels.proven <= right.labels.proven
    )


@given(companies)
@quick
def test_numbers_stay_in_their_bounds(company: Company) -> None:
    judged = company.judged()
    for score in (judged.eighty_twenty, judged.overall, *(stage.score for stage in judged.stages if stage.score)):
        assert 0 <= score.proven <= min(score.claimed, score.ceiling) + ROUNDING
        assert max(score.claimed, score.ceiling) <= 1 + ROUNDING
    for control in judged.controls:
        if control.attainment:
            assert 0 <= control.attainment.floor <= control.attainment.ceiling <= 1
            assert control.attainment.floor <= control.attainment.claimed + ROUNDING
        assert control.points >= -ROUNDING
    assert 0.25 <= judged.gate.factor.proven <= 1


@given(companies, names, levels, levels, ages)
@quick
def test_more_verified_never_scores_less(company: Company, name: str, low: int, high: int, when: datetime) -> None:
    low, high = sorted((low, high))
    less = replace(company, verified=company.verified | {name: Verified(low, 3, when)})
    more = replace(company, verified=company.verified | {name: Verified(high, 3, when)})
    assert never_more(less.judged(), more.judged())


@given(companies, names, levels, levels, ages)
@quick
def test_more_claimed_never_scores_less(company: Company, name: str, low: int, high: int, when: datetime) -> None:
    low, high = sorted((low, high))
    less = replace(company, answers=company.answers | {name: Claim(low, when)})
    more = replace(company, answers=company.answers | {name: Claim(high, when)})
    assert never_more(less.judged(), more.judged())


@given(companies, names, proofs, ages)
@quick
def test_fresher_proof_never_scores_less(company: Company, name: str, proof: Verified, when: datetime) -> None:
    older, newer = sorted((exact for exact in (proof.verified_at, when)), key=lambda each: -age_days(each, TODAY))
    less = replace(company, verified=company.verified | {name: replace(proof, verified_at=older)})
    more = replace(company, verified=company.verified | {name: replace(proof, verified_at=newer)})
    assert never_more(less.judged(), more.judged())


@given(companies, names, levels, ages, ages)
@quick
def test_fresher_answers_and_reviews_never_score_less(
    company: Company, name: str, level: int, one: datetime, other: datetime
) -> None:
    older, newer = sorted((one, other))
    less = replace(company, answers=company.answers | {name: Claim(level, older)})
    more = replace(company, answers=company.answers | {name: Claim(level, newer)})
    assert never_more(less.judged(), more.judged())
    unreviewed = replace(more, reviews={key: each for key, each in more.reviews.items() if key != name})
    assert never_more(unreviewed.judged(), replace(more, reviews=more.reviews | {name: newer}).judged())


@given(companies, names)
@quick
def test_blank_never_beats_no_and_no_never_costs(company: Company, name: str) -> None:
    without = {key: each for key, each in company.answers.items() if key != name}
    blank = replace(company, answers=without).judged()
    no = replace(company, answers=without | {name: Claim(0, TODAY)}).judged()
    assert never_more(blank, no)
    assert never_more(no, blank)
    assert never_more(blank, company.judged())


@given(companies, st.randoms(use_true_random=False))
@quick
def test_the_order_of_answers_and_findings_is_irrelevant(company: Company, random) -> None:
    def shuffled(mapping: dict) -> dict:
        items = list(mapping.items())
        random.shuffle(items)
        return dict(items)

    again = Company(company.facts, *(shuffled(each) for each in (company.answers, company.verified, company.reviews)))
    assert again.judged() == company.judged()


@given(companies, claims, proofs)
@quick
def test_what_does_not_apply_changes_nothing(company: Company, claim: Claim, proof: Verified) -> None:
    name = "proxy.vpn-retired"
    company = replace(company, facts=Facts(has_vpn=False))
    spoken = replace(company, answers=company.answers | {name: claim}, verified=company.verified | {name: proof})
    before, after = company.judged(), spoken.judged()
    assert (after.eighty_twenty, after.overall, after.gate) == (before.eighty_twenty, before.overall, before.gate)
    assert after.control(name).attainment is None


CHECKS = {
    f"okta.check_{number}": (Verifies(CAST[number % len(CAST)], level), Verifies(CAST[(number + 1) % len(CAST)], 2))
    for number, level in enumerate((1, 2, 3, 2, 1, 3, 2, 2, 1, 3))
}
WINDOWS = {control.id: control.freshness_days for control in CATALOG.controls}
results = st.builds(
    StandingResult,
    check=st.sampled_from(sorted(CHECKS)),
    connection=st.sampled_from(("c1", "c2")),
    outcome=st.sampled_from((Outcome.PASS, Outcome.FAIL)),
    level=st.none() | st.integers(0, 2),
    taken_at=st.just(TODAY),
    supported=st.booleans(),
    uploaded=st.booleans(),
)
standing_results = st.lists(results, max_size=12, unique_by=lambda each: (each.check, each.connection))


def judged_with(company: Company, standing: tuple[StandingResult, ...]) -> Assessment:
    found = verified_controls(standing, CHECKS, freshness_days=WINDOWS, today=TODAY)
    return replace(company, verified=found).judged()


@given(companies, standing_results, st.integers(1, 90), st.sampled_from((Outcome.NOT_CHECKED, Outcome.ERROR)))
@quick
def test_unplugging_a_connector_never_raises_a_score(
    company: Company, standing: list[StandingResult], days: int, blind: Outcome
) -> None:
    """The last definite word stands and only ages: a permission withdrawn, a connection broken or deleted."""
    connected = tuple(standing)
    stopped = tuple(replace(each, taken_at=ago(days)) if each.connection == "c1" else each for each in connected)
    withdrawn = carry_forward(stopped, [CheckResult(name, blind, None, TODAY) for name in CHECKS], connection="c1")
    assert set(withdrawn) == set(stopped)
    assert never_more(judged_with(company, withdrawn), judged_with(company, connected))
    shortest = min(WINDOWS.values())
    removed = tuple(
        replace(each, removed_at=ago(min(days, shortest))) if each.connection == "c1" else each for each in withdrawn
    )
    assert never_more(judged_with(company, removed), judged_with(company, connected))


@given(companies, standing_results, results)
@quick
def test_one_more_refutation_never_raises_a_score(
    company: Company, standing: list[StandingResult], refuted: StandingResult
) -> None:
    others = [each for each in standing if each.check != refuted.check]
    fail = replace(refuted, outcome=Outcome.FAIL, supported=False)
    assert never_more(judged_with(company, (*others, fail)), judged_with(company, tuple(others)))


@given(st.permutations(sorted(CHECKS)))
@quick
def test_the_order_of_results_is_irrelevant(order: list[str]) -> None:
    made = {name: CheckResult(name, Outcome.PASS if len(name) % 2 else Outcome.FAIL, None, TODAY) for name in CHECKS}
    one = carry_forward((), [made[name] for name in order], connection="c1")
    other = carry_forward((), list(made.values()), connection="c1")
    assert verified_controls(one, CHECKS, freshness_days=WINDOWS, today=TODAY) == verified_controls(
        reversed(other), CHECKS, freshness_days=WINDOWS, today=TODAY
    )
