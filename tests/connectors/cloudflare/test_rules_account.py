"""The account's own second factor, and Access decisions that leave it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.cloudflare.factory import FAIL, NOT_CHECKED, PASS, REFUSED, base, result, snapshot, verdicts
from ztassess.connectors.cloudflare.snapshot import LogJob
from ztassess.domain.findings import Unavailable

TWO, LOGS = "account_two_factor_enforced", "access_logs_exported"
ACCOUNT = base().account[0]
JOB = LogJob("1", "access_requests", enabled=True, failing=False)


@pytest.mark.parametrize(
    ("name", "account", "outcome"),
    [
        ("demanded", (ACCOUNT,), PASS),
        ("not demanded", (replace(ACCOUNT, two_factor=False),), FAIL),
        ("absent is not false", (replace(ACCOUNT, two_factor=None),), NOT_CHECKED),
        ("refused", REFUSED, NOT_CHECKED),
        ("nothing came", (), NOT_CHECKED),
    ],
)
def test_two_factors(name, account, outcome):
    assert result(TWO, snapshot(account=account)).outcome is outcome, name


def test_habit_is_not_a_rule():
    (verdict,) = verdicts(TWO, snapshot(account=(replace(ACCOUNT, two_factor=False),)))
    assert verdict.near_miss == "Members use two factors; the account does not require it."


@pytest.mark.parametrize(
    ("name", "jobs", "outcome"),
    [
        ("runs", (JOB,), PASS),
        ("runs beside a broken one", (JOB, replace(JOB, id="2", failing=True)), PASS),
        ("disabled", (replace(JOB, enabled=False),), FAIL),
        ("fails", (replace(JOB, failing=True),), FAIL),
        ("another data set", (replace(JOB, dataset="http_requests"),), FAIL),
        ("none", (), FAIL),
        ("does not say", (replace(JOB, enabled=None),), NOT_CHECKED),
        ("refused or not in the plan", REFUSED, NOT_CHECKED),
        ("cut off", Unavailable("partial_data", read=(JOB,)), NOT_CHECKED),
        ("cut off before it came", Unavailable("partial_data", read=(replace(JOB, enabled=False),)), NOT_CHECKED),
    ],
)
def test_logs(name, jobs, outcome):
    assert result(LOGS, snapshot(log_jobs=jobs)).outcome is outcome, name


def test_a_disabled_job_is_a_near_miss():
    (verdict,) = verdicts(LOGS, snapshot(log_jobs=(replace(JOB, enabled=False),)))
    assert verdict.near_miss == "The job exists but is disabled."
    assert "1 job in all" in verdict.reason
