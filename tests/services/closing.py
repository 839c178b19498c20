"""A pytest plugin with the loud lines before the last one: browser tests that did not run, gates that failed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.services.chromium import MISSING, find_chromium

GATES_FAILED = "ZTASSESS_GATES_FAILED"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser its tests are reported as skipped, each with the reason."""
    if find_chromium() is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=MISSING))


def _browser_tests_not_run(config: pytest.Config) -> int:
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    return sum("browser" in report.keywords for report in skipped if hasattr(report, "keywords"))


def _is_ci() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI, browser tests that did not run are a failure."""
    if not hasattr(session.config, "workerinput") and _is_ci() and _browser_tests_not_run(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> Iterator[None]:
    """Say it where it is read: after pytest's own summary, just above the closing line with the counts."""
    yield
    missed = _browser_tests_not_run(config)
    if missed:
        verdict = "this fails the run, because CI is set" if _is_ci() else "everything that needs a page is unproven"
        terminalreporter.write_line(f"BROWSER TESTS NOT RUN: {missed}, {MISSING}; {verdict}.", red=True, bold=True)
    failed = os.environ.get(GATES_FAILED)
    if failed:
        terminalreporter.write_line(f"GATES FAILED: {failed}; their reports are above.", red=True, bold=True)
