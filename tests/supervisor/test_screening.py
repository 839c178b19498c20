"""What a person sees of the children's output: mail and errors, no floods; and what no file may hold."""

from __future__ import annotations

import pytest

from ztassess.common.mail import RULE
from ztassess.supervisor.screening import MAIL_RULE, LineScreen


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seen():
    shown: list[str] = []
    logged: list[str] = []
    clock = Clock()
    return LineScreen("web", show=shown.append, log=logged.append, clock=clock), shown, logged, clock


def test_mail_goes_to_the_screen_and_never_to_the_log(seen):
    screen, shown, logged, _ = seen
    for line in ("before", RULE, "E-mail to ada@example.com", "Subject: Your code", "", "Code: QX7-PLM", RULE, "after"):
        screen.line(line)
    assert any("QX7-PLM" in line for line in shown)
    assert logged == ["before", "after"]


def test_the_rule_is_the_one_that_mail_prints():
    assert MAIL_RULE == RULE


def test_a_rule_that_begins_no_mail_stays_in_the_log(seen):
    screen, shown, logged, _ = seen
    for line in (RULE, "a table", RULE, RULE, "E-mail to x", "secret", RULE):
        screen.line(line)
    assert logged == [RULE, "a table", RULE]
    assert "  mail | secret" in shown


def test_errors_are_shown_and_plain_lines_are_not(seen):
    screen, shown, logged, _ = seen
    screen.line("INFO all well")
    screen.line("2026-01-01 ERROR django.request Internal Server Error: /x")
    assert shown == ["  web: 2026-01-01 ERROR django.request Internal Server Error: /x"]
    assert len(logged) == 2


def test_a_flood_of_errors_is_cut_and_counted(seen):
    screen, shown, logged, clock = seen
    for _ in range(100):
        screen.line("ERROR again")
    assert len(shown) == 3
    clock.now += 10
    screen.line("ERROR later")
    assert shown[-1] == "  web: ERROR later (97 more in the log)"
    assert len(logged) == 101
