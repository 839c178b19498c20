"""Reports in a real browser: branded, made while the page watches, downloaded with the numbers of the overview."""

from __future__ import annotations

import io
import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.browser.conftest import Founder
from tests.browser.test_account_pages import faults


def text_of(path: Path) -> str:
    pages = PdfReader(io.BytesIO(path.read_bytes())).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages).replace("\u00a0", " "))


def test_client_report_is_made_and_downloaded_with_the_numbers_of_the_overview(founder: Founder, tmp_path: Path):
    page, home = founder.page, founder.home
    page.goto(home + "controls/mfa.all-humans/")
    page.locator("label.level", has_text="Advanced").click()
    expect(page.locator("[data-save-status][data-state=saved]")).to_be_visible()
    page.goto(home)
    gauge = page.locator(".gauge").first.get_attribute("aria-label") or ""
    proven, claimed = re.findall(r"(\d+)\s%", gauge)[:2]

    logo = tmp_path / "logo.png"
    Image.new("RGB", (240, 80), "#0b6e4f").save(logo)
    page.goto(home + "reports/branding/")
    page.get_by_label("Name").fill("Harbor Security")
    page.get_by_label("Logo").set_input_files(logo)
    page.get_by_label("Accent color").fill("#0b6e4f")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("img", name="Logo of Harbor Security")).to_be_visible()

    expect(page.get_by_role("heading", name="No report yet")).to_be_visible()
    page.get_by_role("button", name="Make it").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click(timeout=60_000)
    assert download.value.suggested_filename.endswith(".pdf")
    document = Path(download.value.path())
    assert document.read_bytes().startswith(b"%PDF-")
    text = text_of(document)
    assert f"{proven} % of the 80/20 is proven, {claimed} % is claimed" in text
    assert "Harbor Security" in text
    assert len(PdfReader(document).pages[0].images) == 1

    assert faults(page, (home + "reports/", home + "reports/branding/")) == []
    page.goto(home + "reports/")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", name="No report yet")).to_be_visible()
