"""The real installation while its parts are killed, wiped and flooded: nothing accepted is lost or done twice."""

from __future__ import annotations

import base64
import json
import os
import pickle
import secrets
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote, unquote
from uuid import UUID

import pytest
import redis

from tests.browser.conftest import Stack
from tests.browser.slow_services import SlowServices
from tests.browser.visitors import Seat, Visitor, asked, scans_of, seat_people
from tests.services.processes import command_line, eventually
from ztassess.celery import app

CONTROL = "identity.inventory"
DEADLINE = timedelta(seconds=300)
LATEST = timedelta(seconds=100)  # a lease of 60 and a sweep of 30 by design, and a busy machine


def broker_url(stack: Stack) -> str:
    """Where the private broker listens, as its processes are told."""
    worker = next(pid for pid in stack.up.processes() if "celery" in command_line(pid))
    environment = Path(f"/proc/{worker}/environ").read_bytes().decode().split("\0")
    return next(each for each in environment if each.startswith("REDIS_URL=")).partition("=")[2]


def broker_of(stack: Stack) -> redis.Redis:
    return redis.Redis(unix_socket_path=unquote(broker_url(stack).removeprefix("redis+socket://")))


def broker_pid(stack: Stack) -> int:
    """The server itself."""
    lines = {pid: command_line(pid) for pid in stack.up.processes()}
    return next(pid for pid, line in lines.items() if "unixsocket" in line)


@dataclass
class Storm:
    """What was killed and wiped, and whose scan it hit."""

    stack: Stack
    services: SlowServices
    child_killed: Visitor
    worker_killed: Visitor
    broker_gone: Visitor
    broker_wiped: Visitor
    started: dict[str, list[int]] = field(default_factory=dict)
    queued_page: str = ""
    rung_before_the_wipe: bool = False

    def scan(self, visitor: Visitor) -> dict[str, object]:
        """The one scan of a visitor's connection, once it has ended: at most 90 seconds later than it would have."""
        assert eventually(lambda: not self.active(visitor), 150), scans_of(self.stack, visitor.seat.connection)
        [scan] = scans_of(self.stack, visitor.seat.connection)
        return scan

    def active(self, visitor: Visitor) -> bool:
        return any(scan["state"] in {"pending", "running", "waiting"} for scan in self.scans(visitor))

    def scans(self, visitor: Visitor) -> list[dict[str, object]]:
        return scans_of(self.stack, visitor.seat.connection)

    def running(self, visitor: Visitor) -> bool:
        return any(scan["state"] == "running" for scan in self.scans(visitor))

    def start(self, visitor: Visitor, times: int = 1) -> None:
        """Press the button, perhaps several times at once."""
        path = f"connections/{visitor.seat.connection}/scan/"
        with ThreadPoolExecutor(times) as pool:
            presses = [pool.submit(visitor.post, path, idempotency_key=secrets.token_hex(8)) for _ in range(times)]
            self.started[visitor.seat.slug] = [press.result().status_code for press in presses]

    def worker_at(self, visitor: Visitor) -> int:
        """The process that reads for a visitor's scan, once it has begun to read."""
        met = self.services.met
        assert eventually(lambda: self.running(visitor) and self.services.met > met, 60), self.scans(visitor)
        return int(str(self.scans(visitor)[0]["worker"]).rpartition(":")[2])

    def scanners(self) -> set[int]:
        """The processes that scan: the worker and its child."""
        return {pid for pid in self.stack.up.processes() if "scan@" in command_line(pid)}

    def stop_scanners(self, killed: set[int]) -> set[int]:
        """Freeze the scanners, once new ones stand where others were killed: they must not take the next bell."""
        assert eventually(lambda: len(self.scanners() - killed) > 1, 60)
        fresh = self.scanners() - killed
        for pid in fresh:
            os.kill(pid, signal.SIGSTOP)
        return fresh


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.fixture(scope="module")
def storm(stack: Stack) -> Iterator[Storm]:
    """Everything that can die dies once; the long waits for leases and sweeps pass while other tests run."""
    services = SlowServices()
    seats = seat_people(stack, "Child killed", "Worker killed", "Broker gone", "Broker wiped", targets=services.targets)
    storm = Storm(stack, services, *(Visitor(stack, seat, seat.owner) for seat in seats))
    try:
        storm.start(storm.child_killed, times=20)
        os.kill(storm.worker_at(storm.child_killed), signal.SIGKILL)

        storm.start(storm.worker_killed)
        reading, killed = storm.worker_at(storm.worker_killed), storm.scanners()
        os.kill(parent_of(reading), signal.SIGKILL)

        frozen = storm.stop_scanners(killed)
        storm.start(storm.broker_wiped)
        storm.rung_before_the_wipe = bool(storm.scans(storm.broker_wiped)[0]["rung_at"])
        broker_of(stack).flushall()
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)

        os.kill(stack.up.process.pid, signal.SIGSTOP)  # else the broker is back before anybody misses it
        try:
            os.kill(broker_pid(stack), signal.SIGKILL)
            storm.start(storm.broker_gone)
            storm.queued_page = storm.broker_gone.get(f"connections/{storm.broker_gone.seat.connection}/").text
        finally:
            os.kill(stack.up.process.pid, signal.SIGCONT)
        services.answers.set()
        yield storm
        for visitor in (storm.child_killed, storm.worker_killed, storm.broker_gone, storm.broker_wiped):
            storm.scan(visitor)
    finally:
        services.close()


