"""A reviewer starts a campaign, decides to remove a leaver's account, and the next reading verifies that it is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Founder, prove
from tests.browser.test_account_pages import faults
from tests.services.postgres import PostgresServer, start_postgres


@pytest.fixture(scope="module")
def shop() -> Iterator[PostgresServer]:
    """A database with the roles of two people and of a service; one of the people has left."""
    server = start_postgres()
    with server.admin() as admin:
        for role in ("anna", "zoe", "reporting"):
            admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'a-password'")
        admin.execute("CREATE ROLE zt_auditor LOGIN PASSWORD 'auditor-password' CONNECTION LIMIT 4")
    yield server
    server.stop()


def connect_and_read(page: Page, home: str, shop: PostgresServer) -> str:
    """Connect the database, read it once; returns the address of the connection."""
    prove(page, home + "connectors/postgres/connect/")
    page.get_by_label("Host").fill("localhost")
    page.get_by_label("Port").fill(str(shop.port))
    page.get_by_label("Password").fill("auditor-password")
    page.get_by_label("CA certificate").fill(shop.ca_pem)
    page.get_by_label("Roles of people").fill("anna=anna@x.io\nzoe=zoe@x.io")
    page.get_by_role("button", name="Connect and test").click()
    page.get_by_role("button", name="Start the first scan").click(timeout=60_000)
    expect(page.get_by_role("heading", name="Findings")).to_be_visible(timeout=90_000)
    return page.url


def read_again(page: Page, connection: str) -> None:
    """Scan once more, and wait for its findings: the test of the credential was number 1, the first scan number 2."""
    page.goto(connection)
    page.locator("form[action$='/scan/'] button").click()
    findings = page.locator("section", has=page.get_by_role("heading", name="Findings"))
    expect(findings.locator(".section-head")).to_contain_text("scan 3", timeout=90_000)


def test_reviewer_decides_about_a_leaver_and_the_next_reading_verifies_it(founder: Founder, shop: PostgresServer):
    page, home = founder.page, founder.home
    connection = connect_and_read(page, home, shop)
    page.goto(home + "settings/")
    page.get_by_label("People who left").fill("zoe@x.io")
    page.get_by_role("button", name="Save").click()

    page.goto(home + "access/campaigns/")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="0 of 4 decided")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Left")).click()
    leaver = page.locator("tr", has=page.get_by_role("link", name="zoe", exact=True))
    expect(leaver).to_contain_text("On the list of people who left.")
    expect(leaver.locator("td[data-label='Last used']")).to_have_text("not told")
    leaver.get_by_role("checkbox").check()
    page.get_by_role("radio", name="Remove").check()
    page.get_by_label("Reason").fill("Zoe left in June.")
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_role("heading", name="1 of 4 decided")).to_be_visible()

    page.goto(home + "access/open/")
    item = page.locator("tr", has_text="Remove zoe")
    expect(item).to_contain_text("Not verified")
    with shop.admin() as admin:
        admin.execute("DROP ROLE zoe")
    page.reload()
    expect(item).to_contain_text("Not verified")
    read_again(page, connection)
    page.goto(home + "access/open/")
    verified = page.locator("section", has=page.get_by_role("heading", name="Verified by a reading"))
    expect(verified.locator("tr", has_text="Remove zoe")).to_contain_text("Gone.")
    expect(page.get_by_role("heading", name="Nothing to carry out")).to_be_visible()

    page.goto(home + "access/campaigns/")
    campaign = page.locator("tbody th a").get_attribute("href")
    page.goto(home + "access/?q=anna")
    account = page.get_by_role("link", name="anna", exact=True).get_attribute("href")
    paths = (*(home + path for path in ("access/", "access/open/", "access/campaigns/")), campaign, account)
    assert faults(page, paths) == []
