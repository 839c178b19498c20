"""People of a running installation, made in its own database, and what a script sends in their name."""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.conftest import PASSWORD
from tests.faults.installation import Installation

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

    from tests.browser.conftest import Stack

# The installation's own keys count, not those of the test process.
OWN_KEYS = {"ZTASSESS_SECRET_KEY": "", "ZTASSESS_ENCRYPTION_KEYS": ""}
SEED = """
import json, sys
from django.contrib.auth.hashers import make_password
from django.test import Client
from tests.conftest import PASSWORD, person, proven
from ztassess.common.models import organization_scope
from ztassess.connectors.registry import connector
from ztassess.organizations.models import Membership
from ztassess.organizations.roles import Role
from ztassess.organizations.services import organization_create
from ztassess.scans.services.connections import connection_create

known = make_password(PASSWORD)  # as the installation hashes it, once
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

def known_person(email, name):
    user = person(email, name)
    user.password = known
    user.save()
    return user

def session(user):
    return proven(Client(SERVER_NAME="localhost"), user).cookies["sessionid"].value

def seat(name, number, tag, targets):
    owner = known_person(f"owner-{tag}-{number}@example.com", f"Olga {name}")
    organization = organization_create(name=name, owner=owner, facts={})
    editor = person(f"editor-{tag}-{number}@example.com", f"Edo {name}")
    connection = None
    with organization_scope(organization):
        Membership.objects.create(organization=organization, user=editor, role=Role.EDITOR)
        if targets:
            connection = connection_create(
                organization=organization, connector=connector("tls_probe"), name="Slow services", actor=owner,
                entered={"targets": targets}, secrets={},
            )
            connection.preflight = {"identity": "we", "rows": [], "warnings": [], "refused": ""}
            connection.save()
    return {
        "organization": str(organization.id), "slug": organization.slug, "owner": session(owner),
        "editor": session(editor), "connection": str(connection.id) if connection else "",
    }

def founder(name, email, company, facts):
    owner, client = known_person(email, name), Client(SERVER_NAME="localhost")
    client.force_login(owner)  # without a proof that would count: the pages that matter most ask for one
    made = organization_create(name=company, owner=owner, facts=facts)
    return {"slug": made.slug, "session": client.cookies["sessionid"].value}

makers = {"seat": seat, "founder": founder}
for line in sys.stdin:
    print("made " + json.dumps([makers[each.pop("kind")](**each) for each in json.loads(line)]), flush=True)
"""


class Desk:
    """Where people of an installation are made: one process for all of them, since Django takes seconds to start."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._process: subprocess.Popen[str] | None = None

    def make(self, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What the process says about each, in order."""
        if self._process is None:
            self._process = Installation(self._data, OWN_KEYS).popen(SEED)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(wanted) + "\n")
        self._process.stdin.flush()
        said = []
        for line in self._process.stdout:
            if line.startswith("made "):
                made: list[dict[str, Any]] = json.loads(line.removeprefix("made "))
                return made
            said.append(line)
        raise AssertionError("".join(said))

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate(timeout=30)


@dataclass(frozen=True)
class Seat:
    """One seeded organization: its address, the sessions of its two people, its connection to the slow services."""

    organization: str
    slug: str
    owner: str
    editor: str
    connection: str


def seat_people(stack: Stack, *names: str, targets: str = "") -> list[Seat]:
    """Make organizations with an owner and an editor each, signed in."""
    tag = secrets.token_hex(3)
    wanted = [
        {"kind": "seat", "name": name, "number": number, "tag": tag, "targets": targets}
        for number, name in enumerate(names)
    ]
    return [Seat(**each) for each in stack.desk.make(wanted)]


class Visitor:
    """A signed-in person without a browser. Thread-safe as long as each thread has its own."""

    def __init__(self, stack: Stack, seat: Seat, session: str) -> None:
        token = secrets.token_hex(16)
        self.seat = seat
        self.web = httpx.Client(
            base_url=stack.base,
            cookies={"sessionid": session, "csrftoken": token},
            headers={"X-CSRFToken": token},
            timeout=60,
        )

    def get(self, path: str = "") -> httpx.Response:
        return self.web.get(f"/o/{self.seat.slug}/{path}")

    def post(self, path: str, **fields: Any) -> httpx.Response:
        return self.web.post(f"/o/{self.seat.slug}/{path}", data=fields)

    def answer(self, control: str, **fields: Any) -> httpx.Response:
        return self.post(f"controls/{control}/answer/", **fields)

    def prove(self) -> None:
        """Say again who is there, which counts for five minutes."""
        reply = self.web.post("/accounts/reauthenticate/", data={"password": PASSWORD, "next": "/o/"})
        assert reply.status_code == 302, reply.text

    def connect(self, slug: str, **fields: str) -> str:
        """Fill in the connect form; the new connection's id."""
        self.prove()
        reply = self.post(f"connectors/{slug}/connect/", **({"connection_name": "Ours"} | fields))
        assert reply.status_code == 302, reply.text
        found = re.search(r"connections/([0-9a-f-]{36})/", reply.headers["Location"])
        assert found
        return found[1]


def sit_down(context: BrowserContext, stack: Stack, session: str) -> None:
    """Give a browser profile the session of a seeded person."""
    context.add_cookies([{"name": "sessionid", "value": session, "url": stack.base}])


@contextmanager
def reading(data: Path) -> Iterator[sqlite3.Connection]:
    """The installation's database, to look at."""
    with closing(sqlite3.connect(f"file:{data / 'ztassess.sqlite3'}?mode=ro", uri=True, timeout=30)) as opened:
        opened.row_factory = sqlite3.Row
        yield opened


def asked(stack: Stack, question: str, *values: str) -> list[dict[str, Any]]:
    """Rows of the installation's database; ids are stored without dashes."""
    with reading(stack.data) as database:
        return [dict(row) for row in database.execute(question, [value.replace("-", "") for value in values])]


def scans_of(stack: Stack, connection: str) -> list[dict[str, Any]]:
    """The scans of a connection, oldest first."""
    return asked(stack, "SELECT * FROM scans_scan WHERE connection_id = ? ORDER BY number", connection)
