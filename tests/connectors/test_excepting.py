"""An exception takes its object out of the judgment by name, until its last day, and never makes a pass."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ztassess.connectors.contract import ResourceException
from ztassess.connectors.excepting import honor_exceptions
from ztassess.domain.checks import fold
from ztassess.domain.findings import Evidence, Finding, Outcome, Severity, Verdict, failed, passed

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
UNTIL = date(2026, 12, 31)


def finding(verdict: Verdict, check: str = "acme.people_have_mfa") -> Finding:
    return Finding(check, Severity.HIGH, NOW, verdict)


def evidence(*objects: str) -> tuple[Evidence, ...]:
    return tuple(Evidence("GET /users", name, "mfa", "off", "on") for name in objects)


def exception(name: str, until: date = UNTIL, check: str = "") -> ResourceException:
    return ResourceException(name, "ends with the migration", until, check)


def honored(verdict: Verdict, *exceptions: ResourceException) -> Verdict:
    (found,) = honor_exceptions([finding(verdict)], exceptions)
    return found.verdict


@pytest.mark.parametrize(
    ("resource", "named"),
    [
        ("sync@acme.example", "SYNC@acme.example"),
        ("shop/reporting/public.users/read", "reporting"),
        ("shop/reporting/public.users/read", "shop/reporting/public.users/read"),
    ],
)
def test_the_object_is_taken_out_with_its_reason_and_its_end(resource: str, named: str) -> None:
    found = honored(failed(resource, "It has no second factor.", seen=9, level=1), exception(named))
    assert found.outcome is Outcome.NOT_APPLICABLE
    assert found.reason_code == "excepted"
    assert found.level == 1
    assert found.seen == 9
    assert found.reason == (
        "Excepted until 2026-12-31 (ends with the migration). What was found: It has no second factor."
    )


def test_an_exception_is_never_a_pass() -> None:
    kept = [finding(failed("a", "No.")), finding(failed("b", "No."))]
    found = honor_exceptions(kept, [exception("a"), exception("b")])
    assert fold("acme.people_have_mfa", found).outcome is Outcome.NOT_APPLICABLE
    assert fold("acme.people_have_mfa", found).excepted
    beside = fold("acme.people_have_mfa", [*found, finding(passed("c", "Yes.", seen=1))])
    assert (beside.outcome, beside.excepted) == (Outcome.NOT_APPLICABLE, True)


def test_others_still_fail() -> None:
    kept = [finding(failed("a", "No.")), finding(failed("b", "No."))]
    found = honor_exceptions(kept, [exception("a")])
    assert [each.verdict.outcome for each in found] == [Outcome.NOT_APPLICABLE, Outcome.FAIL]
    assert fold("acme.people_have_mfa", found).outcome is Outcome.FAIL


def test_a_finding_about_several_objects_fails_until_every_one_is_excepted() -> None:
    verdict = failed("tenant", "2 of 9 people have no second factor: a, b.", seen=9, evidence=evidence("a", "b"))
    partly = honored(verdict, exception("b"))
    assert partly.outcome is Outcome.FAIL
    assert partly.reason.endswith("a, b. Of these, b is excepted until 2026-12-31.")
    assert honored(verdict, exception("a"), exception("b")).outcome is Outcome.NOT_APPLICABLE


def test_an_exception_ends_with_its_last_day() -> None:
    assert honored(failed("a", "No."), exception("a", NOW.date())).outcome is Outcome.NOT_APPLICABLE
    ended = honored(failed("a", "No."), exception("a", date(2026, 11, 22)))
    assert ended.outcome is Outcome.FAIL
    assert ended.reason == "No. The exception for a ended on 2026-11-22."


@pytest.mark.parametrize("check", ["acme.other", "acme.people_have_mfa2"])
def test_an_exception_for_another_check_does_nothing(check: str) -> None:
    verdict = failed("a", "No.")
    assert honored(verdict, exception("a", check=check)) == verdict
    assert honored(verdict, exception("a", check="acme.people_have_mfa")).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("name", ["an", "a@", "", "x"])
def test_a_part_of_a_name_is_not_the_object(name: str) -> None:
    verdict = failed("anna@acme.example", "No.")
    assert honored(verdict, exception(name)) == verdict


def test_objects_beyond_those_that_are_shown_still_fail() -> None:
    shown = [f"user-{number}" for number in range(50)]
    verdict = failed("tenant", "60 of 90 people have no second factor.", seen=90, evidence=evidence(*shown))
    found = honored(verdict, *map(exception, shown))
    assert found.outcome is Outcome.FAIL
    fewer = failed("tenant", "49 of 90 people.", seen=90, evidence=evidence(*shown[:49]))
    assert honored(fewer, *map(exception, shown)).outcome is Outcome.NOT_APPLICABLE
    assert honored(verdict, exception("tenant")).outcome is Outcome.NOT_APPLICABLE


def test_of_several_exceptions_for_one_object_the_longest_counts() -> None:
    ended, live = exception("a", date(2026, 11, 1)), exception("A ", UNTIL, "acme.people_have_mfa")
    for both in ((ended, live), (live, ended)):
        assert honored(failed("a", "No."), *both).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("resource", ["", "/", "a//b"])
def test_an_exception_without_an_object_excepts_nothing(resource: str) -> None:
    verdict = failed(resource, "No.")
    assert honored(verdict, exception(" "), exception("")) == verdict


def test_accents_are_the_same_however_they_are_written() -> None:
    assert honored(failed("jose\u0301@x.io", "No."), exception("Jos\u00e9@x.io")).outcome is Outcome.NOT_APPLICABLE


def test_thousands_of_findings_and_exceptions_are_not_compared_one_by_one() -> None:
    kept = [finding(failed(f"user-{number}@x.io", "No.")) for number in range(20_000)]
    found = honor_exceptions(kept, [exception(f"user-{number}@x.io") for number in range(0, 20_000, 2)])
    assert [each.verdict.outcome for each in found[:2]] == [Outcome.NOT_APPLICABLE, Outcome.FAIL]


def test_what_does_not_fail_is_left_alone() -> None:
    verdict = passed("a", "Good.", seen=3)
    assert honored(verdict, exception("a")) == verdict
