"""A person pastes the example company and sees its numbers; the board of apps tells claims from proof."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Founder
from tests.browser.test_account_pages import faults
from tests.inventory.example import TABLES
from ztassess.domain.inventory_tables import SHAPES, Table

SHARES = ("100.0", "90.0", "80.0", "73.4", "40.9", "38.9", "22.1", "63.4")


def paste(page: Page, home: str, table: Table, text: str) -> None:
    page.goto(f"{home}blast-radius/tables/{table.value}/paste/")
    page.get_by_role("textbox", name="Rows").fill(text)
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_role("heading", name="What would change")).to_be_visible()
    page.get_by_role("button", name="Write these changes").click()
    expect(page.get_by_role("heading", name=SHAPES[table].title, exact=True)).to_be_visible()


def pictures(page: Page, paths: dict[str, str]) -> None:
    """Pictures for people to look at, where ``ZTASSESS_TEST_PICTURES`` names a folder."""
    folder = os.environ.get("ZTASSESS_TEST_PICTURES")
    for width, scheme in ((1440, "light"), (1440, "dark"), (360, "light"), (360, "dark")) if folder else ():
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        for name, path in paths.items():
            page.goto(path)
            page.wait_for_timeout(400)
            page.screenshot(path=Path(folder or "") / f"{name}-{width}-{scheme}.png", full_page=True)


def test_pasted_example_shows_its_numbers_and_what_a_mesh_alone_would_do(founder: Founder) -> None:
    page, home = founder.page, founder.home
    page.goto(home + "blast-radius/")
    page.get_by_role("link", name="Paste services", exact=True).click()
    page.get_by_role("textbox", name="Rows").fill("web\nweb")
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_text("Line 2: web stands in line 1 already.")).to_be_visible()
    for table, text in TABLES.items():
        paste(page, home, table, text)
    page.goto(home + "blast-radius/")
    expect(page.locator("#cuts .main-svg").first).to_be_visible()
    page.locator("#cuts").get_by_text("As table").click()
    cells = page.locator("#cuts details table tbody tr td:nth-child(3)")
    assert tuple(cells.all_inner_texts()) == SHARES
    for measure in ("identity", "mfa", "proxy", "least-privilege"):
        page.locator(f"input[value={measure}]").check()
    page.get_by_role("button", name="Compute").click()
    expect(page.locator("[data-radius]")).to_have_text(re.compile(r"40\.9"))
    assert page.locator("svg.graph g.box").count() == 6 + 4 + 4
    what_if = page.url
    page.goto(home + "blast-radius/tables/stores/")
    page.get_by_label("Sensitivity, row 1").select_option("public")
    page.get_by_role("button", name="Save stores").click()
    expect(page.get_by_text("1 row is saved.")).to_be_visible()
    tables = {f"table-{table.value}": f"{home}blast-radius/tables/{table.value}/" for table in Table}
    paths = {"radius": home + "blast-radius/", "what-if": what_if, **tables}
    paths["paste"] = tables["table-stores"] + "paste/"
    paths["import"] = home + "blast-radius/import/"
    assert faults(page, tuple(paths.values())) == []
    pictures(page, paths)


def test_board_of_apps_takes_ticks_as_claims(founder: Founder) -> None:
    page, home = founder.page, founder.home
    page.goto(home + "apps/")
    for name in ("Grafana", "Admin panel"):
        page.get_by_label("App", exact=True).fill(name)
        page.get_by_label("Host name").fill(f"https://{name.split()[0].lower()}.northwind.example/")
        page.get_by_role("button", name="Add the app").click()
        expect(page.get_by_role("link", name=name)).to_be_visible()
    for name in ("Grafana", "Admin panel"):
        page.goto(home + "apps/")
        page.get_by_role("link", name=name).click()
        page.get_by_label("Your word on: Direct path closed").select_option("yes")
        page.get_by_role("button", name="Save Direct path closed").click()
        expect(page.get_by_text("Priya Raman says so; no connection can tell.")).to_have_count(2)
    app = page.url
    page.goto(home + "apps/")
    expect(page.get_by_role("heading", name="Retired by claim: 2 direct paths unproven")).to_be_visible()
    assert faults(page, (home + "apps/", app)) == []
    pictures(page, {"apps": home + "apps/", "app": app})