def findings_once(stack: Stack, scan: dict[str, object]) -> bool:
    question = "SELECT count(*) AS rows, count(DISTINCT check_id || ' ' || resource) AS kinds FROM scans_finding"
    [found] = asked(stack, f"{question} WHERE scan_id = ?", str(scan["id"]))
    return bool(found["rows"] == found["kinds"] > 0)


def moment(text: object) -> datetime:
    return datetime.fromisoformat(str(text))


@pytest.mark.usefixtures("flood", "planted")
def test_scan_of_a_killed_worker_is_retaken_and_shown(stack: Stack, storm: Storm):
    for visitor in (storm.child_killed, storm.worker_killed):
        scan = storm.scan(visitor)
        assert (scan["state"], scan["attempt"]) == ("done", 2)
        assert findings_once(stack, scan)
        retaken = moment(scan["deadline_at"]) - DEADLINE
        assert retaken - moment(scan["started_at"]) < LATEST
        assert "attempt 2" in visitor.get(f"scans/{UUID(str(scan['id']))}/").text


def test_twenty_presses_at_once_are_one_scan(storm: Storm):
    assert storm.started[storm.child_killed.seat.slug] == [302] * 20
    assert [scan["number"] for scan in storm.scans(storm.child_killed)] == [1]


@pytest.mark.usefixtures("flood", "planted")
def test_scan_asked_for_without_a_broker_is_queued_and_done_later(stack: Stack, storm: Storm):
    assert storm.started[storm.broker_gone.seat.slug] == [302]
    assert "Queued, a worker will take it" in storm.queued_page
    scan = storm.scan(storm.broker_gone)
    assert (scan["state"], scan["attempt"]) == ("done", 1)
    assert findings_once(stack, scan)


@pytest.mark.usefixtures("flood", "planted")
def test_scan_whose_bell_was_wiped_is_rung_again(stack: Stack, storm: Storm):
    assert storm.rung_before_the_wipe
    scan = storm.scan(storm.broker_wiped)
    assert (scan["state"], scan["attempt"]) == ("done", 1)
    assert findings_once(stack, scan)


@pytest.fixture(scope="module")
def seat(stack: Stack) -> Seat:
    """An organization of its own, with an owner and an editor."""
    return seat_people(stack, "Acme")[0]


def test_twenty_posts_of_one_form_are_one_answer(stack: Stack, seat: Seat):
    people = [Visitor(stack, seat, seat.owner) for _ in range(20)]
    fields = {"level": "2", "note": "once", "version": "0", "idempotency_key": secrets.token_hex(8)}
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda person: person.answer(CONTROL, **fields), people))
    assert [reply.status_code for reply in replies] == [302] * 20
    assert sum(reply.headers.get("Idempotent-Replay") == "true" for reply in replies) == 19
    question = "SELECT count(*) AS rows FROM assessments_answerchange WHERE organization_id = ?"
    assert asked(stack, question, seat.organization) == [{"rows": 1}]


