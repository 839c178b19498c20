"""A report's values made of nothing: as many controls and findings as asked for, with any name in them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from ztassess.domain.proof_state import ProofState
from ztassess.reports.values import (
    Before,
    ChangeLine,
    ConnectionLine,
    Contradiction,
    ControlLine,
    Coverage,
    EvidenceLine,
    ExceptionLine,
    FindingLine,
    Gap,
    GateLine,
    Headline,
    Numbers,
    PlanPart,
    RadiusPart,
    ReportData,
    StageLine,
    TaskLine,
    Trend,
    TrendPoint,
)

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
OUTCOMES = ("fail", "fail", "not_checked", "pass", "not_applicable")


def report(name: str = "Acme", *, controls: int = 3, findings: int = 4, redacted: bool = False) -> ReportData:
    """A whole report in which every text that an organization gives is ``name``."""
    states = [state.value for state in ProofState if state is not ProofState.NOT_APPLICABLE]
    lines = tuple(_finding(number, name) for number in range(1, findings + 1))
    failing = tuple(each.number for each in lines if each.outcome == "fail")[:7]
    return ReportData(
        format=1,
        organization=name,
        prepared_at=NOW,
        since=NOW - timedelta(days=30),
        redacted=redacted,
        catalog_version="2026-11-23.1",
        method_version="1+w0123abcd",
        weighting="weighted by Northgate’s playbook, version 3",
        stage_weights="50 (Identity), 30 (MFA) and 20 (Proxy)",
        opening="What stands here was looked at twice.\nBegin with people.",
        opening_by=name,
        headline=Headline("25 points are claimed but not proven.", ("4 contradictions hold back 18.5 points.",)),
        eighty_twenty=Numbers(67, 42, 48),
        overall=Numbers(62, 44, 58),
        before=Before(NOW - timedelta(days=31), 59, 39, is_first=False),
        goal=80,
        is_done=False,
        missing_answers=2,
        label_proven="Initial",
        label_claimed="Advanced",
        perimeter="",
        trend=_trend(),
        gate=GateLine(47, 60, 84, is_open=False, words="Its 3 gate controls reached 47 % of the 60 % they need."),
        stages=_stages(),
        mesh="Mutual TLS on the sensitive paths only.",
        contradictions=(
            Contradiction("a.b", "A control", "MFA", "Advanced", "Initial", 8.5, name, carried=True, findings=failing),
        ),
        changes=(ChangeLine("a.b", "A control", "Regressed", "regressed", "verified", "contradicted", name, name),),
        first_steps=(_task(name),),
        plan=PlanPart(
            "sprint", "Sprint 1", NOW.date(), NOW.date(), 9, 0, 1, "0 of 1 tasks.", (_task(name),), (_task(name),), 4
        ),
        exceptions=(_exception(name),),
        coverage=_coverage(name, controls),
        radius=RadiusPart(90.0, 80.0, 95.0, 38.9, name, 100.0, name),
        controls=tuple(_control(number, states[number % len(states)], name) for number in range(controls)),
        findings=lines,
        finding_count=findings,
        outcomes=dict.fromkeys(("fail", "not_checked", "pass"), findings // 5 + 1),
    )


def _trend() -> Trend:
    days = [NOW.date() - timedelta(days=each) for each in range(60, -1, -3)]
    points = tuple(TrendPoint(day, 20.0 + place, 50.0 + place / 2) for place, day in enumerate(days))
    return Trend("Reached", "Proof gained 0.8 points a week.", date(2027, 3, 1), points)


def _stages() -> tuple[StageLine, ...]:
    titles = ("Identity", "MFA", "Proxy", "Mesh", "Least privilege")
    numbered = [(each.lower(), each, place, Numbers(70, 40, 60)) for place, each in enumerate(titles, start=1)]
    rows = [*numbered, ("device", "Device", 0, Numbers(10, 5, 60)), ("perimeter", "Perimeter", 0, None)]
    return tuple(
        StageLine(slug, title, "What it is.", order, not order, score, 30, "Holds.", "Why.", "", "", 7, 3, 1, 1, "Next")
        for slug, title, order, score in rows
    )


def _task(name: str) -> TaskLine:
    return TaskLine("a.b", "A control", name, NOW.date(), NOW.date() + timedelta(days=1), 4, 8.5, "open", "Nobody.")


def _exception(name: str) -> ExceptionLine:
    return ExceptionLine(
        "a.b", "A control", name, name, name, NOW.date(), "active", soon=True, requested_by=name, decided_by=name
    )


def _coverage(name: str, controls: int) -> Coverage:
    connection = ConnectionLine(name, "AWS", NOW, "done", 38, 36, uploaded=False, unread=name)
    gap = Gap(name, name, "events:ListRules", ("A check",), ("A control",))
    states = {"contradicted": 1, "verified": max(1, controls - 1)}
    return Coverage(states, {"MFA": states}, controls, 3, 21, 26, (connection,), (gap,))


def _control(number: int, state: str, name: str) -> ControlLine:
    return ControlLine(
        f"mfa.control-{number}",
        "MFA",
        f"Control number {number}",
        in_80_20=True,
        gate=number == 0,
        state=state,
        claimed="Advanced",
        proven="Initial",
        target="Advanced",
        points=1.5,
        why=name,
        sources=name,
        answered_by=name,
        answered_at=NOW,
        attested="",
    )


def _finding(number: int, name: str) -> FindingLine:
    line = EvidenceLine("iam.get_account_authorization_details", name, "field", name, "expected")
    return FindingLine(
        number,
        name,
        "aws.check",
        "A check",
        OUTCOMES[number % len(OUTCOMES)],
        "high",
        ("a.b",),
        name,
        f"{name} has no second factor, one of 3 of 41 people.",
        name,
        "",
        41,
        NOW,
        number % 9 == 0,
        (line, line),
        5,
    )
