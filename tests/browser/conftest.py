"""The real thing: `manage.py up` with broker, web, worker and scheduler, and a real browser in front of it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.visitors import Desk, sit_down
from tests.fakes.counterpart import Counterpart, counterpart_of, fixed_addresses
from tests.fakes.vendor import authority
from tests.services.chromium import find_chromium, shared_browser
from tests.services.installation import ROOT, Up, clean_environment
from tests.services.migrated import migrated_database
from tests.services.moto import MotoServer, start_moto
from ztassess.bootstrap.keys import ensure_keys
from ztassess.connectors.registry import CONNECTORS

PASSWORD = "correct horse battery staple"
NAME, COMPANY = "Priya Raman", "Northwind Ledger"
# What the answers of `answer_onboarding` become; tests/browser/test_whole_job.py holds the two together.
FACTS: dict[str, Any] = {
    "n_people": 9,
    "identity_providers": ["google_workspace"],
    "clouds": ["aws"],
    "n_internal_tools": 5,
    "has_internal_tools": True,
    "databases": ["postgres"],
    "has_database": True,
    "n_services": 7,
    "ci": ["github"],
    "has_ci": True,
}
expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))
            item.add_marker(pytest.mark.timeout(300))


@dataclass
class Stack:
    """A running installation."""

    up: Up
    base: str
    data: Path
    moto: MotoServer
    desk: Desk
    mails_seen: list[str] = field(default_factory=list)
    vendors: dict[str, Counterpart] = field(default_factory=dict)

    def code_from_mail(self) -> str:
        """The one-time code that the terminal shows next."""
        line = self.up.line(r"mail \|\s+[A-Z0-9]{3,5}-?[A-Z0-9]{3,5}\s*$")
        found = re.search(r"([A-Z0-9]{3,5}-?[A-Z0-9]{3,5})\s*$", line)
        assert found
        return found.group(1)


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def told_apart() -> tuple[list[str], list[str]]:
    """Connectors whose vendor has a fixed address: those that one installation can be led to, and the others.

    Two connectors may ask the same address (Google's), which leads to one stand-in only.
    """
    taken: set[str] = set()
    together: list[str] = []
    apart: list[str] = []
    for slug in CONNECTORS:
        addresses = fixed_addresses(slug)
        if addresses:
            (apart if taken & addresses else together).append(slug)
            taken |= addresses
    return together, apart


@contextmanager
def installed(data: Path, slugs: list[str]) -> Iterator[Stack]:
    """A running installation: AWS is a moto server, these vendors are stand-ins, the rest is what a person gets.

    Its database is the migrated one of this run; the very first start has tests of its own in tests/bootstrap/.
    """
    with ExitStack() as running:
        moto = start_moto()
        running.callback(moto.stop)
        vendors = {slug: running.enter_context(counterpart_of(slug)) for slug in slugs}
        endpoints = {address: base for each in vendors.values() for address, base in each.endpoints.items()}
        port = _free_port()
        data.mkdir(mode=0o700, exist_ok=True)
        ensure_keys(data, {})  # before the database: sealed data without its key would be refused
        shutil.copy(migrated_database(), data / "ztassess.sqlite3")
        environment = clean_environment(
            ZTASSESS_VENV=str(Path(sys.prefix)),
            ZTASSESS_DATA_DIR=str(data),
            ZTASSESS_AWS_ENDPOINT_URL=moto.endpoint,
            ZTASSESS_VENDOR_ENDPOINTS=",".join(f"{address}={base}" for address, base in endpoints.items()),
            ZTASSESS_EXTRA_CA_FILE=authority()[1],
            ZTASSESS_BASE_URL=f"http://localhost:{port}",
        )
        up = Up(ROOT, "--port", str(port), "--no-demo", "--workers", "1", env=environment)
        try:
            up.line(r"Stop\s+Ctrl-C")
            desk = Desk(data)
            running.callback(desk.close)
            yield Stack(up, f"http://localhost:{port}", data, moto, desk, vendors=vendors)
        finally:
            if up.process.poll() is None:
                up.end(within=30)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One installation for all browser tests."""
    with installed(tmp_path_factory.mktemp("installation"), told_apart()[0]) as made:
        yield made


@pytest.fixture(scope="session")
def second_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Another one, for the connectors that ask an address which the first one leads elsewhere."""
    with installed(tmp_path_factory.mktemp("second"), told_apart()[1]) as made:
        yield made


@pytest.fixture(scope="session")
def chromium() -> Browser:
    if find_chromium() is None:
        pytest.skip("no Chromium on this machine")
    return shared_browser()


@pytest.fixture
def visitor(chromium: Browser, stack: Stack) -> Iterator[BrowserContext]:
    """A fresh browser profile that fails the test on any script error or policy violation."""
    context = chromium.new_context(base_url=stack.base, viewport={"width": 1440, "height": 900})
    troubles: list[str] = []
    context.on("weberror", lambda error: troubles.append(str(error.error)))
    context.on("console", lambda message: troubles.append(message.text) if "Content Security" in message.text else None)
    yield context
    context.close()
    assert not unexpected(troubles), troubles


def unexpected(troubles: list[str]) -> list[str]:
    """Plotly reports one blocked style element per page; nothing else may be blocked."""
    return [each for each in troubles if "inline style" not in each]


@pytest.fixture
def page(visitor: BrowserContext) -> Page:
    return visitor.new_page()


def sign_up(page: Page, stack: Stack, name: str, email: str) -> None:
    """Make an account the way a person does, with the code from the terminal."""
    page.goto("/accounts/signup/")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    page.get_by_label("Code").fill(stack.code_from_mail())
    page.get_by_role("button", name="Confirm").click()
    expect(page).to_have_url(re.compile("/o/new/"))


def prove(page: Page, then: str) -> None:
    """Say again who is there, as the pages that matter most ask for it, and go on to an address."""
    page.goto(f"/accounts/reauthenticate/?next={urlsplit(then).path}")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page).to_have_url(re.compile(r"^[^?]*" + re.escape(urlsplit(then).path)))


def confirm(page: Page, awaited: str) -> None:
    """Wait for a page by a part of its address; on the way, say again who is there if it asks."""
    expect(page).to_have_url(re.compile(f"{awaited}|/accounts/reauthenticate/"))
    if "/accounts/reauthenticate/" in page.url:
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Confirm").click()
        expect(page).to_have_url(re.compile(awaited))


def answer_onboarding(page: Page, company: str) -> str:
    """The seven questions; returns the address of the organization."""
    page.get_by_label("Company").fill(company)
    page.get_by_label("People, contractors included").fill("9")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("checkbox", name="Google Workspace").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("checkbox", name="AWS").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Internal tools").fill("5")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("checkbox", name="PostgreSQL").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Separately deployed services").fill("7")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("checkbox", name="GitHub Actions").check()
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    return page.url


@dataclass(frozen=True)
class Founder:
    """A signed-in founder on the overview of an own organization."""

    page: Page
    home: str
    email: str


@pytest.fixture
def newcomer(page: Page, stack: Stack) -> Founder:
    """Somebody who came the way a person does: signed up, answered the seven questions, stands on the overview."""
    email = f"newcomer-{os.urandom(4).hex()}@example.com"
    sign_up(page, stack, NAME, email)
    return Founder(page, answer_onboarding(page, COMPANY), email)


@pytest.fixture
def founder(page: Page, stack: Stack) -> Founder:
    """The same without the way, which takes a dozen pages: on the overview with the same answers, signed in."""
    email = f"founder-{os.urandom(4).hex()}@example.com"
    wanted = {"kind": "founder", "name": NAME, "email": email, "company": COMPANY, "facts": FACTS}
    (made,) = stack.desk.make([wanted])
    sit_down(page.context, stack, made["session"])
    page.goto(f"/o/{made['slug']}/")
    return Founder(page, page.url, email)
