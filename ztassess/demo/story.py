"""Owns the plot: what was connected, what was fixed, what broke, day by day until now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ztassess.demo.claims import CLAIMS, Said
from ztassess.demo.landscape import inventory_pasted, tool_ticked, tools_listed
from ztassess.demo.papers import emergency_declared, emergency_tested, exception_made, map_accepted, map_filed
from ztassess.demo.systems import aws, google_workspace, http_probe, postgres, tls_probe
from ztassess.demo.telling import Teller
from ztassess.domain.retirement import Step
from ztassess.domain.sprints import TaskState

SYSTEMS: Final = {each.SYSTEM.slug: each.SYSTEM for each in (aws, postgres, http_probe, tls_probe, google_workspace)}
DAILY, WEEKLY = 24, 168
REFUSED: Final = ("auth_failed", "Password refused for zt_auditor.")


Act = Callable[[Teller], None]


@dataclass(frozen=True, slots=True)
class Beat:
    """Something happens: ``day`` days before the present one, at a time of day in UTC."""

    day: int
    at: str
    act: Act


def _said(said: Said) -> Beat:
    def act(teller: Teller) -> None:
        teller.claim(said.who, said.control, said.level, said.note)

    return Beat(said.day, said.at, act)


PLOT: Final = (
    # Three systems are connected, and contradict several claims at once.
    Beat(81, "14:00", lambda told: told.connect("marcus", "aws", every_hours=WEEKLY, minute=5 * 60 + 4)),
    Beat(78, "10:00", lambda told: told.connect("lena", "postgres", every_hours=WEEKLY, minute=5 * 60 + 11)),
    Beat(75, "09:30", lambda told: told.connect("diego", "http_probe", every_hours=WEEKLY, minute=5 * 60 + 18)),
    # Lena lists what they run and what reaches which data; Marcus puts the tools behind the VPN on the board.
    Beat(68, "14:00", lambda told: inventory_pasted(told, "lena")),
    Beat(60, "15:30", lambda told: tools_listed(told, "marcus")),
    # Step by step.
    Beat(73, "11:00", lambda told: told.change("aws", leaver_key=False, people_keys=())),
    Beat(73, "11:20", lambda told: told.scan("marcus", "aws")),
    Beat(66, "15:00", lambda told: told.change("aws", batch_admin=False)),
    Beat(66, "15:30", lambda told: told.scan("marcus", "aws")),
    Beat(62, "10:00", lambda told: told.change("aws", trail=True, balancer_undeclared=False)),
    Beat(57, "09:00", lambda told: told.change("postgres", public_creates=False, api_owns=False)),
    Beat(55, "13:00", lambda told: told.change("aws", ssh_open=False)),
    Beat(48, "15:00", lambda told: told.change("aws", shared_role=False)),
    # The admin panel and the wiki move behind the proxy. The jobs tool keeps its own sign-in page, and nobody notices.
    Beat(41, "12:00", lambda told: told.change("http_probe", strangers=(), own_pages=("jobs",), trusting=())),
    Beat(41, "12:30", lambda told: told.scan("diego", "http_probe")),
    Beat(40, "09:55", lambda told: tool_ticked(told, "diego", "admin", Step.POLICY, Step.MOVED)),
    Beat(40, "10:00", lambda told: tool_ticked(told, "diego", "wiki", Step.POLICY, Step.MOVED)),
    Beat(40, "10:05", lambda told: tool_ticked(told, "diego", "jobs", Step.PROXIED, Step.POLICY)),
    Beat(40, "10:07", lambda told: tool_ticked(told, "diego", "jobs", Step.MOVED, says=False)),
    Beat(23, "10:55", lambda told: tool_ticked(told, "diego", "grafana", Step.POLICY, Step.MOVED, Step.CLOSED)),
    Beat(20, "15:00", lambda told: tool_ticked(told, "tom", "metabase", Step.POLICY)),
    Beat(35, "13:00", lambda told: told.change("aws", waf_counts=False)),
    Beat(28, "16:00", lambda told: told.change("aws", standing_admin=False)),
    Beat(24, "14:00", lambda told: told.change("aws", tools_open=False)),
    Beat(24, "14:00", lambda told: told.change("http_probe", direct=())),
    Beat(19, "11:00", lambda told: told.change("postgres", browsing=("marcus",))),
    # What no connector sees: an emergency account, a map, and the one contractor for whom a rule waits.
    Beat(61, "16:30", lambda told: emergency_declared(told, "tom")),
    Beat(40, "17:00", lambda told: emergency_tested(told, "tom")),
    Beat(31, "15:00", lambda told: map_filed(told, "lena")),
    Beat(29, "11:20", lambda told: map_accepted(told, "marcus")),
    Beat(10, "14:00", lambda told: exception_made(told, "tom", "priya")),
    # An upload stays fresh half as long as a scan: part of what this one proves goes stale before the end.
    Beat(9, "10:30", lambda told: told.connect("lena", "tls_probe", every_hours=WEEKLY, minute=0)),
    Beat(9, "10:31", lambda told: told.upload("lena", "tls_probe")),
    # A restored dump of roles brings back that of somebody who left; the list of users in Workspace comes beside it.
    Beat(12, "17:20", lambda told: told.change("postgres", leaver_role=True)),
    Beat(11, "09:30", lambda told: told.connect("priya", "google_workspace", every_hours=WEEKLY, minute=0)),
    Beat(11, "09:31", lambda told: told.upload("priya", "google_workspace")),
    Beat(10, "09:05", lambda told: told.reschedule("marcus", "aws", DAILY)),
    Beat(10, "09:06", lambda told: told.reschedule("marcus", "http_probe", DAILY)),
    Beat(10, "09:07", lambda told: told.reschedule("lena", "postgres", DAILY)),
    # Five of them take two weeks for what is left; what is proven from now on closes its task.
    Beat(8, "09:30", lambda told: told.sprint("priya", ("priya", "tom", "marcus", "lena", "diego"), 3.0)),
    Beat(7, "11:00", lambda told: told.work("lena", "identity.offboarding", TaskState.IN_PROGRESS)),
    Beat(3, "16:00", lambda told: told.work("tom", "mfa.all-humans", TaskState.WAITING)),
    # The last week: the auditor's password ends and is renewed, one origin opens again, the pipeline is put right.
    Beat(6, "00:00", lambda told: told.break_credential("postgres", *REFUSED)),
    Beat(5, "09:10", lambda told: told.mend_credential("lena", "postgres")),
    Beat(5, "10:00", lambda told: told.upload("priya", "google_workspace")),
    Beat(4, "22:40", lambda told: told.change("http_probe", direct=("grafana",))),
    Beat(4, "22:40", lambda told: told.change("aws", tools_open=True)),
    Beat(2, "13:00", lambda told: told.change("aws", pipeline_key=False, pipeline_any_branch=False)),
)
STORY: Final = tuple(sorted((*map(_said, CLAIMS), *PLOT), key=lambda beat: (-beat.day, beat.at)))
# Before the present moment; not a time of day, so that it is never in the future.
LAST_SCAN: Final = timedelta(hours=2)


def epilogue(teller: Teller) -> None:
    """The newest scan: somebody closed an old finding, and looks at once."""
    teller.change("aws", bucket_shared=False)
    teller.scan("marcus", "aws")
