"""Each connector in the browser: its card, its form, its test, its first scan and what it found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Stack, confirm
from tests.browser.visitors import Seat, seat_people, sit_down
from tests.fakes.counterpart import Counterpart, counterpart_of, fixed_addresses
from ztassess.connectors.contract import Connector, FieldKind, FormField
from ztassess.connectors.registry import CONNECTORS, connector

OPEN_ALL = "document.querySelectorAll('main details').forEach(each => { each.open = true; })"


@pytest.fixture(scope="module")
def seats() -> dict[str, Seat]:
    """One organization of each installation that connects everything."""
    return {}


@pytest.fixture
def home(request: pytest.FixtureRequest, stack: Stack) -> Stack:
    """The installation that is led to the stand-in of the connector under test."""
    slug = request.node.callspec.params["slug"]
    is_led = slug in stack.vendors or not fixed_addresses(slug)
    found: Stack = stack if is_led else request.getfixturevalue("second_stack")
    return found


@pytest.fixture
def seat(home: Stack, seats: dict[str, Seat]) -> Seat:
    if home.base not in seats:
        (seats[home.base],) = seat_people(home, "Everything connected")
    return seats[home.base]


@pytest.fixture
def everything(chromium: Browser, home: Stack, seat: Seat) -> Iterator[Page]:
    context = chromium.new_context(base_url=home.base, viewport={"width": 1440, "height": 900})
    sit_down(context, home, seat.owner)
    yield context.new_page()
    context.close()


@pytest.fixture
def system(request: pytest.FixtureRequest, home: Stack) -> Iterator[Counterpart]:
    """The counterpart of the connector under test; one with a fixed address runs since the installation started."""
    slug = request.node.callspec.params["slug"]
    if slug in home.vendors:
        yield home.vendors[slug]
        return
    with counterpart_of(slug) as made:
        yield made


def fill_in(page: Page, found: Connector, system: Counterpart) -> None:
    """Type what a person would, into the fields as they are labeled."""
    page.evaluate(OPEN_ALL)
    for field in found.fields:
        value = {**system.entered, **system.secrets}.get(field.name)
        if value is not None and field.kind is not FieldKind.SHOWN:
            enter(page, field, value)


def enter(page: Page, field: FormField, value: str) -> None:
    place = page.locator(f"main form [name={field.name}]")
    expect(page.locator("main label", has_text=field.label).first).to_be_visible()
    if field.kind is FieldKind.BOOL:
        place.set_checked(value in ("yes", "true", "1"))
    elif field.kind in (FieldKind.CHOICE, FieldKind.MULTICHOICE):
        place.select_option(value.split(","))
    else:
        place.fill(value)


@pytest.mark.parametrize("slug", CONNECTORS)
def test_connector_in_the_browser(everything: Page, seat: Seat, system: Counterpart, slug: str) -> None:
    found, page, pages = connector(slug), everything, f"/o/{seat.slug}/"
    if slug == "aws":
        system = replace(system, fails="aws.trail_complete")  # the installation asks its own server, an empty account
    page.goto(pages + "connectors/")
    card = page.locator("article.connector", has=page.get_by_role("heading", name=found.title, exact=True))
    expect(card).to_contain_text(found.summary)
    if system.uploads:
        card.get_by_role("link", name="Upload an export").click()
        files = [{"name": each.name, "mimeType": "text/plain", "buffer": each.content} for each in system.uploads]
        page.get_by_label("Files").set_input_files(files)  # type: ignore[arg-type]  # playwright's own typed dict
        page.get_by_role("button", name="Upload and judge").click()
    else:
        card.get_by_role("link", name="Connect", exact=False).last.click()
        confirm(page, "/connect/$")
        fill_in(page, found, system)
        page.get_by_role("button", name="Connect and test").click()
        expect(page.get_by_role("button", name="Start the first scan")).to_be_visible(timeout=60_000)
        page.get_by_role("button", name="Start the first scan").click()
    expect(page.get_by_role("heading", name="Findings")).to_be_visible(timeout=90_000)
    if system.fails:
        expect(page.locator("main")).to_contain_text(system.fails)
    for secret in system.secrets.values():
        assert secret not in page.content()
