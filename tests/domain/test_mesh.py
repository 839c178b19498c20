"""The mesh rule by its table, its direction, and what it says when facts are missing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ztassess.domain.facts import Facts
from ztassess.domain.mesh import MeshVerdict, mesh_advice

NONE, TARGETED, LIGHT, ADOPT = MeshVerdict


def company(
    services: int,
    paths: int,
    zones: int,
    people: int,
    languages: int,
    *,
    kubernetes: bool = False,
    mandate: bool = False,
) -> Facts:
    return Facts(
        n_services=services,
        n_sensitive_paths=paths,
        n_trust_zones=zones,
        n_platform_people=people,
        n_languages=languages,
        uses_kubernetes=kubernetes,
        mtls_mandate=mandate,
    )


@pytest.mark.parametrize(
    ("facts", "need", "capacity", "verdict"),
    [
        (company(3, 1, 1, 0, 1), 1, 0, NONE),
        (company(8, 2, 1, 1, 1), 2, 1, NONE),
        (company(6, 2, 1, 0, 1, mandate=True), 5, 0, TARGETED),
        (company(12, 4, 2, 2, 2, kubernetes=True), 5, 3, TARGETED),
        (company(25, 7, 3, 2, 3, kubernetes=True), 9, 3, ADOPT),
        (company(1, 3, 1, 1, 1), 2, 1, NONE),
        (company(25, 7, 3, 1, 3, kubernetes=True), 9, 2, LIGHT),
        (company(40, 0, 3, 4, 3, kubernetes=True), 7, 4, NONE),
        (company(1, 7, 3, 4, 3, kubernetes=True, mandate=True), 9, 4, NONE),
    ],
)
def test_verdict_follows_the_table(facts: Facts, need: int, capacity: int, verdict: MeshVerdict) -> None:
    advice = mesh_advice(facts)
    assert (advice.need, advice.capacity, advice.verdict) == (need, capacity, verdict)
    assert advice.certain
    assert advice.possible == (verdict,)


counts = st.integers(0, 45)
known = st.builds(company, counts, st.integers(0, 8), st.integers(0, 4), st.integers(0, 5), st.integers(0, 5))
switched = st.builds(
    lambda facts, kubernetes, mandate: replace(facts, uses_kubernetes=kubernetes, mtls_mandate=mandate),
    known,
    st.booleans(),
    st.booleans(),
)
NEED_INPUTS = ("n_services", "n_sensitive_paths", "n_trust_zones", "n_languages")


@given(switched, st.sampled_from(NEED_INPUTS), st.integers(1, 40))
@settings(max_examples=80, deadline=None)
def test_more_need_never_asks_for_less(facts: Facts, name: str, more: int) -> None:
    order = list(MeshVerdict)
    grown = replace(facts, **{name: getattr(facts, name) + more})
    assert order.index(mesh_advice(grown).verdict) >= order.index(mesh_advice(facts).verdict)
    mandated = mesh_advice(replace(facts, mtls_mandate=True)).verdict
    assert order.index(mandated) >= order.index(mesh_advice(facts).verdict)


@given(switched, st.sets(st.sampled_from((*NEED_INPUTS, "mtls_mandate", "n_platform_people", "uses_kubernetes"))))
@settings(max_examples=80, deadline=None)
def test_what_is_unknown_leaves_the_true_verdict_possible(facts: Facts, forgotten: set[str]) -> None:
    truth = mesh_advice(facts).verdict
    advice = mesh_advice(replace(facts, **dict.fromkeys(forgotten)))
    assert truth in advice.possible
    assert advice.verdict in advice.possible
    assert {each.fact for each in advice.unknown} == forgotten


def test_nothing_known_leaves_everything_possible_and_says_so() -> None:
    advice = mesh_advice(Facts())
    assert advice.possible == tuple(MeshVerdict)
    assert not advice.certain
    assert "unknown number of services" in advice.reason


def test_an_unknown_input_that_cannot_change_the_verdict_leaves_it_certain() -> None:
    assert mesh_advice(replace(company(1, 3, 1, 1, 1), mtls_mandate=None, n_trust_zones=None)).certain
    assert mesh_advice(replace(company(3, 1, 1, 0, 1), uses_kubernetes=None)).certain


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (company(7, 2, 1, 1, 1), "7 services, 2 sensitive paths: need 2 of the 3 points that would justify one."),
        (company(1, 1, 1, 1, 1), "fewer than two services"),
        (company(7, 0, 1, 1, 1), "no mandate: nothing asks for it"),
        (replace(company(7, 0, 1, 1, 1), mtls_mandate=None), "no mandate that we know of"),
        (company(12, 4, 2, 2, 2), "need 5, enough for the sensitive paths"),
        (company(25, 7, 3, 2, 3), "need 9 of the 6 that justify a mesh, capacity 2 of the 3"),
    ],
)
def test_the_reason_names_the_numbers(facts: Facts, words: str) -> None:
    assert words in mesh_advice(facts).reason
