"""CSV and iCalendar: formulas defused, lines folded, dates without a time, the same UID for ever."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.roadmaps.conftest import choice
from tests.roadmaps.test_planning_again import replan
from ztassess.roadmaps.exporting import escaped, folded


def unfolded(text: str) -> list[str]:
    assert text.endswith("\r\n")
    return text.replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def events(text: str) -> dict[str, dict[str, str]]:
    """VEVENTs by UID."""
    found: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for line in unfolded(text):
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            current = {}
        elif line == "END:VEVENT":
            assert current["UID"] not in found
            found[current["UID"]] = current
        else:
            current[name] = value
    return found


@given(st.text())
def test_folded_lines_are_short_and_come_back_whole(text):
    line = "SUMMARY:" + escaped(text)
    pieces = folded(line).split("\r\n")
    assert all(len(piece.encode()) <= 75 for piece in pieces)
    assert pieces[0] + "".join(piece[1:] for piece in pieces[1:]) == line
    assert "\n" not in escaped(text)


def test_text_is_escaped_as_the_standard_wants():
    assert escaped("a,b;c\\d\r\ne\x07") == "a\\,b\\;c\\\\d\\ne"


def test_calendar_has_one_all_day_event_a_task(as_owner, home, sprint, tasks):
    reply = as_owner.get(home + "roadmap/sprint.ics")
    assert reply["Content-Type"] == "text/calendar; charset=utf-8"
    text = reply.content.decode()
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    found = events(text)
    assert len(found) == 26
    task = tasks()["identity.single-idp"]
    event = found[f"{task.id}@ztassess"]
    first, last = task.placement.first, task.placement.last
    assert event["DTSTART;VALUE=DATE"] == f"{first:%Y%m%d}"
    assert event["DTEND;VALUE=DATE"] == f"{date.fromordinal(last.toordinal() + 1):%Y%m%d}"
    assert "T" not in event["DTSTART;VALUE=DATE"]
    assert "Who notices" in event["DESCRIPTION"]
    assert event["DTSTAMP"] == "20261123T100000Z"


def test_uid_stays_and_sequence_grows_when_a_task_moves_or_leaves(as_owner, home, sprint, tasks, owner):
    before = events(as_owner.get(home + "roadmap/sprint.ics").content.decode())
    replan(sprint, choice(owner, hours=5), owner)
    after = events(as_owner.get(home + "roadmap/sprint.ics").content.decode())
    assert before.keys() == after.keys()
    gone = [event for event in after.values() if event.get("STATUS") == "CANCELLED"]
    assert len(gone) == 26 - len(tasks()) > 0
    for uid, event in after.items():
        changed = event.get("DTSTART;VALUE=DATE") != before[uid]["DTSTART;VALUE=DATE"]
        if changed or event in gone:
            assert int(event["SEQUENCE"]) > int(before[uid]["SEQUENCE"])


def test_csv_has_a_row_for_each_day_and_runs_nothing(as_owner, home, sprint, owner, tasks):
    owner.name = "=HYPERLINK(evil)"
    owner.save()
    text = as_owner.get(home + "roadmap/sprint.csv").content.decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == sum(len(task.slices) for task in tasks().values())
    assert sum(int(row["Hours"]) for row in rows) == 141
    assert [row["Day"] for row in rows] == sorted(row["Day"] for row in rows)
    assert {row["Owner"] for row in rows} == {"'=HYPERLINK(evil)"}


def test_figures_are_tables_too(as_owner, home, sprint, scan):
    scan(inventory=True)
    rows = list(csv.DictReader(io.StringIO(as_owner.get(home + "roadmap/figures/burnup.csv").content.decode())))
    assert len(rows) == 10
    assert (rows[0]["Day"], rows[0]["Proven h"], rows[0]["In the sprint h"]) == ("2026-11-23", "6", "141")
    assert rows[1]["Proven h"] == ""
    assert rows[-1]["Planned h"] == "141"
    timeline = as_owner.get(home + "roadmap/figures/timeline.csv").content.decode()
    assert timeline.splitlines()[0] == "Task,From,To,Hours,Owner,State"


@pytest.mark.parametrize("path", ["sprint.csv", "sprint.ics", "figures/burnup.csv"])
def test_without_a_sprint_there_is_nothing_to_take(as_owner, home, connection, path):
    assert as_owner.get(f"{home}roadmap/{path}").status_code == 404


def test_unknown_figure_and_tracker_are_404(as_owner, home, sprint):
    assert as_owner.get(home + "roadmap/figures/nonsense.csv").status_code == 404
    assert as_owner.get(home + "roadmap/push/nonsense/").status_code == 404
