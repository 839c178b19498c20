"""The connect form: ids, zones, paths, and credentials that are refused before they travel."""

from __future__ import annotations

import pytest

from tests.connectors.cloudflare.account import ACCOUNT, TOKEN
from ztassess.connectors.cloudflare import CONNECTOR
from ztassess.connectors.cloudflare.grants import GRANTS, UPLOADS
from ztassess.connectors.cloudflare.scopes import LOGS, OF_PART
from ztassess.connectors.runner import parse_form

GOOD = {"account_id": ACCOUNT, "zones": "Example.com\nexample.org"}


def problems(entered, token=TOKEN):
    return parse_form(CONNECTOR, {**GOOD, **entered}, {"api_token": token})[1]


def test_good_form():
    values, wrong = parse_form(
        CONNECTOR, {**GOOD, "sign_in_paths": "/login, https://App.example.com/api"}, {"api_token": TOKEN}
    )
    assert wrong == {}
    assert values["zones"] == ("example.com", "example.org")
    assert values["sign_in_paths"] == ("/login", "app.example.com/api")


@pytest.mark.parametrize(
    ("entered", "field"),
    [
        ({"account_id": "acme"}, "account_id"),
        ({"account_id": ACCOUNT[:-1]}, "account_id"),
        ({"zones": "not a zone"}, "zones"),
        ({"zones": "*.example.com"}, "zones"),
        ({"zones": ""}, "zones"),
        ({"zones": "\n".join(f"z{n}.example" for n in range(101))}, "zones"),
        ({"public_hosts": "http://"}, "public_hosts"),
        ({"sign_in_paths": "login"}, "sign_in_paths"),
        ({"admin_hosts": "two words"}, "admin_hosts"),
    ],
)
def test_wrong_entries_are_named(entered, field):
    assert set(problems(entered)) == {field}


@pytest.mark.parametrize(
    ("token", "word"),
    [
        ("0123456789abcdef0123456789abcdef01234", "Global API key"),
        ("cfk_abcdefghijklmnopqrstuvwxyz", "Global API key"),
        ("v1.0-0123456789abcdef-0123456789", "Origin CA key"),
        ("two words of a token that is long", "one word"),
        ("short", "one word"),
    ],
)
def test_other_credentials_are_refused_without_repeating_them(token, word):
    wrong = problems({}, token)["api_token"]
    assert word in wrong
    assert token not in wrong


def test_the_grant_names_every_group_that_reading_needs():
    (grant,) = GRANTS
    plain = grant.text.replace("  ", " ")
    while "  " in plain:
        plain = plain.replace("  ", " ")
    missing = {scope for scope in OF_PART.values() if scope != LOGS and scope not in plain}
    assert missing == set()
    assert "Write" not in plain


def test_the_commands_write_the_files_that_are_read():
    from ztassess.connectors.cloudflare.upload import KNOWN

    (upload,) = UPLOADS
    named = {name.rstrip("*") for name in KNOWN}
    assert {name for name in named if name not in upload.commands} == set()
