"""A founder does the whole job: sign up, answer, connect AWS and Postgres, see a claim proven or contradicted."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import FACTS, Founder, Stack, prove
from tests.browser.visitors import reading
from tests.services.moto import build_account
from tests.services.postgres import PostgresServer, start_postgres

FACTS_OF = """SELECT sheet."values" FROM organizations_factsheet sheet
    JOIN organizations_organization organization ON organization.id = sheet.organization_id
    WHERE organization.slug = ?"""


@pytest.fixture(scope="module")
def shop():
    """A server where `reporting` may write orders and read users, which nobody declared."""
    server = start_postgres()
    with server.admin() as admin:
        admin.execute("CREATE DATABASE shop")
    with server.admin("shop") as admin:
        for statement in (
            "CREATE TABLE orders (id int PRIMARY KEY, total int)",
            "CREATE TABLE users (id int PRIMARY KEY, email text)",
            "CREATE ROLE reporting LOGIN PASSWORD 'reporting-password'",
            "GRANT SELECT, INSERT, UPDATE ON orders TO reporting",
            "GRANT SELECT ON users TO reporting",
            "CREATE ROLE zt_auditor LOGIN PASSWORD 'auditor-password' CONNECTION LIMIT 4",
            "GRANT CONNECT ON DATABASE shop TO zt_auditor",
        ):
            admin.execute(statement)
    yield server
    server.stop()


def proven(page: Page) -> int:
    text = page.locator(".gauge .big").inner_text()
    return int(re.sub(r"\D", "", text))


def wait_for_scan(page: Page) -> None:
    """The connection's page follows the work by itself and shows the findings when it has ended."""
    expect(page.get_by_role("heading", name="Findings")).to_be_visible(timeout=90_000)


def test_founder_connects_postgres_and_sees_exactly_the_two_grants(
    newcomer: Founder, shop: PostgresServer, stack: Stack
):
    founder, page = newcomer, newcomer.page
    slug = founder.home.rstrip("/").rpartition("/")[2]
    with reading(stack.data) as database:
        (sheet,) = database.execute(FACTS_OF, [slug])
    assert json.loads(sheet["values"]) == FACTS
    page.goto(founder.home + "controls/least-privilege.db-grants-minimal/")
    page.locator("label.level", has_text="Advanced").click()
    expect(page.locator("[data-save-status][data-state=saved]")).to_be_visible()
    prove(page, founder.home + "connectors/postgres/connect/")
    page.get_by_label("Host").fill("localhost")
    page.get_by_label("Port").fill(str(shop.port))
    page.get_by_label("Databases").fill("shop")
    page.get_by_label("Password").fill("auditor-password")
    page.get_by_label("CA certificate").fill(shop.ca_pem)
    page.get_by_label("Grant matrix").fill("reporting: public.orders=SELECT")
    page.get_by_role("button", name="Connect and test").click()
    expect(page.get_by_role("button", name="Start the first scan")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Start the first scan").click()
    wait_for_scan(page)
    failing = page.locator("article.finding", has=page.locator(".outcome.fail"))
    matrix = failing.filter(has_text="grants_match_matrix")
    expect(matrix).to_have_count(2)
    expect(matrix.filter(has_text="orders")).to_contain_text("INSERT")
    expect(matrix.filter(has_text="users")).to_contain_text("SELECT")
    page.goto(founder.home)
    contradictions = page.locator("section", has=page.get_by_role("heading", name="Contradictions"))
    expect(contradictions).to_contain_text("Database users can do only their job")


def test_wrong_password_is_one_clear_sentence(founder: Founder, shop: PostgresServer):
    page = founder.page
    prove(page, founder.home + "connectors/postgres/connect/")
    page.get_by_label("Host").fill("localhost")
    page.get_by_label("Port").fill(str(shop.port))
    page.get_by_label("Databases").fill("shop")
    page.get_by_label("Password").fill("wrong")
    page.get_by_label("CA certificate").fill(shop.ca_pem)
    page.get_by_role("button", name="Connect and test").click()
    expect(page.locator("body")).to_contain_text("Password refused for zt_auditor", timeout=60_000)
    expect(page.locator("body")).not_to_contain_text("wrong")


def answer_stage(page: Page, home: str, stage: str, level: str) -> int:
    """Walk through a stage with the keyboard, choosing one level everywhere; returns how many controls it has."""
    page.goto(f"{home}stages/{stage}/")
    page.get_by_role("link", name=re.compile("Walk through")).click()
    for number in range(1, 20):
        expect(page.locator("[data-walk]")).to_be_visible()
        with page.expect_response(lambda reply: reply.url.endswith("/answer/")) as saved:
            page.keyboard.press(level)
        assert saved.value.status == 200
        expect(page.locator("[data-save-status][data-state=saved]")).to_be_visible()
        last = page.get_by_role("link", name=re.compile("^Done with")).is_visible()
        page.keyboard.press("n")
        if last:
            expect(page).to_have_url(re.compile(f"/stages/{stage}/$"))
            return number
        expect(page.locator(".kicker").first).to_contain_text(f"control {number + 1} of")
    raise AssertionError("the walk does not end")


def test_founder_connects_aws_and_a_claim_is_contradicted(founder: Founder, stack: Stack):
    build_account(stack.moto.endpoint, users=200, roles=500)
    page = founder.page
    assert answer_stage(page, founder.home, "least-privilege", "3") >= 7
    page.goto(founder.home)
    before = proven(page)
    expect(page.locator("section", has=page.get_by_role("heading", name="Contradictions"))).not_to_contain_text(
        "claimed"
    )
    prove(page, founder.home + "connectors/aws/connect/")
    page.locator("summary", has_text="Temporary session").click()
    page.get_by_label("Access key of a temporary session").fill("ASIAIOSFODNN7EXAMPLE")
    page.get_by_label("Secret key of the session").fill("not-a-real-secret-0123456789")
    page.get_by_label("Session token").fill("not-a-real-token-0123456789")
    page.get_by_label("Regions").select_option("us-east-1")
    page.get_by_role("button", name="Connect and test").click()
    expect(page.get_by_role("button", name="Start the first scan")).to_be_visible(timeout=90_000)
    expect(page.locator("body")).to_contain_text("123456789012")
    page.get_by_role("button", name="Start the first scan").click()
    expect(page.locator("#active")).to_be_visible()
    wait_for_scan(page)
    expect(page.locator("body")).to_contain_text("deploy-everything")
    page.goto(founder.home)
    assert proven(page) != before
    contradictions = page.locator("section", has=page.get_by_role("heading", name="Contradictions"))
    expect(contradictions).to_contain_text("No wildcard or administrator roles for workloads")
    expect(contradictions).to_contain_text("claimed Advanced, proven Traditional")
    expect(page.locator("body")).not_to_contain_text("not-a-real-secret")
