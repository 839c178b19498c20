"""The servers that tests start, and the loud lines when something could not run."""

from __future__ import annotations

import subprocess
import sys

import pytest
import redis

from tests.services.chromium import find_chromium
from tests.services.installation import ROOT, clean_environment
from tests.services.processes import alive
from tests.services.redis import start_redis

BROWSER_TEST = """
import pytest
@pytest.mark.browser
def test_page():
    pass
def test_plain():
    pass
"""


def test_redis_servers_stand_apart_and_go_when_told():
    one, two = start_redis(), start_redis()
    try:
        redis.from_url(one.url).set("who", "one")
        assert redis.from_url(two.url).get("who") is None
        assert redis.from_url(one.url).get("who") == b"one"
    finally:
        one.stop()
        two.stop(kill=True)
    assert not alive(one.pid)
    assert not alive(two.pid)
    one.stop()  # twice is harmless


def test_redis_can_start_again_where_it_died():
    first = start_redis()
    port = int(first.url.rsplit(":", 1)[1].split("/")[0])
    first.stop(kill=True)
    again = start_redis(port=port)
    try:
        assert again.url == first.url
        assert redis.from_url(again.url).ping()
    finally:
        again.stop()


def test_redis_of_the_environment_is_not_ours_to_stop(monkeypatch):
    monkeypatch.setenv("ZTASSESS_TEST_REDIS_URL", "redis://127.0.0.1:1/3")
    given = start_redis()
    assert (given.url, given.pid) == ("redis://127.0.0.1:1/3", None)
    given.stop()


def run_pytest(folder, *, path: str, **more: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(BROWSER_TEST)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = browser: x\naddopts = -ra\n")
    command = ["-m", "pytest", "-p", "xdist", "-p", "tests.services.closing", "-q", "-n", "1", "-c", "pytest.ini", "."]
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        capture_output=True,
        text=True,
        env=clean_environment(PYTHONPATH=str(ROOT), PATH=path, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", **more),
        check=False,
    )


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_what_could_not_run_is_said_just_above_the_closing_line(tmp_path, ci, code):
    ran = run_pytest(tmp_path, path="/nonexistent", CI=ci, ZTASSESS_GATES_FAILED="types (mypy)")
    assert ran.returncode == code, ran.stdout
    *_, browser, gates, last = [line for line in ran.stdout.splitlines() if line.strip()]
    assert browser.startswith("BROWSER TESTS NOT RUN: 1, no Chromium was found: apt-get install -y chromium")
    assert gates == "GATES FAILED: types (mypy); their reports are above."
    assert last.startswith("1 passed, 1 skipped in")


def test_groups_of_tests_stay_in_one_worker_and_a_fallen_worker_costs_one_test(tmp_path):
    """Some pairs of pytest and pytest-xdist run them apart without a word; its own load groups wait for ever then."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_it.py").write_text(
        "import os, pytest\n"
        "@pytest.mark.xdist_group('one')\n@pytest.mark.parametrize('n', range(6))\ndef test_it(n):\n"
        "    open('ran', 'a').write(os.environ['PYTEST_XDIST_WORKER'] + ' ')\n"
        "@pytest.mark.parametrize('n', range(9))\ndef test_fall(n):\n    n == 4 and os._exit(3)\n"
    )
    plugins = ("-p", "xdist", "-p", "tests.environment")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, "-q", "-n", "2", "--dist=loadgroup", "-c", "pytest.ini", "."],
        cwd=tmp_path,
        env=clean_environment(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "1 failed, 14 passed" in ran.stdout, ran.stdout + ran.stderr
    assert "crashed while running 'test_it.py::test_fall[4]'" in ran.stdout
    workers = (tmp_path / "ran").read_text().split()
    assert (len(workers), len(set(workers))) == (6, 1)


def test_browser_of_the_environment_must_exist(monkeypatch):
    monkeypatch.setenv("ZTASSESS_TEST_CHROMIUM", sys.executable)
    assert find_chromium() == sys.executable
    monkeypatch.setenv("ZTASSESS_TEST_CHROMIUM", "/nonexistent/chromium")
    assert find_chromium() is None
