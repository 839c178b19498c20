"""What explains a number is what made it: values, formula and result agree with the judgment itself."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from ztassess.catalog import load_catalog
from ztassess.domain.affected import Failing, affected, near_miss
from ztassess.domain.assessing import assess
from ztassess.domain.confidence import Claim, Verified
from ztassess.domain.derivation import derive
from ztassess.domain.facts import Facts
from ztassess.domain.mentions import mentions_in

TODAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
CONTROL = "mfa.all-humans"  # fresh for 7 days


def judged(claim: Claim | None, verified: Verified | None, **more: object):
    claims = {CONTROL: claim} if claim else {}
    proofs = {CONTROL: verified} if verified else {}
    return assess(load_catalog(), Facts(), claims, proofs, today=TODAY, **more)


def ago(days: float) -> datetime:
    return TODAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("claim", "verified", "filled", "because"),
    [
        (Claim(2, ago(3)), None, "a = (0 × 0 + 0.6 × 2 × 1) / 2 = 0.6", "claimed without a reviewed artifact"),
        (None, Verified(2, 2, ago(3)), "a = (1 × 2 + 0 × 0 × 1) / 2 = 1", "there is no claim"),
        (None, Verified(2, 2, ago(10.5)), "a = (0.8 × 2 + 0 × 0 × 1) / 2 = 0.8", "fresh for 7"),
        (None, Verified(2, 2, ago(9)), "a = (0.886 × 2 + 0 × 0 × 1) / 2 = 0.886", "fresh for 7: 1 − 0.4 × (9 − 7) / 7"),
        (
            None,
            Verified(2, 2, ago(5.25), uploaded_at=ago(5.25)),
            "a = (0.8 × 2 + 0 × 0 × 1) / 2 = 0.8",
            "upload is 5.25 days old, fresh for 3.5 (half as long): 1 − 0.4 × (5.25 − 3.5) / 3.5",
        ),
        (None, Verified(2, 2, ago(30)), "a = (0.6 × 2 + 0 × 0 × 1) / 2 = 0.6", "at twice that and more it counts 0.6"),
        (Claim(3, ago(3)), Verified(1, 3, ago(1)), "a = (1 × 1 + 0.6 × 0 × 0) / 2 = 0.5", "beyond V is refuted"),
        (Claim(2, ago(3)), Verified(1, 1, ago(1)), "a = (1 × 1 + 0.6 × 1 × 1) / 2 = 0.8", "was not looked at"),
        (None, None, "a = (0 × 0 + 0 × 0 × 1) / 2 = 0", "no finding is definite"),
        (Claim(2, ago(400)), None, "a = (0 × 0 + 0 × 0 × 1) / 2 = 0", "the answer is older than a year"),
    ],
)
def test_formula_is_filled_with_what_was_scored(claim, verified, filled, because):
    assessment = judged(claim, verified)
    found = derive(assessment, CONTROL)
    assert found is not None
    assert found.filled == filled
    assert any(because in each.because for each in found.inputs)
    attained = assessment.control(CONTROL).attainment
    assert float(filled.rpartition("= ")[2]) == pytest.approx(attained.floor, abs=0.0005)
    # The line computes to its own result.
    numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", filled)]
    kv, proven, kc, unseen, looked, target, result = numbers
    assert (kv * proven + kc * unseen * looked) / target == pytest.approx(result, abs=0.001)


def test_reviewed_artifact_explains_its_confidence():
    found = derive(judged(Claim(2, ago(3)), None, attestations={CONTROL: ago(1)}, checkable=()), CONTROL)
    assert found is not None
    kc = next(each for each in found.inputs if each.letter == "kc")
    assert (kc.value, "no connector of this stack can see it" in kc.because) == ("1", True)


def test_points_are_those_of_the_judgment():
    assessment = judged(Claim(2, ago(3)), None)
    found, each = derive(assessment, CONTROL), assessment.control(CONTROL)
    now = 100 * assessment.eighty_twenty.proven
    assert any(f"from {now:.1f} to {now + each.points:.1f}" in step for step in found.steps)


def test_what_does_not_apply_has_no_number():
    assessment = assess(load_catalog(), Facts(has_vpn=False), {}, {}, today=TODAY)
    off = next(each for each in assessment.controls if not each.applies)
    assert derive(assessment, off.id) is None


def test_near_miss_names_a_few_and_stays_silent_about_many():
    few = [Failing("acme", "tenant", ("anna", "ben"), seen=11), Failing("acme", "ben", (), seen=11)]
    assert affected(few) == ("anna", "ben")
    assert near_miss(few) == "2 of 11 stand between this control and a pass: anna, ben."
    assert near_miss([Failing("acme", "root")]) == "1 stands between this control and a pass: root."
    assert near_miss([Failing("acme", str(n)) for n in range(4)]) == near_miss([]) == ""


@pytest.mark.parametrize(
    ("text", "people", "unknown"),
    [
        ("Ask @Priya Raman.", ("1",), ()),
        ("@priya, and @tom!", ("1", "2"), ()),
        ("@Priya @priya.raman", ("1",), ()),
        ("@nobody", (), ("nobody",)),
        ("@sam", (), ("sam",)),  # two of this name
        ("@Sam Lee", ("3",), ()),
        ("write to a@priya.example", (), ()),
        ("@tommy", (), ("tommy",)),
        ("@", (), ()),
        ("no one", (), ()),
    ],
)
def test_mentions_fit_one_member_or_nobody(text, people, unknown):
    names = {
        "1": ("Priya Raman", "Priya", "Priya.Raman"),
        "2": ("Tom Ekberg", "Tom"),
        "3": ("Sam Lee", "Sam"),
        "4": ("Sam Poe", "Sam"),
    }
    found = mentions_in(text, names)
    assert (found.people, found.unknown) == (people, unknown)
