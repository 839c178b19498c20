"""Pages of a person's account: usable by everybody, at any width, in both themes; a passkey signs in."""

from __future__ import annotations

import os
import re

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, Stack, sign_up

OUTSIDE = (
    "/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/key/1-x/",
)
INSIDE = (
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/password/change/",
    "/accounts/email/",
    "/accounts/sessions/",
    "/accounts/logout/",
    "/accounts/3rdparty/",
    "/o/new/",
)
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # what passed is not written up, node by node
}
SERIOUS = """async rules => (await axe.run(rules)).violations
    .filter(each => ["serious", "critical"].includes(each.impact)).map(each => each.id)"""
LOOKS = ((1440, "light"), (360, "dark"))
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def faults(page: Page, paths: tuple[str, ...]) -> list[str]:
    """What axe calls serious or critical, and pages that scroll sideways."""
    found = []
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        for path in paths:
            page.goto(path)
            if page.evaluate(OVERFLOW) > 0:
                found.append(f"{path} overflows at {width}")
            page.evaluate(AXE_SCRIPT)
            found += [f"{path} {scheme}: {each}" for each in page.evaluate(SERIOUS, RULES)]
    return found


def with_device(page: Page) -> None:
    """Give the page's browser an empty passkey device that says yes at once."""
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    answers = {"isUserVerified": True, "automaticPresenceSimulation": True}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": device | answers})


@pytest.fixture
def signed_in(page: Page, stack: Stack) -> Page:
    """Somebody with an account and an empty passkey device, who has just confirmed the password."""
    email = f"person-{os.urandom(4).hex()}@example.com"
    with_device(page)
    sign_up(page, stack, "Aiko Tanaka", email)
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Add a passkey or security key")).to_be_visible()
    return page


def test_pages_before_signing_in_have_no_serious_finding(page: Page, stack: Stack):
    assert faults(page, OUTSIDE) == []


def test_pages_of_an_account_have_no_serious_finding(signed_in: Page):
    assert faults(signed_in, INSIDE) == []


def test_a_passkey_is_added_gives_recovery_codes_and_signs_in(signed_in: Page):
    page = signed_in
    page.get_by_label("Name").fill("Laptop")
    page.get_by_label("Sign in with it alone, without a password").check()
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    expect(page.locator(".codes li")).to_have_count(10)
    page.goto("/accounts/2fa/webauthn/")
    expect(page.locator(".factor")).to_contain_text("Laptop")
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(re.compile("/o/"))


def test_a_device_without_a_passkey_says_so_in_the_page(page: Page, stack: Stack):
    with_device(page)
    page.goto("/accounts/login/")
    note = page.locator("[data-passkey-error]")
    expect(note).to_be_hidden()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(note).to_contain_text("No passkey was used")
