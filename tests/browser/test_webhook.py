"""A webhook from the settings page to a receiver, in a real browser: the secret once, a test, its line in the log."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.fakes.vendor import Answer, Request, Vendor
from ztassess.notifications.recipes import PYTHON

SIZES = {"wide": (1440, 900), "narrow": (360, 780)}


def test_owner_adds_a_webhook_and_sees_its_test_delivered(founder) -> None:
    page, genuine = founder.page, recipe()
    receiver = Vendor()

    @receiver.route("POST", "/hook")
    def take(request: Request) -> Answer:
        return Answer(raw=b"thank you", kind="text/plain")

    with receiver:
        page.goto(f"{founder.home}settings/")
        page.get_by_role("link", name="Open notifications").click()
        page.get_by_role("link", name="Add a webhook").click()
        page.get_by_label("Address").fill("http://localhost/hook")
        page.get_by_role("button", name="Add the webhook").click()
        expect(page.get_by_text("Webhooks go to public https addresses")).to_be_visible()
        page.get_by_label("Address").fill(f"{receiver.base}/hook")
        page.get_by_role("button", name="Add the webhook").click()
        expect(page.get_by_role("heading", name="Copy the secret now")).to_be_visible()
        secret = page.locator("pre").inner_text().strip()
        page.get_by_role("link", name="I have copied it").click()
        expect(page.get_by_text(secret)).to_have_count(0)
        page.get_by_role("button", name="Send a test").click()
        expect(page.locator("#newest").get_by_text("Delivered", exact=True)).to_be_visible()
        page.get_by_role("link", name="All in the log").click()
        expect(page.get_by_role("row").filter(has_text="thank you")).to_contain_text("Delivered")
        (request,) = receiver.requests
    assert genuine(secret, request.headers["x-ztassess-signature"], request.body)
    page.goto(f"{founder.home}settings/notifications/")
    page.get_by_label("Hour").select_option("7")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row").filter(has_text=re.compile("Mondays at 7:00, Europe/Berlin"))).to_be_visible()
    for name, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def recipe():
    made: dict = {}
    exec(PYTHON, made)  # noqa: S102  what the page shows is what is tested
    return made["is_genuine"]
