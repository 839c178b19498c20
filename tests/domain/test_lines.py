"""A name as one line: nothing in it turns or hides what stands around it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from ztassess.connectors.contract import ResourceException
from ztassess.connectors.excepting import honor_exceptions
from ztassess.domain.affected import Failing, affected
from ztassess.domain.checks import Checks, evaluate
from ztassess.domain.findings import Evidence, Severity, failed
from ztassess.domain.lines import one_line, unturned


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("\u202eevil", "evil"),
        ("  a\tb\u2028c\n d ", "a b c d"),
        ("Ze\u0000ro\u0007", "Zero"),
        ("\u2066Fin\u2069tech\u200f", "Fintech"),
        ("\u061c\u202e", ""),
        ("أمان للتقنية", "أمان للتقنية"),
        ("Zürich 👩\u200d💻 & <b>", "Zürich 👩\u200d💻 & <b>"),
    ],
)
def test_signs_that_nobody_sees_are_left_out(typed, kept):
    assert one_line(typed) == kept


def test_vendors_name_turns_no_sentence_of_a_finding_and_its_identity_stays():
    checks: Checks = Checks("acme")
    name = "\u202eAda\u2066 L\u00f6we\n"

    @checks.check("acme.rule", title="Rule", verifies=(), severity=Severity.LOW)
    def rule(snapshot):
        line = Evidence("GET /people", name, "factors", f"none of {name}", "two")
        yield failed(name, f"{name} has no factor.", seen=2, evidence=(line,), near_miss=f"{name} has one")
        yield failed("plain", "Nothing to turn.")

    turned, plain = evaluate(checks, SimpleNamespace(taken_at=datetime(2026, 11, 26, tzinfo=UTC)))
    shown = "Ada L\u00f6we\n"
    assert turned.verdict.resource == name
    assert turned.verdict.reason == f"{shown} has no factor."
    assert turned.verdict.near_miss == f"{shown} has one"
    assert turned.verdict.evidence[0].texts == ("GET /people", shown, "factors", f"none of {shown}", "two")
    assert plain.verdict.reason == "Nothing to turn."
    assert affected([Failing("acme", name)]) == (shown,)
    # An exception written for what was shown, or before signs were taken out, meets the finding all the same.
    for written in (unturned(name), name):
        accepted = ResourceException(written, "agreed", date(2026, 12, 1), check="acme.rule")
        first, second = honor_exceptions([turned, plain], [accepted])
        assert (first.verdict.reason_code, second.verdict.reason_code) == ("excepted", "")
