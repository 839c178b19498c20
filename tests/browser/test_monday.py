"""A team lead opens the overview on Monday: what regressed in the week is named first, with who said so."""

from __future__ import annotations

import re
import sqlite3
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import Founder, Stack
from tests.browser.test_account_pages import faults
from tests.browser.test_roadmap import AFTER, change, connect_and_scan, shop
from tests.services.postgres import PostgresServer

__all__ = ["shop"]

CONTROL = "least-privilege.human-prod-data"
MOMENTS = {
    "scans_scan": ("created_at", "started_at", "finished_at", "taken_at"),
    "scans_finding": ("taken_at",),
    "scans_standingresult": ("taken_at", "latest_at"),
    "assessments_scoresnapshot": ("at",),
}


def a_week_passes(stack: Stack, slug: str) -> None:
    """Date everything that the services recorded eight days back, as if the week had passed since."""
    with sqlite3.connect(stack.data / "ztassess.sqlite3", timeout=20) as database:
        (organization,) = database.execute(
            "SELECT id FROM organizations_organization WHERE slug = ?", [slug]
        ).fetchone()
        for table, columns in MOMENTS.items():
            back = ", ".join(f"{name} = strftime('%Y-%m-%d %H:%M:%f', {name}, '-8 days')" for name in columns)
            database.execute(f"UPDATE {table} SET {back} WHERE organization_id = ?", [organization])  # noqa: S608  names of this file
    database.close()


def test_team_lead_finds_the_regression_of_the_week_named_first(founder: Founder, stack: Stack, shop: PostgresServer):
    page, home = founder.page, founder.home
    connect_and_scan(page, home, shop)
    connection = page.url
    a_week_passes(stack, home.rstrip("/").rpartition("/")[2])
    page.goto(home)
    unread = page.get_by_role("region", name="not read")
    expect(unread).to_contain_text("its results of that day stand")
    expect(page.get_by_text("Nothing changed since then")).to_be_visible()
    change(shop, AFTER[1:])
    page.goto(connection)
    page.get_by_role("button", name="Scan now").click()
    expect(page.locator("body")).to_contain_text("anna may read", timeout=90_000)
    page.goto(home)
    expect(unread).to_have_count(0)
    first = page.locator("main section").first
    expect(first.get_by_role("heading")).to_contain_text("regressed since")
    expect(first).to_contain_text("anna may read 1 of 1 sensitive table")
    changes = page.get_by_role("region", name="What changed since")
    expect(changes.get_by_role("heading", level=3).first).to_have_text(re.compile("regressed"))
    expect(changes.get_by_role("link", name=re.compile(r"PostgreSQL, scan \d+")).first).to_be_visible()
    first.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(CONTROL.replace(".", r"\.")))
    page.goto(home)
    page.get_by_label("Changes since").fill((timezone.now() - timedelta(days=3)).date().isoformat())
    page.get_by_role("button", name="Show").click()
    expect(page.locator("main section").first).to_contain_text("anna may read")
    page.get_by_role("link", name="90 days ago").click()
    expect(changes).to_contain_text("Nothing was recorded before")
    assert faults(page, (home, home + "?since=nonsense")) == []
