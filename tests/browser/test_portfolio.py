"""A consultant with forty clients: finds the contradicted one, asks seven at once, hands over, and is out when told."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Founder, Stack
from tests.browser.test_account_pages import faults
from tests.browser.test_inventory_pages import pictures
from tests.browser.test_reports import text_of
from tests.browser.test_share_links import PASSCODE, make
from tests.browser.visitors import OWN_KEYS, asked, sit_down
from tests.faults.installation import Installation
from tests.portfolio.book import CHECK

NAMES = (
    *("Northwind Ledger", "Alder Health", "Pine & Harbor", "Fathom Freight", "Kestrel Analytics", "Lumen Clinic"),
    *("Tidewater Pay", "Sable Robotics", "Mosswood Legal", "Brightline Tutors", "\u202eevil", "<b>Bold</b> AG"),
    *('=HYPERLINK("http://x")', "Zürich 🏦 Bank", "أمان للتقنية", *(f"Client {number:02}" for number in range(15, 40))),
)
SEED = """
import json, sys
from datetime import timedelta
from django.test import Client
from django.utils import timezone
from django_scopes import scopes_disabled
from tests.conftest import person, proven, with_factor
from tests.portfolio.book import book_of
from ztassess.organizations.models import Grant, Membership
from ztassess.portfolio.models import ClientNote, PortfolioRow

user = with_factor(person("diego@harbor.example", "Diego Santos"))
made = book_of(user, json.loads(sys.stdin.readline()), every=100)
now = timezone.now()
with scopes_disabled():
    for one, role in ((made[4], "viewer"), (made[8], "viewer")):
        Membership.objects.filter(organization=one, user=user).update(role=role)
    Membership.objects.filter(organization=made[3], user=user).update(expires_at=now + timedelta(days=9))
    owner = person("olga@client.example", "Olga Owner")
    Membership.objects.create(organization=made[0], user=owner, role="owner")
    granted = Grant.objects.create(
        organization=made[0], email=user.email, user=user, role="editor", share=True, token_hash="0",
        expires_at=now + timedelta(days=90), offer_until=now, accepted_at=now,
    )
    Membership.objects.filter(organization=made[0], user=user).update(grant=granted, expires_at=granted.expires_at)
    PortfolioRow.objects.filter(organization=made[2]).update(broken=1, broken_names="Okta")
    PortfolioRow.objects.filter(organization=made[6]).update(exception_ends=now.date() + timedelta(days=4))
for one, days in ((made[0], 0), (made[1], 3), (made[7], 20)):
    meeting = {"meeting_at": now + timedelta(days=days, hours=1), "label": "Mondays"}
    ClientNote.objects.update_or_create(user=user, organization=one, defaults=meeting)
client = proven(Client(SERVER_NAME="localhost"), user)
print("made " + json.dumps(client.cookies["sessionid"].value))
"""

END = """
from django_scopes import scopes_disabled
from ztassess.accounts.models import User
from ztassess.common.models import organization_scope
from ztassess.organizations.models import Grant
from ztassess.organizations.services_grants import grant_end

with scopes_disabled():
    granted = Grant.objects.select_related("organization", "user").get(email="diego@harbor.example")
with organization_scope(granted.organization):
    grant_end(grant=granted, actor=User.objects.get(email="olga@client.example"))
