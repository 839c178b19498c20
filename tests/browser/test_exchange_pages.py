"""An organization as files in a browser: export it, bring it again, delete it and undo that, at any width."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Founder, prove
from tests.browser.test_account_pages import faults


def pictures(founder: Founder, name: str) -> None:
    """For a person who looks at them; only where a folder is named."""
    folder = os.environ.get("ZTASSESS_PICTURES", "")
    for width in (1440, 360) if folder else ():
        for scheme in ("light", "dark"):
            founder.page.emulate_media(color_scheme=scheme)
            founder.page.set_viewport_size({"width": width, "height": 900})
            founder.page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
    founder.page.emulate_media(color_scheme="light")
    founder.page.set_viewport_size({"width": 1440, "height": 900})


def test_export_it_bring_it_delete_it_and_undo_that(founder: Founder, tmp_path: Path):
    page = founder.page
    prove(page, founder.home + "settings/export/")
    page.get_by_role("button", name="Make an archive").click()
    download = page.get_by_role("link", name=re.compile("Download ztassess-northwind-ledger"))
    expect(download).to_be_visible(timeout=60_000)
    pictures(founder, "export")
    with page.expect_download() as found:
        download.click()
    path = tmp_path / found.value.suggested_filename
    found.value.save_as(path)
    page.goto("/o/import/")
    page.get_by_label("Archive").set_input_files(path)
    pictures(founder, "import")
    page.get_by_role("button", name="Take it in").click()
    expect(page.get_by_text("have no credentials and are paused")).to_be_visible(timeout=60_000)
    pictures(founder, "arrived")
    page.get_by_role("link", name="Open Northwind Ledger").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.url != founder.home
    page.goto(founder.home + "settings/delete/")
    page.get_by_label("Name of the organization").fill("Northwind Ledger")
    pictures(founder, "delete")
    page.get_by_role("button", name="Delete in 7 days").click()
    expect(page.get_by_text("Priya Raman asked to delete Northwind Ledger")).to_be_visible()
    pictures(founder, "due")
    paths = ("settings/export/", "settings/delete/", "stages/mfa/", "members/", "settings/log/")
    assert faults(page, (*(founder.home + path for path in paths), "/o/import/")) == []
    page.goto(founder.home)
    page.get_by_role("link", name="Undo it").click()
    page.get_by_role("button", name="Keep the organization").click()
    expect(page.get_by_text("stays. Schedules go on")).to_be_visible()
