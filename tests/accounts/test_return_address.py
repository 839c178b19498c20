"""Where somebody is sent after signing in: a page of ours, whatever the address says."""

from __future__ import annotations

import pytest

from tests.conftest import PASSWORD

STRANGE = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "http:///evil.example",
    "javascript:alert(1)",
    "http://[",
    "http://[::1",
    "\x00//evil.example",
]


def sign_in(client, user, following):
    return client.post("/accounts/login/", {"login": user.email, "password": PASSWORD, "next": following})


@pytest.mark.parametrize("following", STRANGE)
def test_address_that_is_not_ours_is_ignored(client, owner, following):
    answer = sign_in(client, owner, following)
    assert (answer.status_code, answer["Location"]) == (302, "/o/")


@pytest.mark.parametrize("following", STRANGE)
def test_page_opens_with_any_address(client, db, following):
    assert client.get("/accounts/login/", {"next": following}).status_code == 200


def test_own_page_is_gone_to(client, owner, organization):
    assert sign_in(client, owner, f"/o/{organization.slug}/plan/")["Location"] == f"/o/{organization.slug}/plan/"