print("ended")
"""
DUE = "SELECT * FROM assessments_controlowner WHERE control_id = 'mfa.all-humans' AND due IS NOT NULL"


def seed(stack: Stack) -> str:
    """Forty clients; the session of their consultant."""
    out, _ = Installation(stack.data, OWN_KEYS).popen(SEED).communicate(json.dumps(NAMES) + "\n", timeout=90)
    line = next((line for line in out.splitlines() if line.startswith("made ")), None)
    assert line, out
    return str(json.loads(line.removeprefix("made ")))


def test_consultant_finds_the_contradicted_client_asks_seven_at_once_and_hands_over(
    visitor: BrowserContext, chromium: Browser, stack: Stack
) -> None:
    sit_down(visitor, stack, seed(stack))
    page = visitor.new_page()
    page.goto("/o/")
    page.get_by_role("link", name="Compare them in the portfolio").click()
    expect(page.get_by_text("40 clients ·")).to_be_visible()
    first = page.locator("table.heat tbody tr").first
    expect(first).to_contain_text("Northwind Ledger")
    expect(first).to_contain_text("1 contradicted")
    page.get_by_role("link", name=re.compile(r"^Contradicted")).click()
    expect(page.locator("table.heat tbody tr")).to_have_count(1)
    page.get_by_role("link", name="By check").first.click()
    page.get_by_role("link", name="2-step verification is enforced for each person").click()
    expect(page.get_by_text("20 clients fail this check")).to_be_visible()
    for name in (NAMES[0], NAMES[2], NAMES[4], NAMES[6], NAMES[8], NAMES[10], NAMES[12]):
        page.locator(f"input[name=ticked][aria-label={json.dumps(name, ensure_ascii=False)}]").check()
    due_before = len(asked(stack, DUE))  # other people of this installation have dates too
    page.get_by_role("button", name="Create tasks").click()
    expect(page.get_by_text("Done in 5 clients, not in 2.")).to_be_visible()
    expect(page.locator("#refused li")).to_have_count(2)
    expect(page.locator("#refused")).to_contain_text("Kestrel Analytics")
    expect(page.locator("#refused")).to_contain_text("Your role there is viewer")
    assert len(asked(stack, DUE)) == due_before + 5
    page.goto("/portfolio/clients/" + page.locator("#done a").first.get_attribute("href").split("/")[2] + "/")
    page.get_by_role("textbox", name="Notes").fill("Ask for the policy")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("are saved")).to_be_visible()
    page.goto("/portfolio/charts/")
    expect(page.locator("#time-to-goal .main-svg").first).to_be_visible()
    paths = {"portfolio": "/portfolio/", "pivots": "/portfolio/by/", "pivot": f"/portfolio/by/check/{CHECK}/"}
    paths["charts"] = "/portfolio/charts/"
    assert faults(page, tuple(paths.values())) == []
    pictures(page, paths)
    hands_over(page, chromium, stack)


def hands_over(page: Page, chromium: Browser, stack: Stack) -> None:
    """A white-label report and a link for the first client, until the client ends the access."""
    page.goto("/portfolio/")
    page.locator("table.heat tbody tr").first.get_by_role("link", name="Northwind Ledger", exact=True).click()
    home = page.url
    page.goto(home + "reports/branding/")
    page.get_by_label("Name").fill("Harbor Security")
    page.get_by_role("button", name="Save").click()
    page.goto(home + "reports/")
    page.get_by_role("button", name="Make it").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click(timeout=60_000)
    assert "Harbor Security" in text_of(Path(download.value.path()))
    reader = chromium.new_context().new_page()
    address = make(Founder(page, home, "diego@harbor.example"))
    reader.goto(address)
    reader.get_by_label("Passcode").fill(PASSCODE)
    reader.get_by_role("button", name="Open").click()
    expect(reader.get_by_text("shared by Diego Santos for Northwind Ledger")).to_be_visible()
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("link", name="Revoke").click()
    page.get_by_role("button", name="Revoke the link").click()
    expect(page.get_by_text("opens no more, for nobody")).to_be_visible()
    page.goto(home + "settings/")
    assert status_of(reader) == 404
    reader.context.close()
    assert "ended" in Installation(stack.data, OWN_KEYS).run(END)
    assert status_of(page) == 404
    page.goto("/portfolio/")
    expect(page.get_by_text("39 clients ·")).to_be_visible()


def status_of(page: Page) -> int:
    """What the open tab gets now."""
    answer = page.reload()
    assert answer is not None
    return answer.status
