"""The whole judgment over the real catalog: numbers, gate, labels, points and sentences of one company."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ztassess.domain.assessing import assess
from ztassess.domain.assessment import Assessment
from ztassess.domain.confidence import Claim, Verified
from ztassess.domain.controls import GATE_CONTROLS, Catalog, Level
from ztassess.domain.facts import Facts
from ztassess.domain.findings import Outcome
from ztassess.domain.proof_state import LatestOutcome, ProofState
from ztassess.domain.scoring import METHOD_VERSION

SINGLE = "identity.single-idp"
MFA = "mfa.all-humans"


def ids(catalog: Catalog, *stages: str) -> list[str]:
    return [control.id for control in catalog.controls if not stages or control.stage in stages]


def claims(names: Iterable[str], level: int, when: datetime) -> dict[str, Claim]:
    return {name: Claim(level, when) for name in names}


def proofs(names: Iterable[str], level: int, when: datetime) -> dict[str, Verified]:
    return {name: Verified(level, level, when) for name in names}


def numbers(assessment: Assessment) -> tuple[int, int, int]:
    whole = assessment.eighty_twenty.percents
    return whole.claimed, whole.proven, whole.ceiling


def test_everything_only_claimed_at_target_is_sixty(catalog: Catalog, today: datetime) -> None:
    assessment = assess(catalog, Facts(), claims(ids(catalog), 2, today), {}, today=today)
    assert numbers(assessment) == (100, 60, 60)
    assert (assessment.labels.proven, assessment.labels.claimed) == (Level.TRADITIONAL, Level.ADVANCED)
    assert not assessment.done
    assert assessment.why == ("40 points are claimed but not proven.",)


def test_no_identity_and_all_else_proven_is_seventeen(catalog: Catalog, today: datetime) -> None:
    elsewhere = [name for name in ids(catalog) if not name.startswith("identity.")]
    assessment = assess(
        catalog,
        Facts(),
        claims(ids(catalog, "identity"), 0, today),
        proofs(elsewhere, 2, today),
        today=today,
    )
    assert numbers(assessment) == (17, 17, 17)
    assert assessment.gate.factor.proven == 0.25
    assert assessment.identity_first
    assert assessment.stage("mfa").why == (
        "MFA is 100\u00a0%, but counts 25\u00a0%, because identity reached 0\u00a0% of the 60\u00a0% it needs."
    )


def test_all_proven_is_a_hundred_and_done(catalog: Catalog, today: datetime) -> None:
    assessment = assess(catalog, Facts(), {}, proofs(ids(catalog), 2, today), today=today)
    assert numbers(assessment) == (100, 100, 100)
    assert assessment.overall.percents.proven == 100
    assert assessment.labels.proven is Level.ADVANCED
    assert assessment.done
    assert assessment.perimeter is None
    assert not assessment.identity_first
    assert assessment.most_valuable() == ()


def test_nothing_known_is_zero_that_could_be_a_hundred(catalog: Catalog, today: datetime) -> None:
    assessment = assess(catalog, Facts(), {}, {}, today=today)
    assert numbers(assessment) == (0, 0, 100)
    assert assessment.missing_answers == 26
    assert assessment.why[-1] == "Could be up to 100\u00a0%: 26 answers are missing."
    assert assessment.in_state(ProofState.UNANSWERED) == assessment.controls


def test_the_gate_is_computed_from_claims_for_the_claimed_number(catalog: Catalog, today: datetime) -> None:
    assessment = assess(catalog, Facts(), claims(GATE_CONTROLS, 2, today), proofs([MFA], 2, today), today=today)
    assert assessment.gate.factor.claimed == 1.0
    assert assessment.gate.factor.proven == 1.0
    refuted = {name: Verified(0, 2, today) for name in GATE_CONTROLS}
    assessment = assess(catalog, Facts(), claims(GATE_CONTROLS, 2, today), refuted, today=today)
    assert (assessment.gate.factor.claimed, assessment.gate.factor.proven) == (1.0, 0.25)
    assert assessment.gate.factor.ceiling == 0.25


def test_a_stage_that_does_not_apply_is_left_out(catalog: Catalog, today: datetime) -> None:
    no_proxy = Facts(has_internal_tools=False, has_vpn=False, has_private_network=False)
    assessment = assess(catalog, no_proxy, {}, proofs(ids(catalog), 2, today), today=today)
    assert numbers(assessment) == (100, 100, 100)
    proxy = assessment.stage("proxy")
    assert (proxy.score, proxy.shown, proxy.counts, proxy.labels) == (None, None, None, None)
    assert proxy.why == "Proxy is not needed: none of its controls applies."
    assert assessment.control("proxy.vpn-retired").attainment is None
    assert assessment.control("proxy.vpn-retired").points == 0


def test_a_contradiction_is_named_and_counts_as_seen(catalog: Catalog, today: datetime) -> None:
    answers = claims([SINGLE], 2, today)
    assessment = assess(catalog, Facts(), answers, {SINGLE: Verified(1, 2, today)}, today=today)
    control = assessment.control(SINGLE)
    assert control.state is ProofState.CONTRADICTED
    assert control.attainment is not None
    assert (control.attainment.floor, control.attainment.claimed) == (0.5, 1.0)
    assert control.why == (
        "Advanced is claimed, but findings say Initial. It counts as Initial until a scan shows otherwise."
    )
    assert "1 claim is contradicted by findings." in assessment.why
    assert assessment.worst_first()[0].id == SINGLE


def test_points_are_what_the_same_scoring_gives_with_proof(catalog: Catalog, today: datetime) -> None:
    answers = claims(ids(catalog, "identity", "proxy"), 1, today)
    verified = proofs(ids(catalog, "mfa"), 1, today - timedelta(days=20)) | {SINGLE: Verified(1, 2, today)}
    before = assess(catalog, Facts(has_vpn=False), answers, verified, today=today)
    for control in before.controls:
        proven = verified | {control.id: Verified(2, 2, today)}
        after = assess(catalog, Facts(has_vpn=False), answers, proven, today=today)
        gained = 100 * (after.eighty_twenty.proven - before.eighty_twenty.proven)
        gained_overall = 100 * (after.overall.proven - before.overall.proven)
        assert control.points == pytest.approx(gained if control.control.in_80_20 else 0, abs=1e-9)
        assert control.points_overall == pytest.approx(gained_overall, abs=1e-9)


def test_closing_the_gate_control_brings_what_it_opens(catalog: Catalog, today: datetime) -> None:
    verified = proofs(ids(catalog, "mfa", "proxy", "least-privilege"), 2, today)
    assessment = assess(catalog, Facts(), {}, verified, today=today)
    own = 30 * 5 / 28
    opened = 70 * 0.75 * (5 / 13) / 0.6
    assert assessment.control(SINGLE).points == pytest.approx(own + opened)
    assert assessment.most_valuable()[0].id == SINGLE


def test_an_artifact_counts_in_full_only_where_no_connector_could_see(catalog: Catalog, today: datetime) -> None:
    answers = claims([MFA, "mesh.service-map"], 2, today)
    reviews = dict.fromkeys(answers, today - timedelta(days=1))
    assessment = assess(catalog, Facts(), answers, {}, today=today, attestations=reviews)
    assert assessment.control(MFA).kc == 0.8
    assert assessment.control("mesh.service-map").kc == 1.0
    assert assessment.control("mesh.service-map").met
    nothing_sees = assess(catalog, Facts(), answers, {}, today=today, attestations=reviews, checkable=())
    assert nothing_sees.control(MFA).kc == 1.0
    seen = {MFA: Verified(1, 1, today)}
    partly = assess(catalog, Facts(), answers, seen, today=today, attestations=reviews, checkable=())
    assert partly.control(MFA).kc == 0.8


def test_exceptions_and_blocked_checks_move_no_number(catalog: Catalog, today: datetime) -> None:
    answers, verified = claims(ids(catalog), 2, today), {SINGLE: Verified(1, 2, today)}
    plain = assess(catalog, Facts(), answers, verified, today=today)
    blocked = {MFA: [LatestOutcome("github.x", "c1", Outcome.NOT_CHECKED, "missing_scope", "read:org")]}
    told = assess(catalog, Facts(), answers, verified, today=today, exceptions={SINGLE}, latest=blocked)
    assert told.eighty_twenty == plain.eighty_twenty
    assert told.overall == plain.overall
    assert told.control(SINGLE).state is ProofState.EXCEPTED
    assert told.control(MFA).state is ProofState.CANNOT_CHECK
    assert "the permission read:org is missing" in told.control(MFA).why


def test_a_missing_wall_caps_the_label_and_a_claimed_one_only_the_claimed(catalog: Catalog, today: datetime) -> None:
    behind = [name for name in ids(catalog) if not name.startswith("perimeter.")]
    wall = ids(catalog, "perimeter")
    open_wall = assess(catalog, Facts(), claims(wall, 0, today), proofs(behind, 2, today), today=today)
    assert (open_wall.labels.proven, open_wall.labels.claimed) == (Level.INITIAL, Level.INITIAL)
    assert open_wall.perimeter is not None
    assert not open_wall.perimeter.unknown
    assert open_wall.done
    refuted = proofs(behind, 2, today) | {name: Verified(0, 2, today) for name in wall}
    claimed_wall = assess(catalog, Facts(), claims(wall, 2, today), refuted, today=today)
    assert (claimed_wall.labels.proven, claimed_wall.labels.claimed) == (Level.INITIAL, Level.ADVANCED)


def test_only_evidence_reaches_the_badge(catalog: Catalog, today: datetime) -> None:
    gates = [control.id for control in catalog.controls if control.gate and control.in_80_20]
    proven = proofs(ids(catalog), 2, today)
    answers = claims(ids(catalog), 2, today)
    reviews = dict.fromkeys(ids(catalog), today)
    for gate in gates:
        without = {name: each for name, each in proven.items() if name != gate}
        reviewed = assess(catalog, Facts(), answers, without, today=today, attestations=reviews)
        assert not reviewed.done, gate
        stale = proven | {gate: replace(proven[gate], verified_at=today - timedelta(days=400))}
        assert not assess(catalog, Facts(), answers, stale, today=today).done, gate
        unseeable = [name for name in ids(catalog) if name != gate]
        attested = assess(catalog, Facts(), answers, without, today=today, attestations=reviews, checkable=unseeable)
        assert attested.done, gate


def test_it_names_what_it_was_computed_with(catalog: Catalog, today: datetime) -> None:
    assessment = assess(catalog, Facts(), {}, {}, today=today)
    assert (assessment.catalog_version, assessment.method_version) == (catalog.version, METHOD_VERSION)
    assert assessment.today == today


def test_answers_for_controls_that_left_the_catalog_are_ignored(catalog: Catalog, today: datetime) -> None:
    gone = claims(["identity.gone"], 3, today)
    assert assess(catalog, Facts(), gone, {}, today=today) == assess(catalog, Facts(), {}, {}, today=today)


@pytest.mark.parametrize(
    ("answer", "verified", "reviewed", "words"),
    [
        (Claim(2, datetime(2026, 11, 1)), None, None, "Advanced is claimed without proof. Counts 60\u00a0%."),
        (Claim(2, datetime(2025, 1, 1)), None, None, "The answer is older than a year, so it counts as not given."),
        (None, None, None, "Nobody has said anything."),
        (None, Verified(2, 2, datetime(2026, 11, 22)), None, "Findings verify Advanced."),
        (Claim(2, datetime(2026, 11, 1)), Verified(2, 2, datetime(2026, 11, 13)), None, "count 80\u00a0%"),
        (
            Claim(2, datetime(2026, 11, 1)),
            Verified(1, 1, datetime(2026, 11, 22)),
            None,
            "cannot see the rest of Advanced",
        ),
        (None, Verified(1, 2, datetime(2026, 11, 22)), None, "Findings verify Initial and nothing above it."),
        (
            None,
            Verified(2, 2, datetime(2026, 11, 18), uploaded_at=datetime(2026, 11, 18)),
            None,
            "The upload is 5 days old, fresh for 3.5 (half as long), and counts",
        ),
        (None, Verified(0, 2, datetime(2026, 11, 22)), None, "Findings show that nothing is in place yet"),
        (
            Claim(2, datetime(2026, 11, 1)),
            None,
            datetime(2026, 11, 21),
            "a second person reviewed the artifact 2 days ago",
        ),
        (Claim(2, datetime(2026, 11, 1)), None, datetime(2026, 10, 21), "its review is 33 days old, fresh for 7"),
    ],
)
def test_every_number_of_a_control_has_its_sentence(
    catalog: Catalog,
    today: datetime,
    answer: Claim | None,
    verified: Verified | None,
    reviewed: datetime | None,
    words: str,
) -> None:
    assessment = assess(
        catalog,
        Facts(),
        {MFA: answer} if answer else {},
        {MFA: verified} if verified else {},
        today=today,
        attestations={MFA: reviewed} if reviewed else {},
    )
    assert words in assessment.control(MFA).why


def test_asking_for_what_is_not_there_raises(catalog: Catalog, today: datetime) -> None:
    assessment = assess(catalog, Facts(), {}, {}, today=today)
    assert len(assessment.of_stage("mfa")) == len(catalog.of_stage("mfa"))
    with pytest.raises(KeyError):
        assessment.control("mfa.nothing")
    with pytest.raises(KeyError):
        assessment.stage("nothing")
