"""A group of real processes: restarted when they fall, ended together, never left behind."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.services.processes import alive, children, command_line, eventually


def test_stop_ends_children_and_their_children(supervised, plain):
    group = supervised(web=plain, broker=plain)
    group.line("serving")
    pids = group.pids("web") + group.pids("broker")
    group.process.send_signal(signal.SIGTERM)
    assert "ended" in group.rest()
    assert group.process.returncode == 0
    assert not any(alive(pid) for pid in pids)


def test_those_who_ignore_the_request_are_killed_within_ten_seconds(supervised, stubborn):
    group = supervised(web=stubborn, broker=stubborn)
    group.line("serving")
    pids = group.pids("web") + group.pids("broker")
    asked = time.monotonic()
    group.process.send_signal(signal.SIGINT)
    group.rest()
    assert time.monotonic() - asked < 10  # the promise itself, so a time is asserted here
    assert not any(alive(pid) for pid in pids)


def test_a_group_started_with_nohup_outlives_its_terminal(supervised, plain):
    hangup = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        group = supervised(web=plain)
    finally:
        signal.signal(signal.SIGHUP, hangup)
    group.line("serving")
    group.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert group.process.poll() is None
    group.process.send_signal(signal.SIGTERM)
    assert f"signal {int(signal.SIGTERM)}" in group.rest()


def test_a_second_request_ends_them_at_once(supervised, stubborn):
    group = supervised(web=stubborn)
    group.line("serving")
    group.process.send_signal(signal.SIGINT)
    group.line("signal")
    time.sleep(0.3)
    group.process.send_signal(signal.SIGINT)
    asked = time.monotonic()
    group.rest()
    assert time.monotonic() - asked < 5
    assert not any(alive(pid) for pid in group.pids("web"))


def test_the_broker_ends_after_those_who_need_it(supervised, plain):
    note = "signal.signal(signal.SIGTERM, lambda *_: (open('order', 'a').write(NAME + ' '), sys.exit()))"
    group = supervised(broker=(f"NAME = 'broker'; {note}", plain[1], ""), web=(f"NAME = 'web'; {note}", plain[1], ""))
    group.line("serving")
    assert eventually(lambda: group.starts("web") == 1 and group.starts("broker") == 1)
    group.process.send_signal(signal.SIGTERM)
    group.rest()
    assert (group.folder / "order").read_text().split() == ["web", "broker"]


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_a_fallen_child_is_started_again_and_said_in_one_line(supervised, plain, signum):
    group = supervised(web=plain)
    group.line("serving")
    first = group.pids("web")
    os.kill(first[0], signum)
    line = group.line("ended unexpectedly")
    assert line.startswith(
        f"web ended unexpectedly (killed by {signal.Signals(signum).name}), starting it again in 0.5 s"
    )
    assert eventually(lambda: group.starts("web") == 2)
    assert not any(alive(pid) for pid in first)


def test_waits_longer_after_each_fall(supervised):
    group = supervised(web=("open('ready','w').close()", "pass", "time.sleep(0.2); sys.exit(3)"))
    said = [group.line("ended unexpectedly (exit code 3)") for _ in range(3)]
    assert [line.split(" again in ")[1].split(" s.")[0] for line in said] == ["0.5", "1", "2"]


def test_one_that_cannot_start_stops_the_start_with_its_reason(supervised):
    group = supervised(web=("raise SystemExit('ValueError: no such database')", "", ""))
    refused = group.line("refused")
    assert "The web process ended 3 times while starting" in refused
    assert "ValueError: no such database" in refused
    assert "ended" in group.rest()


def test_killed_supervisor_leaves_nobody(supervised, plain, stubborn):
    group = supervised(web=stubborn, scan=plain, broker=plain)
    group.line("serving")
    assert eventually(lambda: all(group.starts(name) for name in ("web", "scan", "broker")))
    pids = group.pids("web") + group.pids("scan") + group.pids("broker")
    group.process.kill()
    assert eventually(lambda: not any(alive(pid) for pid in pids))


def test_a_killed_guardian_is_replaced_and_still_guards(supervised, stubborn):
    group = supervised(web=stubborn)
    group.line("serving")
    pids = group.pids("web")
    first = _guardians(group.process.pid)
    assert len(first) == 1
    os.kill(first[0], signal.SIGKILL)
    assert eventually(lambda: len(now := _guardians(group.process.pid)) == 1 and now != first)
    time.sleep(0.3)  # it is told the groups right after its start
    group.process.kill()
    assert eventually(lambda: not any(alive(pid) for pid in pids))


def _guardians(pid: int) -> list[int]:
    return [child for child in children(pid) if "guardian.py" in command_line(child) and alive(child)]
