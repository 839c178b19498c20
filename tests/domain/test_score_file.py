"""The input of `manage.py score`: what is accepted, and the sentence for each mistake."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ztassess.domain.assessing import assess
from ztassess.domain.confidence import Claim, Verified
from ztassess.domain.controls import Catalog
from ztassess.domain.facts import Facts
from ztassess.domain.planning import plan_sprint
from ztassess.domain.score_file import SHOWN_PROBLEMS, ScoreFileError, ScoreInput, parse_score_input
from ztassess.domain.score_report import score_json, score_table

DAY = date(2026, 11, 23)
WHOLE: dict[str, Any] = {
    "today": "2026-11-23",
    "facts": {"n_people": 9, "has_vpn": True, "cloud": "aws", "databases": ["postgres"], "ci": [], "n_services": None},
    "answers": {
        "identity.single-idp": {"level": 2, "answered_at": "2026-11-11"},
        "mfa.all-humans": {"level": 3, "answered_at": DAY, "reviewed_at": "2026-11-20T10:00:00Z"},
    },
    "verified": {"identity.single-idp": {"level": 1, "max_level": 2, "verified_at": "2026-11-23T09:00:00+01:00"}},
}


def problems(catalog: Catalog, data: object) -> tuple[str, ...]:
    with pytest.raises(ScoreFileError) as caught:
        parse_score_input(data, catalog)
    return caught.value.problems


def test_a_whole_file_becomes_values(catalog: Catalog) -> None:
    given = parse_score_input(WHOLE, catalog)
    assert given == ScoreInput(
        today=DAY,
        facts=Facts(n_people=9, has_vpn=True, clouds=("aws",), databases=("postgres",), ci=()),
        answers={
            "identity.single-idp": Claim(2, date(2026, 11, 11)),
            "mfa.all-humans": Claim(3, DAY),
        },
        attestations={"mfa.all-humans": datetime(2026, 11, 20, 10, tzinfo=UTC)},
        verified={"identity.single-idp": Verified(1, 2, datetime(2026, 11, 23, 8, tzinfo=UTC))},
    )


def test_only_today_is_needed(catalog: Catalog) -> None:
    for empty in ({"today": DAY}, {"today": DAY, "facts": None, "answers": None, "verified": {}}):
        assert parse_score_input(empty, catalog) == ScoreInput(DAY, Facts(), {}, {}, {})


@pytest.mark.parametrize(
    ("value", "clouds"), [("none", ()), ([], ()), (["aws", "gcp"], ("aws", "gcp")), (["none"], ())]
)
def test_none_and_an_empty_list_mean_known_to_be_none(catalog: Catalog, value: object, clouds: tuple[str, ...]) -> None:
    assert parse_score_input({"today": DAY, "facts": {"cloud": value}}, catalog).facts.clouds == clouds


def answer(**changes: object) -> dict[str, Any]:
    row = {"level": 2, "answered_at": "2026-11-11"} | changes
    return {"today": "2026-11-23", "answers": {"mfa.admins": row}}


def proof(**changes: object) -> dict[str, Any]:
    row = {"level": 1, "max_level": 2, "verified_at": "2026-11-11"} | changes
    return {"today": "2026-11-23", "verified": {"mfa.admins": row}}


def fact(**facts: object) -> dict[str, Any]:
    return {"today": "2026-11-23", "facts": facts}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (None, "The file must hold today, facts, answers and verified with their values, not nothing."),
        ([1], "The file must hold today, facts, answers and verified with their values, not a list."),
        ({}, "today is missing: give the date to judge for, such as 2026-11-23."),
        ({"today": "yesterday"}, 'today is "yesterday"; write a date such as 2026-11-23.'),
        ({"today": 20261123.5}, "today is 20261123.5; write a date such as 2026-11-23."),
        ({"today": True}, "today is true; write a date such as 2026-11-23."),
        ({"today": "0001-01-01T00:00:00+14:00"}, "write a date such as 2026-11-23."),
        ({"today": "9999-12-31"}, 'today is "9999-12-31"; write a date such as 2026-11-23.'),
        ({"today": DAY, "answer": {}}, 'The file does not know "answer", perhaps answers is meant.'),
        ({"today": DAY, 7: {}}, "The file does not know 7."),
        ({"today": DAY, "answers": [1]}, "answers must hold names with their values, not a list."),
        (
            {"today": DAY, "answers": {"mfa.admin": {}}},
            'answers does not know "mfa.admin", perhaps mfa.admins is meant.',
        ),
        ({"today": DAY, "verified": {"x": {}}}, 'verified does not know "x".'),
        ({"today": DAY, "answers": {"mfa.admins": 2}}, "must hold level, answered_at and reviewed_at, not a number."),
        (answer(level=4), "level is 4; write one of 0 Traditional, 1 Initial, 2 Advanced, 3 Optimal."),
        (answer(level=-1), "level is -1; write one of 0 Traditional"),
        (answer(level=True), "level is true; write one of 0 Traditional"),
        (answer(level="2"), 'level is "2"; write one of 0 Traditional'),
        (answer(level=2.0), "level is 2.0; write one of 0 Traditional"),
        (answer(level=None), "answers: mfa.admins lacks level."),
        (answer(level=10**5000), "level is a number; write one of 0 Traditional"),
        (answer(answered_at=""), 'answered_at is ""; write a date such as 2026-11-23.'),
        (answer(answered_at="2026-11-24"), "answers: mfa.admins: answered_at is 2026-11-24, which is after today."),
        (answer(reviewed_at="2027-01-01"), "answers: mfa.admins: reviewed_at is 2027-01-01, which is after today."),
        (answer(reviewed="2026-11-01"), 'answers: mfa.admins does not know "reviewed", perhaps reviewed_at is meant.'),
        (proof(verified_at="2026-11-24T00:00:00Z"), "verified_at is 2026-11-24T00:00:00+00:00, which is after today."),
        (proof(level=3), "verified: mfa.admins: level 3 is above max_level 2; nothing verifies more than it can."),
        (proof(max_level=9), "verified: mfa.admins: max_level is 9; write one of"),
        (proof(max_level=None, verified_at=None), "verified: mfa.admins lacks max_level and verified_at."),
        (fact(n_peeple=3), 'facts does not know "n_peeple", perhaps n_people is meant.'),
        (fact(n_people=-1), "facts: n_people is -1; write a whole number from 0 on, or leave it out if nobody knows."),
        (fact(n_people="nine"), 'facts: n_people is "nine"; write a whole number'),
        (fact(n_people=True), "facts: n_people is true; write a whole number"),
        (fact(has_vpn=1), "facts: has_vpn is 1; write true or false, or leave it out if nobody knows."),
        (fact(mtls_mandate="no"), 'facts: mtls_mandate is "no"; write true or false'),
        (fact(clouds=[1]), "facts: clouds is a list; write a list of names, empty if there are none."),
        (fact(cloud=True), "facts: clouds is true; write a list of names"),
        (fact(mesh_verdict="none"), "facts: mesh_verdict is computed from the other facts; leave it out."),
        (fact(**{"x" * 5000: 1}), f'facts does not know "{"x" * 80}..."'),
        (fact(**{"a\x1b[31m": 1}), 'facts does not know "a?[31m".'),
    ],
)
def test_each_mistake_has_its_sentence(catalog: Catalog, data: object, sentence: str) -> None:
    found = problems(catalog, data)
    assert len(found) == 1
    assert sentence in found[0]
    assert len(found[0]) < 250


def test_all_problems_are_told_at_once_and_a_flood_is_counted(catalog: Catalog) -> None:
    assert len(problems(catalog, fact(has_vpn=1) | answer(level=9) | proof(level=7))) == 3
    flood = {"today": DAY, "answers": {f"mfa.x{number}": {} for number in range(1000)}}
    found = problems(catalog, flood)
    assert len(found) == SHOWN_PROBLEMS + 1
    assert found[-1] == "There are 980 more problems."


def test_what_happened_earlier_today_is_not_the_future(catalog: Catalog) -> None:
    late = proof(verified_at="2026-11-23T23:59:59Z")
    assert parse_score_input(late, catalog).verified["mfa.admins"].level == 1
    exact = late | {"today": "2026-11-23T12:00:00Z"}
    assert "after today" in problems(catalog, exact)[0]


def test_the_printed_json_is_stable(catalog: Catalog) -> None:
    given = parse_score_input(WHOLE, catalog)
    assessment = assess(
        catalog, given.facts, given.answers, given.verified, today=given.today, attestations=given.attestations
    )
    printed = score_json(assessment, plan_sprint(assessment, start=DAY))
    assert json.loads(json.dumps(printed)) == printed
    assert list(printed) == [
        "catalog_version",
        "method_version",
        "today",
        "eighty_twenty",
        "overall",
        "done",
        "missing_answers",
        "labels",
        "gate",
        "stages",
        "controls",
        "mesh",
        "perimeter",
        "plan",
        "why",
    ]
    assert set(printed["eighty_twenty"]) == {"claimed", "proven", "ceiling"}
    controls = {row["control"]: row for row in printed["controls"]}
    assert len(controls) == 55
    assert (controls["identity.single-idp"]["floor"], controls["identity.single-idp"]["state"]) == (0.5, "contradicted")
    assert (controls["identity.offboarding"]["floor"], controls["identity.offboarding"]["ceiling"]) == (0.0, 1.0)
    assert controls["least-privilege.ci-scopes"]["applicable"] is False
    assert controls["least-privilege.ci-scopes"]["floor"] is None
    stages = {row["stage"]: row for row in printed["stages"]}
    gate = 0.25 + 0.75 * (5 * 0.5 / 13) / 0.6
    assert stages["mfa"]["gate"]["proven"] == pytest.approx(gate, abs=1e-6)
    assert stages["identity"]["gate"]["proven"] == 1.0
    assert printed["mesh"]["verdict"] == "none"
    assert printed["mesh"]["certain"] is False
    assert printed["plan"]["days"][0]["work"][0]["control"] == "identity.inventory"


def test_the_table_shows_both_numbers_the_plan_and_what_is_uncertain(catalog: Catalog) -> None:
    given = parse_score_input(WHOLE, catalog)
    assessment = assess(catalog, given.facts, given.answers, given.verified, today=given.today)
    table = score_table(assessment, plan_sprint(assessment, start=DAY))
    for words in (
        "% proven",
        "% claimed",
        "contradicted",
        "not applicable",
        "Not certain: n_services",
        "Day  1  Mon Nov 23",
    ):
        assert words in table
    assert table.endswith("h.\n")
