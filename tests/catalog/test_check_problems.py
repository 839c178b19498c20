"""Checks of the connectors are held to the catalog."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from ztassess.catalog import check_problems, load_catalog
from ztassess.domain.checks import Check, Verifies
from ztassess.domain.findings import Severity, Verdict


def rule(snapshot: Any) -> Iterator[Verdict]:
    yield from ()


def check(check_id: str = "aws.root_mfa_enabled", title: str = "Root has MFA", *verifies: Verifies) -> Check:
    claims = verifies or (Verifies("mfa.root-and-orphan-accounts", 3), Verifies("mfa.admins", 2, supporting=True))
    return Check(check_id, title, claims, Severity.HIGH, rule)


def test_good_checks_have_no_problems() -> None:
    assert check_problems(load_catalog(), [check(), check("http_probe.https_only")]) == []
    assert check_problems(load_catalog(), []) == []


WRONG = {
    "unknown control": (
        check("aws.a", "t", Verifies("mfa.everyone", 2)),
        r"^aws\.a: it verifies mfa\.everyone, which is no control",
    ),
    "level 0": (
        check("aws.a", "t", Verifies("mfa.admins", 0)),
        r"^aws\.a: it verifies mfa\.admins at level 0; levels are 1 to 3\.$",
    ),
    "level 4": (check("aws.a", "t", Verifies("mfa.admins", 4)), r"at level 4"),
    "twice": (
        check("aws.a", "t", Verifies("mfa.admins", 1), Verifies("mfa.admins", 2)),
        r"it verifies mfa\.admins twice",
    ),
    "nothing": (Check("aws.a", "t", (), Severity.LOW, rule), r"^aws\.a: the check verifies no control\.$"),
    "no title": (check("aws.a", " "), r"^aws\.a: the check has no title\.$"),
    "id with dash": (check("http-probe.https_only"), r"^http-probe\.https_only: a check id is a connector's slug"),
    "id without slug": (check("https_only"), r"^https_only: a check id is"),
    "id with capitals": (check("aws.RootMfa"), r"a check id is"),
}


@pytest.mark.parametrize(("wrong", "sentence"), WRONG.values(), ids=WRONG.keys())
def test_wrong_check_is_one_sentence(wrong: Check, sentence: str) -> None:
    (problem,) = check_problems(load_catalog(), [check(), wrong])
    assert re.search(sentence, problem)


def test_id_registered_twice_is_named_once() -> None:
    assert check_problems(load_catalog(), [check(), check()]) == [
        "aws.root_mfa_enabled: this check id is registered 2 times."
    ]
