"""A founder starts a sprint; scans close tasks and reopen one; the burn-up and the forecast follow."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import Founder, prove
from tests.browser.test_account_pages import faults
from tests.browser.test_whole_job import wait_for_scan
from tests.services.postgres import PostgresServer, start_postgres

# Before: `web` is a superuser, which two controls forbid. After: it is not any more, and a person reads users.
BEFORE = (
    "CREATE TABLE users (id int PRIMARY KEY, email text)",
    "CREATE ROLE web LOGIN SUPERUSER PASSWORD 'web-password'",
    "CREATE ROLE anna LOGIN PASSWORD 'anna-password'",
    "CREATE ROLE zt_auditor LOGIN PASSWORD 'auditor-password' CONNECTION LIMIT 4",
    "GRANT CONNECT ON DATABASE shop TO zt_auditor",
)
AFTER = ("ALTER ROLE web NOSUPERUSER", "GRANT SELECT ON users TO anna")


@pytest.fixture(scope="module")
def shop() -> Iterator[PostgresServer]:
    server = start_postgres()
    with server.admin() as admin:
        admin.execute("CREATE DATABASE shop")
    change(server, BEFORE)
    yield server
    server.stop()


def change(server: PostgresServer, statements: tuple[str, ...]) -> None:
    with server.admin("shop") as admin:
        for statement in statements:
            admin.execute(statement)


def connect_and_scan(page: Page, home: str, shop: PostgresServer) -> None:
    prove(page, home + "connectors/postgres/connect/")
    page.get_by_label("Host").fill("localhost")
    page.get_by_label("Port").fill(str(shop.port))
    page.get_by_label("Databases").fill("all")
    page.get_by_label("Password").fill("auditor-password")
    page.get_by_label("CA certificate").fill(shop.ca_pem)
    page.get_by_label("Roles of people").fill("anna=anna@example.com")
    page.get_by_label("Sensitive data").fill("public.users")
    page.get_by_label("Administrators").fill(shop.superuser)
    page.get_by_role("button", name="Connect and test").click()
    expect(page.get_by_role("button", name="Start the first scan")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Start the first scan").click()
    wait_for_scan(page)


def states(page: Page, home: str) -> dict[str, str]:
    """Control -> state, from the CSV of the sprint."""
    text = page.request.get(home + "roadmap/sprint.csv").text()
    return {row["Control"]: row["State"] for row in csv.DictReader(io.StringIO(text))}


def of_state(page: Page, home: str, state: str) -> set[str]:
    return {control for control, each in states(page, home).items() if each == state}


def burn_words(page: Page) -> str:
    return page.locator("#burnup .plot").get_attribute("aria-label") or ""


def proven_hours(page: Page) -> int:
    found = re.search(r"(\d+) of \d+ hours are proven", page.locator("#burnup h2").inner_text())
    assert found
    return int(found[1])


def start_sprint(page: Page, home: str) -> None:
    page.goto(home + "roadmap/")
    page.get_by_label("First day").fill((timezone.now() - timedelta(days=7)).date().isoformat())
    page.get_by_label("Priya Raman").fill("15")
    page.get_by_role("button", name="Compute again").click()
    page.get_by_role("button", name="Start the sprint").click()
    expect(page.get_by_role("heading", name="Week 1")).to_be_visible()


def test_scans_close_two_tasks_and_reopen_one_and_the_forecast_moves(founder: Founder, shop: PostgresServer):
    page, home = founder.page, founder.home
    start_sprint(page, home)
    assert proven_hours(page) == 0
    connect_and_scan(page, home, shop)
    connection = page.url
    first = of_state(page, home, "Proven")
    assert "least-privilege.human-prod-data" in first
    page.goto(home + "roadmap/")
    hours, words = proven_hours(page), burn_words(page)
    assert hours > 0
    assert "At this pace" in words
    change(shop, AFTER)
    page.goto(connection)
    page.get_by_role("button", name="Scan now").click()
    expect(page.locator("body")).to_contain_text("Scan 2", timeout=90_000)
    expect(page.locator("body")).to_contain_text("anna may read", timeout=90_000)
    assert of_state(page, home, "Reopened") == {"least-privilege.human-prod-data"}
    closed = of_state(page, home, "Proven") - first
    assert closed >= {"least-privilege.db-grants-minimal", "least-privilege.db-user-per-service"}
    page.goto(home + "roadmap/")
    assert proven_hours(page) != hours
    assert burn_words(page) != words
    reopened = page.locator("section", has=page.get_by_role("heading", name="Reopened"))
    expect(reopened).to_contain_text("anna may read 1 of 1 sensitive table")
    expect(page.locator("#burnup .main-svg").first).to_be_visible()
    page.goto(home + "roadmap/replan/")
    expect(page.get_by_role("heading", name="What changes")).to_be_visible()
    page.get_by_role("button", name="Save this plan").click()
    expect(page.get_by_role("heading", name="Roadmap")).to_be_visible()
    task = page.locator(".task a").first.get_attribute("href")
    assert task
    paths = ("roadmap/", "roadmap/timeline/", "roadmap/later/", "roadmap/replan/", "roadmap/push/github/?place=a/b")
    assert faults(page, (*(home + path for path in paths), task)) == []
