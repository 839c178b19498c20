"""The token of a share link tried on every route of the resolver: it opens the chosen pages and nothing else."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from tests.tenancy.seeding import contents
from tests.tenancy.seeding_reports import share_token
from tests.tenancy.test_crawl import ALL_ROUTES, ALLAUTH, ARGUMENTS, DEMO, Route, acme, address, other
from ztassess.common.models import organization_scope
from ztassess.organizations.models import Organization
from ztassess.reports.models import Report
from ztassess.sharing import limits
from ztassess.sharing.models import ShareLink
from ztassess.sharing.services import share_revoke
from ztassess.sharing.shown import CHAPTERS

__all__ = ["acme", "other"]
# The token goes wherever a route takes something that is no id of a row.
ARGUMENT = re.compile(r"<\w+:(\w+)>")
FILLED = {*ARGUMENTS, "slug", "page"}


def opened_by(token: str, rows: dict[type, Any], organization: Organization) -> set[str]:
    """Which addresses of the whole resolver answer 200 to somebody who has nothing but a token, tried in every way."""
    found = set()
    for route in ALL_ROUTES:
        if route.name == "landing" or route.path.startswith((DEMO, ALLAUTH)):
            continue
        told = route.path.replace("<path:rest>", "a/b").replace("<int:step>", "1")
        told = ARGUMENT.sub(lambda found: found[0] if found[1] in FILLED else token, told)
        pages = [chapter.slug for chapter in CHAPTERS] + ["documents"] if route.name == "share_page" else [""]
        for page in pages:
            path = address(Route(route.name, told.replace("<slug:page>", page), None), organization.slug, rows)
            client = Client(headers={"Authorization": f"Bearer {token}"})
            client.cookies["share"] = client.cookies["sessionid"] = token
            for method in ("get", "post"):
                answer = getattr(client, method)(path, {"token": token})
                if answer.status_code == 200:
                    found.add(path)
                    assert b"LEAK-A" not in answer.content, path
    return found


def test_token_of_a_link_opens_its_chosen_pages_and_nothing_else(
    acme, other, organization, other_organization, monkeypatch
):
    """The actor is a customer's reviewer: the share token of B, tried on every route of A and of B."""
    monkeypatch.setattr(limits, "DEAD", limits.Limit("share-dead", 10_000, 60))
    token = share_token("LEAK-B")
    chosen = {f"/s/{token}/{page}" for page in ("", "summary/", "plan/", "documents/")}
    chosen.add(f"/s/{token}/reports/{other[Report].id}.pdf")
    before = contents(organization)
    assert opened_by(token, other, other_organization) == chosen
    chosen.remove(f"/s/{token}/reports/{other[Report].id}.pdf")
    assert opened_by(token, acme, organization) == chosen
    assert contents(organization) == before
    with organization_scope(other_organization):
        share_revoke(link=other[ShareLink], actor=other[ShareLink].made_by)
    assert opened_by(token, other, other_organization) == set()
