"""Owns telling the story: each beat goes through the services a real company's people and workers use."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ztassess.accounts.models import User
from ztassess.assessments.models import Answer, SnapshotCause
from ztassess.assessments.selectors import read_organization
from ztassess.assessments.services import answer_save, answers_save, score_record
from ztassess.connectors.runner import Reading, judge, read_once, read_upload
from ztassess.demo.clock import Clock
from ztassess.demo.systems.base import System
from ztassess.domain.moments import MONDAY_TO_FRIDAY
from ztassess.domain.planning import SPRINT_DAYS
from ztassess.domain.sprints import TaskState
from ztassess.domain.teams import TeamMember
from ztassess.organizations.models import Organization
from ztassess.organizations.selectors import organization_declared
from ztassess.roadmaps.models import RoadmapTask
from ztassess.roadmaps.proposing import Choice, propose
from ztassess.roadmaps.selectors import owners_kept
from ztassess.roadmaps.services.moving import task_move
from ztassess.roadmaps.services.sprints import sprint_start
from ztassess.scans.models import Connection, Kind, Scan, ScanState, Schedule, Trigger
from ztassess.scans.reading import read_context
from ztassess.scans.selectors_shares import declared_everywhere, shared_views
from ztassess.scans.services.connections import connection_create, connection_update
from ztassess.scans.services.results import result_store, scan_end
from ztassess.scans.services.scans import scan_request, scan_upload
from ztassess.scans.services.schedules import schedule_save, schedule_start_slot, slot_at
from ztassess.scans.services.shares import joint_connections_make
from ztassess.scans.vault import secrets_open
from ztassess.scans.work import preflight_store

WORKER = "demo"
SECRET_BYTES = 24


class Teller:
    """The company on the day that is told: what its people do, what its systems look like, what scans see."""

    def __init__(
        self, organization: Organization, people: Mapping[str, User], clock: Clock, systems: Mapping[str, System]
    ) -> None:
        self.organization, self.people, self.clock, self.systems = organization, people, clock, systems
        self.states: dict[str, Any] = {slug: system.start for slug, system in systems.items()}
        self.connections: dict[str, Connection] = {}
        self.broken: dict[str, tuple[str, str]] = {}
        self.news = False

    def claim(self, who: str, control: str, level: int, note: str) -> None:
        """Somebody answers, or changes an answer."""
        before = Answer.objects.filter(organization=self.organization, control_id=control).first()
        answer_save(
            organization=self.organization,
            control_id=control,
            level=level,
            note=note,
            version=before.version if before else 0,
            actor=self.people[who],
        )

    def claims(self, who: str, said: Mapping[str, tuple[int, str]]) -> None:
        """Somebody answers many questions in one sitting: level and note by control."""
        answers_save(organization=self.organization, said=said, actor=self.people[who])

    def change(self, slug: str, **fields: Any) -> None:
        """Somebody changes a system; nobody here knows until the next scan."""
        self.states[slug] = replace(self.states[slug], **fields)

    def connect(self, who: str, slug: str, *, every_hours: int, minute: int) -> None:
        """Somebody connects a system, tests the credential and starts the first scan.

        Parameters:
            minute: of the day at which scheduled scans start; the service would take it from a random key.
        """
        system, moment = self.systems[slug], self.clock.now()
        connection = connection_create(
            organization=self.organization,
            connector=self._connector(slug),
            name=system.name,
            entered=system.entered,
            secrets=self._secrets(system),
            actor=self.people[who],
            upload_only=system.preflight is None,
        )
        connection.created_at = moment
        connection.save(update_fields=["created_at"])
        self.connections[slug] = connection
        if system.preflight is None:
            return
        self._test(who, slug)
        schedule = Schedule.objects.get(connection=connection)
        schedule.offset_minutes = minute
        schedule_save(schedule=schedule, every_hours=every_hours, is_on=True, actor=self.people[who])
        self.scan(who, slug)

    def _connector(self, slug: str) -> Any:
        return Connection(connector_slug=slug).connector

    def _secrets(self, system: System) -> dict[str, str]:
        return {name: secrets.token_urlsafe(SECRET_BYTES) for name in system.secrets}

    def _test(self, who: str, slug: str) -> None:
        preflight = self.systems[slug].preflight
        assert preflight is not None  # noqa: S101  asked by the callers
        connection = self.connections[slug]
        scan, _ = scan_request(connection=connection, actor=self.people[who], kind=Kind.PREFLIGHT)
        scan.connection = connection
        self._started(scan)
        self.clock.later(seconds=2)
        preflight_store(scan, preflight)
        self._ended(scan)

    def reschedule(self, who: str, slug: str, every_hours: int) -> None:
        """Somebody changes how often a system is scanned."""
        schedule = Schedule.objects.select_related("connection").get(connection=self.connections[slug])
        schedule_save(schedule=schedule, every_hours=every_hours, is_on=True, actor=self.people[who])

    def scan(self, who: str, slug: str) -> None:
        """Somebody presses "Scan now"."""
        scan, _ = scan_request(connection=self.connections[slug], actor=self.people[who])
        self._run(scan, slug)

    def scheduled(self, schedule: Schedule, slug: str) -> None:
        """The scheduler finds a slot that is due."""
        schedule.connection = self.connections[slug]
        if schedule_start_slot(schedule=schedule, now=self.clock.now()):
            self._run(Scan.objects.active().get(connection=schedule.connection), slug)

    def due(self, start: datetime, end: datetime) -> list[tuple[datetime, Schedule, str]]:
        """The scans by schedule that fall into a span of time: when, which schedule, of which system."""
        by_connection = {connection.id: slug for slug, connection in self.connections.items()}
        found = []
        for schedule in Schedule.objects.filter(is_on=True):
            slot = slot_at(schedule, end)
            if start < slot <= end:
                found.append((slot, schedule, by_connection[schedule.connection_id]))
        return found

    def upload(self, who: str, slug: str) -> None:
        """Somebody uploads an export."""
        context = self._context(slug)
        files = self.systems[slug].exports(self.states[slug], context)
        scan = scan_upload(connection=self.connections[slug], files=files, actor=self.people[who])
        self._run(scan, slug)

    def break_credential(self, slug: str, code: str, sentence: str) -> None:
        """From now on the system refuses our credential."""
        self.broken[slug] = (code, sentence)

    def mend_credential(self, who: str, slug: str) -> None:
        """Somebody enters a new secret; the test passes, and they scan at once."""
        del self.broken[slug]
        connection = self.connections[slug]
        self.connections[slug] = connection_update(
            connection=connection,
            name=connection.name,
            entered=connection.config,
            secrets=self._secrets(self.systems[slug]),
            version=connection.version,
            actor=self.people[who],
        )
        self._test(who, slug)
        self.scan(who, slug)

    def sprint(self, who: str, team: tuple[str, ...], hours: float) -> None:
        """Somebody looks at the plan for the next two weeks and starts it."""
        members = tuple(TeamMember(str(self.people[name].pk), hours) for name in team)
        today = self.clock.now().date()
        choice = Choice(today, SPRINT_DAYS, tuple(sorted(MONDAY_TO_FRIDAY)), members)
        proposal = propose(read_organization(self.organization).assessment, choice, today=today, owners=owners_kept())
        sprint_start(organization=self.organization, choice=choice, seen=proposal.mark, actor=self.people[who])

    def work(self, who: str, control: str, to: TaskState) -> None:
        """Somebody moves a task of the sprint."""
        task = RoadmapTask.objects.get(organization=self.organization, control_id=control)
        task_move(task=task, to=to, version=task.version, actor=self.people[who])

    def daily_score(self) -> None:
        """What the scheduler records each day."""
        score_record(self.organization, cause=SnapshotCause.DAILY)

    def _run(self, scan: Scan, slug: str) -> None:
        scan.connection = self.connections[slug]
        self._started(scan)
        if slug in self.broken:
            code, sentence = self.broken[slug]
            self.clock.later(seconds=1)
            scan_end(scan, ScanState.FAILED, code=code, sentence=sentence)
        else:
            reading = self._read(scan, slug)
            self.clock.later(seconds=self.systems[slug].seconds)
            result_store(scan, reading, requests=self.systems[slug].requests)
            self.news = True
        self._ended(scan)

    def follow(self) -> None:
        """What several systems show together is read after the last of them told something new.

        The readings of a demo company are followed by none, so that no worker reads for it; here the story does.
        """
        if not self.news:
            return
        self.news = False
        joint_connections_make(self.organization)
        for connection in Connection.objects.filter(created_by=None, removed_at=None):
            if not Scan.objects.filter(connection=connection).exists():
                connection.created_at = self.clock.now()
                connection.save(update_fields=["created_at"])
            self.clock.later(seconds=1)
            scan, _ = scan_request(connection=connection, actor=None, trigger=Trigger.FOLLOW)
            scan.connection = connection
            self._started(scan)
            context = read_context(
                connector=connection.connector,
                entered=connection.config,
                secrets={},
                declared=declared_everywhere(self.organization, reader=connection),
                views=shared_views(),
                now=self.clock.now().replace(microsecond=0),
            )
            reading = read_once(connection.connector, context)
            self.clock.later(seconds=1)
            result_store(scan, reading, requests=0)
            self._ended(scan)

    def _context(self, slug: str) -> Any:
        connection = self.connections[slug]
        return read_context(
            connector=connection.connector,
            entered=connection.config,
            secrets={},
            declared=organization_declared(self.organization),
            now=self.clock.now().replace(microsecond=0),
            for_upload=True,
        )

    def _read(self, scan: Scan, slug: str) -> Reading:
        """What the connector's own parser and checks make of the day's export."""
        system, state, context = self.systems[slug], self.states[slug], self._context(slug)
        connector = self.connections[slug].connector
        files = system.exports(state, context)
        if scan.trigger == Trigger.UPLOAD or system.beyond is None:
            return read_upload(connector, files, context)
        assert connector.parse_upload is not None  # noqa: S101  every system here has exports
        with secrets_open(scan.connection):
            return judge(connector, system.beyond(state, connector.parse_upload(files, context), context))

    def _started(self, scan: Scan) -> None:
        scan.created_at = scan.not_before = self.clock.now()
        scan.started_at = self.clock.later(seconds=1)
        scan.state, scan.worker, scan.fence, scan.attempt = ScanState.RUNNING, WORKER, 1, 1

    def _ended(self, scan: Scan) -> None:
        """The database's own clock set the end; the story's moment replaces it."""
        Scan.objects.filter(id=scan.id).update(finished_at=self.clock.now())
