"""The pages where exports are uploaded, for every connector that takes some: they open, and so do their scripts."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.utils.html import escape

from ztassess.connectors.registry import connectors
from ztassess.scans.services.connections import connection_create

TAKERS = [each for each in connectors() if each.uploads]
SHIPPED = [(each, upload.download) for each in TAKERS for upload in each.uploads if upload.download]


class Links(HTMLParser):
    """Every address a page links to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name == "href" and value]


@pytest.fixture
def as_owner(client, owner, organization):
    client.force_login(owner)
    return client


@pytest.mark.parametrize("connector", TAKERS, ids=lambda each: each.slug)
def test_upload_page_of_every_connector_opens(as_owner, organization, connector):
    answer = as_owner.get(f"/o/{organization.slug}/connectors/{connector.slug}/upload/")
    assert answer.status_code == 200
    for upload in connector.uploads:
        assert escape(upload.title) in answer.content.decode()


@pytest.mark.parametrize(("connector", "script"), SHIPPED, ids=lambda each: getattr(each, "slug", each))
def test_page_links_to_the_script_that_makes_the_export(as_owner, in_scope, owner, connector, script):
    connection = connection_create(
        organization=in_scope, connector=connector, name="Mine", entered={}, secrets={}, actor=owner, upload_only=True
    )
    page = as_owner.get(f"/o/{in_scope.slug}/connections/{connection.id}/upload/").content.decode()
    (link,) = [address for address in Links(page).found if address.endswith("/" + script)]
    assert as_owner.get(link)["Content-Disposition"] == f'attachment; filename="{script}"'