@dataclass(frozen=True)
class Flood:
    """What five people were answered, and how many changes are stored."""

    statuses: list[int]
    kept: int


@pytest.fixture(scope="module")
def flood(stack: Stack, storm: Storm) -> Flood:
    """Five people save two hundred times each, all at once, on one SQLite file, while the storm goes on beside them."""
    seats = seat_people(stack, "One", "Two", "Three")
    people = [(each, session) for each in seats for session in (each.owner, each.editor)][:5]

    def save(place: int) -> list[int]:
        own, session = people[place]
        person, control = Visitor(stack, own, session), ("mfa.all-humans", "mfa.admins")[place % 2]
        return [
            person.answer(control, level=str(version % 4), note=str(version), version=str(version)).status_code
            for version in range(200)
        ]

    with ThreadPoolExecutor(5) as pool:
        statuses = [status for row in pool.map(save, range(5)) for status in row]
    question = "SELECT count(*) AS rows FROM assessments_answerchange WHERE organization_id = ?"
    return Flood(statuses, sum(asked(stack, question, each.organization)[0]["rows"] for each in seats))


def test_five_people_save_two_hundred_times_each_and_nobody_sees_an_error(flood: Flood):
    assert flood.statuses == [302] * 1000
    assert flood.kept == 1000


class Touch:
    """What an attacker puts into a message: unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (self.path,)  # type: ignore[return-value]  # as pickle calls it


def test_forged_messages_do_nothing_and_the_worker_goes_on(stack: Stack, tmp_path: Path):
    services = SlowServices()
    services.answers.set()
    victim, attacker = (
        Visitor(stack, each, each.owner) for each in seat_people(stack, "V", "A", targets=services.targets)
    )
    victim.post(f"connections/{victim.seat.connection}/scan/")
    assert eventually(lambda: [scan["state"] for scan in scans_of(stack, victim.seat.connection)] == ["done"], 60)
    [before] = scans_of(stack, victim.seat.connection)
    foreign = [attacker.seat.organization, str(UUID(str(before["id"])))]
    made = tmp_path / "made-by-pickle"
    with app.connection_for_write(broker_url(stack)) as broker:
        for name, arguments in (
            ("scans.run_scan", foreign),
            ("os.system", [f"touch {made}"]),
            ("scans.run_scan", ["x"]),
        ):
            app.send_task(name, args=arguments, connection=broker, queue="scan")
        headers = {"task": "scans.run_scan", "id": secrets.token_hex(16), "lang": "py"}
        broker.Producer().publish(
            pickle.dumps(Touch(made)),
            content_type="application/x-python-serialize",
            content_encoding="binary",
            routing_key="scan",
            headers=headers,
        )
    attacker.post(f"connections/{attacker.seat.connection}/scan/")
    assert eventually(lambda: [scan["state"] for scan in scans_of(stack, attacker.seat.connection)] == ["done"], 90)
    services.close()
    assert scans_of(stack, victim.seat.connection) == [before]
    assert not made.exists()
    log = (stack.data / "log" / "scan.log").read_text()
    assert "Received unregistered task of type 'os.system'" in log
    assert "Refusing to deserialize" in log


def shapes(secret: str) -> set[bytes]:
    """How a text may lie in a file: as it is, escaped, and encoded at any offset."""
    raw = secret.encode()
    found = {raw, raw[::-1], raw.hex().encode(), quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode()}
    found |= {secret.encode("utf-16-le"), repr(secret)[1:-1].encode()}
    for lead in range(3):
        encoded = base64.b64encode(b"x" * lead + raw).rstrip(b"=")
        found.add(encoded[2 * bool(lead) + 2 * (lead == 2) : -2])
    return found


def everything_kept(stack: Stack) -> dict[str, bytes]:
    """All that the installation holds and says: its files, its broker, its processes, its screen."""
    kept = {
        str(path): path.read_bytes() for path in stack.data.rglob("*") if path.is_file() and "static" not in path.parts
    }
    line = broker_of(stack)
    kept["broker"] = b"".join(line.dump(key) or b"" for key in line.keys("*"))
    for pid in [stack.up.process.pid, *stack.up.processes()]:
        for part in ("environ", "cmdline"):
            with suppress(OSError):
                kept[f"{pid} {part}"] = Path(f"/proc/{pid}/{part}").read_bytes()
    kept["screen"] = stack.up.screen.encode()
    return kept


@dataclass(frozen=True)
class Planted:
    """Where everything was searched after connections with known secrets were made, tested and refused."""

    secrets: list[str]
    name: str
    sentences: list[str]
    pages: dict[str, bytes]
    places: dict[str, bytes]


@pytest.fixture(scope="module")
def planted(stack: Stack, seat: Seat) -> Planted:
    person, tag = Visitor(stack, seat, seat.owner), secrets.token_hex(6)
    canaries = [f'cnry-{kind}-{tag}+/"{tag[::-1]}' for kind in ("password", "secret", "token")]
    name = f"plain-{tag}"
    session = {"access_key_id": "ASIAIOSFODNN7EXAMPLE", "secret_access_key": canaries[1], "session_token": canaries[2]}
    made = [
        person.connect("postgres", host="169.254.169.254", password=canaries[0], connection_name=name),
        person.connect("aws", **session, regions="us-east-1", connection_name=name),
    ]
    person.post("connectors/postgres/connect/", host="", password=canaries[0])  # comes back with a sentence
    assert eventually(lambda: all(scan["finished_at"] for each in made for scan in scans_of(stack, each)), 90)
    person.prove()
    pages = {
        path: person.get(path).content
        for each in made
        for path in (f"connections/{each}/", f"connections/{each}/edit/")
    }
    pages["settings/log/"] = person.get("settings/log/").content
    sentences = [scan["error_sentence"] for scan in scans_of(stack, made[0])]
    return Planted(canaries, name, sentences, pages, everything_kept(stack) | pages)


def test_planted_secrets_are_nowhere(planted: Planted):
    found = {
        (place, secret)
        for place, content in planted.places.items()
        for secret in planted.secrets
        for shape in shapes(secret)
        if shape in content
    }
    assert found == set()


def test_what_is_no_secret_is_found_by_the_same_search(planted: Planted, seat: Seat):
    def together(part: str) -> bytes:
        return b"".join(content for place, content in planted.places.items() if part in place)

    assert planted.name.encode() in together("sqlite3")
    assert seat.slug.encode() in together("/web.log")
    assert b"scans.run_scan" in together("/broker/")
    assert all(planted.name.encode() in page for path, page in planted.pages.items() if path.startswith("connections/"))


def test_metadata_address_is_told_as_any_other(planted: Planted):
    assert planted.sentences == ["Could not reach the host."]


def used(pid: int) -> int:
    """The most memory a process ever held, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def test_two_hundred_megabytes_get_a_sentence_and_no_memory(stack: Stack, seat: Seat):
    head = b'--x\r\nContent-Disposition: form-data; name="exports"; filename="big.json"\r\n\r\n'
    size, tail = 200 * 1024 * 1024, b"\r\n--x--\r\n"

    def body() -> Iterator[bytes]:
        yield head
        for _ in range(size // 65536):
            yield bytes(65536)
        yield tail

    web = [pid for pid in stack.up.processes() if "gunicorn" in command_line(pid)]
    before = {pid: used(pid) for pid in web}
    reply = Visitor(stack, seat, seat.owner).web.post(
        f"/o/{seat.slug}/connectors/aws/upload/",
        content=body(),
        headers={
            "Content-Type": "multipart/form-data; boundary=x",
            "Content-Length": str(len(head) + size + len(tail)),
        },
    )
    assert reply.status_code == 413
    assert "Together the files are larger than 50 MiB. Nothing was kept." in reply.text
    assert all(used(pid) - before[pid] < 64 * 1024 * 1024 for pid in web)
