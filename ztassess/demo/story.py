"""Owns the plot: what was connected, what was fixed, what broke, day by day until now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ztassess.demo.claims import CLAIMS, Said
from ztassess.demo.systems import aws, http_probe, postgres, tls_probe
from ztassess.demo.telling import Teller

SYSTEMS: Final = {each.SYSTEM.slug: each.SYSTEM for each in (aws, postgres, http_probe, tls_probe)}
DAILY, WEEKLY = 24, 168
REFUSED: Final = (
    "auth_failed",
    "The server refused the password of zt_auditor. Earlier results stand; enter the new password.",
)


@dataclass(frozen=True, slots=True)
class Beat:
    """Something happens: ``day`` days before the present one, at a time of day in UTC."""

    day: int
    at: str
    act: Callable[[Teller], None]


def _said(said: Said) -> Beat:
    def act(teller: Teller) -> None:
        teller.claim(said.who, said.control, said.level, said.note)

    return Beat(said.day, said.at, act)


PLOT: Final = (
    # Three systems are connected, and contradict several claims at once.
    Beat(81, "14:00", lambda told: told.connect("marcus", "aws", every_hours=WEEKLY, minute=5 * 60 + 4)),
    Beat(78, "10:00", lambda told: told.connect("lena", "postgres", every_hours=WEEKLY, minute=5 * 60 + 11)),
    Beat(75, "09:30", lambda told: told.connect("diego", "http_probe", every_hours=WEEKLY, minute=5 * 60 + 18)),
    Beat(71, "16:30", lambda told: told.connect("lena", "tls_probe", every_hours=WEEKLY, minute=0)),
    Beat(71, "16:31", lambda told: told.upload("lena", "tls_probe")),
    # Step by step.
    Beat(73, "11:00", lambda told: told.change("aws", leaver_key=False, people_keys=())),
    Beat(73, "11:20", lambda told: told.scan("marcus", "aws")),
    Beat(66, "15:00", lambda told: told.change("aws", batch_admin=False)),
    Beat(66, "15:30", lambda told: told.scan("marcus", "aws")),
    Beat(62, "10:00", lambda told: told.change("aws", trail=True, balancer_undeclared=False)),
    Beat(59, "14:00", lambda told: told.change("http_probe", own_pages=("jobs",), trusting=())),
    Beat(57, "09:00", lambda told: told.change("postgres", public_creates=False)),
    Beat(55, "13:00", lambda told: told.change("aws", ssh_open=False)),
    Beat(48, "15:00", lambda told: told.change("aws", shared_role=False)),
    Beat(43, "10:30", lambda told: told.change("tls_probe", demanding=("billing", "ledger"))),
    Beat(43, "11:00", lambda told: told.upload("lena", "tls_probe")),
    Beat(41, "12:00", lambda told: told.change("http_probe", strangers=())),
    Beat(41, "12:30", lambda told: told.scan("diego", "http_probe")),
    # The auditor's password ends, and two scans are refused before anybody notices.
    Beat(38, "00:00", lambda told: told.break_credential("postgres", *REFUSED)),
    Beat(30, "09:10", lambda told: told.mend_credential("lena", "postgres")),
    Beat(35, "13:00", lambda told: told.change("aws", waf_counts=False, old_role=False)),
    Beat(28, "16:00", lambda told: told.change("aws", standing_admin=False)),
    Beat(24, "14:00", lambda told: told.change("aws", tools_open=False)),
    Beat(24, "14:00", lambda told: told.change("http_probe", direct=())),
    Beat(19, "11:00", lambda told: told.change("postgres", browsing=("marcus",))),
    Beat(10, "09:05", lambda told: told.reschedule("marcus", "aws", DAILY)),
    Beat(10, "09:06", lambda told: told.reschedule("marcus", "http_probe", DAILY)),
    Beat(10, "09:07", lambda told: told.reschedule("marcus", "postgres", DAILY)),
    # The last week: the pipeline is put right, and one origin opens again.
    Beat(4, "13:00", lambda told: told.change("aws", pipeline_key=False, pipeline_any_branch=False)),
    Beat(3, "22:40", lambda told: told.change("http_probe", direct=("grafana",))),
    Beat(3, "22:40", lambda told: told.change("aws", tools_open=True)),
)
STORY: Final = tuple(sorted((*map(_said, CLAIMS), *PLOT), key=lambda beat: (-beat.day, beat.at)))
# Hours before the present moment; not a time of day, so that it is never in the future.
LAST_SCAN_HOURS: Final = 2


def epilogue(teller: Teller) -> None:
    """The newest scan: somebody looks once more today."""
    teller.scan("marcus", "aws")
