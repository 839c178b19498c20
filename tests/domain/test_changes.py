"""What changed, in groups: by a table, and by laws that hold for whatever was found."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ztassess.domain.changes import ChangeKind, CheckChange, Was, changes, kind_of
from ztassess.domain.proof_state import ProofState

S, K = ProofState, ChangeKind
quick = settings(max_examples=300, deadline=None)


def check(before: Was, now: Was, *newly: str, blind: bool = False) -> CheckChange:
    return CheckChange("acme.a", "c1", before, now, blind=blind, newly_failing=newly)


BROKE = check(Was.PASS, Was.FAIL, "cleo@acme.example")
STILL = check(Was.FAIL, Was.FAIL)
MORE = check(Was.FAIL, Was.FAIL, "dan@acme.example")
FIRST = check(Was.NOTHING, Was.FAIL, "dan@acme.example")
MENDED = check(Was.FAIL, Was.PASS)
BLIND = check(Was.PASS, Was.PASS, blind=True)
BLIND_FAIL = check(Was.FAIL, Was.FAIL, blind=True)


@pytest.mark.parametrize(
    ("was", "now", "checks", "kind"),
    [
        pytest.param(S.VERIFIED, S.CONTRADICTED, [BROKE], K.REGRESSED, id="a pass became a contradiction"),
        pytest.param(S.CLAIMED, S.CONTRADICTED, [], K.REGRESSED, id="contradicted by a higher claim"),
        pytest.param(S.EXCEPTED, S.CONTRADICTED, [STILL], K.REGRESSED, id="the exception ended"),
        pytest.param(S.VERIFIED, S.PARTLY_VERIFIED, [BROKE], K.REGRESSED, id="worse, with nobody who claims anything"),
        pytest.param(S.CONTRADICTED, S.CONTRADICTED, [BROKE], K.NEW, id="one more check fails"),
        pytest.param(S.CONTRADICTED, S.CONTRADICTED, [MORE], K.NEW, id="one more person fails"),
        pytest.param(S.UNANSWERED, S.PARTLY_VERIFIED, [FIRST], K.NEW, id="better, and the first scan fails"),
        pytest.param(S.CONTRADICTED, S.CONTRADICTED, [STILL], None, id="the same failing as before"),
        pytest.param(S.CONTRADICTED, S.VERIFIED, [MENDED], K.FIXED, id="mended"),
        pytest.param(S.CONTRADICTED, S.CONTRADICTED, [MENDED, STILL], K.FIXED, id="one of two checks mended"),
        pytest.param(S.CLAIMED, S.VERIFIED, [], K.FIXED, id="proven"),
        pytest.param(S.CONTRADICTED, S.EXCEPTED, [], K.ANSWERED, id="an exception fixes nothing"),
        pytest.param(S.CONTRADICTED, S.CLAIMED, [], K.ANSWERED, id="a removed connection fixes nothing"),
        pytest.param(S.CONTRADICTED, S.NOT_APPLICABLE, [MENDED], K.ANSWERED, id="what applies no more is not fixed"),
        pytest.param(S.VERIFIED, S.PARTLY_VERIFIED, [], K.ANSWERED, id="a higher claim is not proof"),
        pytest.param(S.PARTLY_VERIFIED, S.CANNOT_CHECK, [BLIND], K.UNCHECKED, id="the permission is gone"),
        pytest.param(S.VERIFIED, S.VERIFIED, [BLIND], K.UNCHECKED, id="blind behind a pass that still stands"),
        pytest.param(S.CONTRADICTED, S.CONTRADICTED, [BLIND_FAIL], K.UNCHECKED, id="blind behind a fail"),
        pytest.param(S.VERIFIED, S.STALE, [], K.STALE, id="too old"),
        pytest.param(S.UNANSWERED, S.CLAIMED, [], K.ANSWERED, id="answered"),
        pytest.param(S.NOT_APPLICABLE, S.NOT_APPLICABLE, [BROKE], None, id="what does not apply is no news"),
        pytest.param(S.VERIFIED, S.VERIFIED, [check(Was.PASS, Was.PASS)], None, id="nothing"),
    ],
)
def test_group_of_a_control(was: ProofState, now: ProofState, checks: list[CheckChange], kind: ChangeKind | None):
    assert kind_of(was, now, checks) is kind


states, words = st.sampled_from(ProofState), st.sampled_from(Was)
check_changes = st.builds(
    CheckChange,
    check=st.sampled_from(("acme.a", "acme.b")),
    connection=st.sampled_from(("c1", "c2")),
    before=words,
    now=words,
    blind=st.booleans(),
    newly_failing=st.lists(st.sampled_from(("anna", "ben")), unique=True).map(tuple),
)
IDS = ("identity.a", "mfa.b", "proxy.c", "mesh.d")
now_lists = st.lists(st.sampled_from(IDS), unique=True).flatmap(
    lambda ids: st.tuples(*(st.tuples(st.just(each), states, st.floats(0, 30)) for each in ids)).map(list)
)
before_maps = st.dictionaries(st.sampled_from(IDS), states)
check_maps = st.dictionaries(st.sampled_from(IDS), st.lists(check_changes, max_size=3))


@quick
@given(before_maps, now_lists, check_maps)
def test_every_changed_control_stands_in_one_group_and_groups_in_order(before, now, checks):
    found = changes(before, now, checks)
    ids = [each.control for each in found]
    assert len(ids) == len(set(ids))
    assert {control for control, state, _ in now if before.get(control, state) is not state} <= set(ids)
    assert [each.kind.rank for each in found] == sorted(each.kind.rank for each in found)
    for kind in ChangeKind:
        ranks = [each.now.rank for each in found if each.kind is kind]
        assert ranks == sorted(ranks)


@quick
@given(before_maps, now_lists, check_maps)
def test_good_news_is_never_about_what_refutes_anew_or_about_words_alone(before, now, checks):
    for each in changes(before, now, checks):
        about = checks.get(each.control, [])
        if each.kind is K.FIXED:
            assert not any(one.now is Was.FAIL and (one.before is not Was.FAIL or one.newly_failing) for one in about)
            proven = each.now in (S.PARTLY_VERIFIED, S.ATTESTED, S.VERIFIED) and each.now.rank > each.before.rank
            assert proven or any(one.before is Was.FAIL and one.now is Was.PASS for one in about)
        if each.now is S.CONTRADICTED and each.before is not S.CONTRADICTED:
            assert each.kind is K.REGRESSED


@quick
@given(now_lists)
def test_control_that_was_not_recorded_then_is_no_change(now):
    assert changes({}, now, {}) == ()


@quick
@given(before_maps, now_lists, check_maps, st.randoms(use_true_random=False))
def test_order_does_not_depend_on_the_order_of_the_checks(before, now, checks, random):
    shuffled = {control: random.sample(each, len(each)) for control, each in checks.items()}
    first, second = changes(before, now, checks), changes(before, now, shuffled)
    assert [(each.control, each.kind) for each in first] == [(each.control, each.kind) for each in second]
