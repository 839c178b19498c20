"""The connect form: what each line may be, and the sentence for everything else."""

from __future__ import annotations

import pytest

from ztassess.connectors.contract import FieldKind
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.http_probe import CONNECTOR
from ztassess.connectors.http_probe.entries import (
    parse_addresses,
    parse_hosts,
    parse_names,
    parse_origins,
    parse_paths,
    parse_sensitive,
    parse_stores,
    parse_witness,
)
from ztassess.connectors.http_probe.form import sensitive_urls, served_origins
from ztassess.connectors.runner import parse_form

HOSTS = {
    "https://admin.example.com": "https://admin.example.com/",
    "HTTPS://Admin.Example.com/": "https://admin.example.com/",
    "https://admin.example.com:443/a": "https://admin.example.com/a",
    "https://admin.example.com:8443/a/": "https://admin.example.com:8443/a/",
    "https://[2606:2800::1]/": "https://[2606:2800::1]/",
    "https://grafana/": "https://grafana/",
    "https://127.0.0.1:8443": "https://127.0.0.1:8443/",
}


@pytest.mark.parametrize("text", HOSTS)
def test_an_address_is_read_into_one_spelling(text: str) -> None:
    assert parse_hosts(text) == (HOSTS[text],)


def test_many_addresses_are_read_by_lines_and_commas_once_each() -> None:
    text = "https://a.example.com\n\n https://b.example.com/x ,https://A.example.com/\n"
    assert parse_hosts(text) == ("https://a.example.com/", "https://b.example.com/x")


WITH_CREDENTIAL = [
    *("https://anna:pw@admin.example.com/", "https://token@admin.example.com", "anna:pw@admin.example.com"),
    *("https://admin.example.com/?token=abc", "https://admin.example.com/x?X-Amz-Signature=abc&sig=1"),
    *("https://admin.example.com/#access_token=abc", "https://login.example.com@evil.test/"),
]


@pytest.mark.parametrize("text", WITH_CREDENTIAL)
def test_a_credential_in_an_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InputInvalid) as refused:
        parse_hosts(text)
    assert refused.value.sentence.startswith("Remove the credential from the address; the probe must be anonymous.")
    assert "abc" not in refused.value.sentence
    assert "pw" not in refused.value.sentence


WRONG = {
    "http://admin.example.com/": "not encrypted",
    "admin.example.com": "starting with https://",
    "ftp://admin.example.com/": "is not an https address",
    "https://": "is not an https address",
    "https://admin.example.com:0/": "is not an https address",
    "https://admin.example.com:99999/": "is not an https address",
    "https://0x7f000001/": "is not an https address",
    "https://admin.example.com\\x/": "is not an https address",
    "https://admin example.com/": "is not an https address",
    "https://b\u00fccher.example/": "is not an https address",
}


@pytest.mark.parametrize("text", WRONG)
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(InputInvalid, match=WRONG[text]):
        parse_hosts(text)


def test_at_most_two_hundred_addresses() -> None:
    lines = [f"https://t{number}.example.com/" for number in range(201)]
    assert len(parse_hosts("\n".join(lines[:200]))) == 200
    with pytest.raises(InputInvalid, match="201 addresses; at most 200"):
        parse_hosts("\n".join(lines))


def test_names_are_bare_hosts() -> None:
    assert parse_names("Login.Example.com, https://idp.example.com/path\n10.0.0.1") == (
        *("login.example.com", "idp.example.com", "10.0.0.1"),
    )
    for wrong in ("login_example.com", "a b", "*.example.com", "login.example.com:443", "https://u:p@idp.example.com/"):
        with pytest.raises(InputInvalid):
            parse_names(wrong)


def test_paths_start_with_a_slash_and_hold_no_query() -> None:
    assert parse_paths("/debug\n/a/b, /debug") == ("/debug", "/a/b")
    for wrong in ("debug", "//evil.test/x", "/a b", "/a?token=x", "/a#b", "/a\\b", "https://x.test/a"):
        with pytest.raises(InputInvalid):
            parse_paths(wrong)
    with pytest.raises(InputInvalid, match="at most 20"):
        parse_paths("\n".join(f"/{number}" for number in range(21)))


ORIGINS = {
    "203.0.113.10:443 admin.example.com": ("203.0.113.10", 443, "admin.example.com"),
    "203.0.113.10:443=admin.example.com": ("203.0.113.10", 443, "admin.example.com"),
    "lb-1.example.net:8443 -> Admin.example.com": ("lb-1.example.net", 8443, "admin.example.com"),
    "[2606:2800::1]:443 https://admin.example.com/": ("2606:2800::1", 443, "admin.example.com"),
    "203.0.113.10:8080": ("203.0.113.10", 8080, ""),
}


@pytest.mark.parametrize("text", ORIGINS)
def test_an_origin_names_where_it_is_and_what_it_serves(text: str) -> None:
    assert parse_origins(text) == (ORIGINS[text],)


@pytest.mark.parametrize(
    "text", ["203.0.113.10", "https://x.test:443 a.test", "x.test:0 a.test", "x.test:443 a b", ":443 a.test"]
)
def test_another_origin_is_refused(text: str) -> None:
    with pytest.raises(InputInvalid):
        parse_origins(text)


def test_a_store_is_host_and_port_and_never_a_connection_string() -> None:
    assert parse_stores("DB.example.com:5432, [2606:2800::1]:6379") == (
        ("db.example.com", 5432),
        ("2606:2800::1", 6379),
    )
    with pytest.raises(InputInvalid, match="Remove the credential") as refused:
        parse_stores("postgres://app:hunter2@db.example.com:5432/shop")
    assert "hunter2" not in refused.value.sentence
    for wrong in ("db.example.com", "db.example.com:x", "db.example.com:70000", "db_1:5432"):
        with pytest.raises(InputInvalid):
            parse_stores(wrong)


def test_ranges_become_addresses_of_which_there_are_at_most_256() -> None:
    assert parse_addresses("203.0.113.8/30, 203.0.113.9, 2001:db8::1") == (
        *("203.0.113.8", "203.0.113.9", "203.0.113.10", "203.0.113.11", "2001:db8::1"),
    )
    assert len(parse_addresses("203.0.113.0/24")) == 256
    for wrong in ("203.0.112.0/23", "203.0.113.0/24\n198.51.100.1", "::/0", "0.0.0.0/0"):
        with pytest.raises(InputInvalid, match="more than 256"):
            parse_addresses(wrong)
    for wrong in ("example.com", "203.0.113.0/33", "1.2.3"):
        with pytest.raises(InputInvalid, match="neither an address nor a range"):
            parse_addresses(wrong)


def test_who_stands_for_something_needs_a_name_and_a_date() -> None:
    assert parse_witness(" Anna  Example, 2026-11-23 ") == "Anna Example, 2026-11-23"
    assert parse_witness("") == ""
    for wrong in ("Anna Example", "2026-11-23", "yes"):
        with pytest.raises(InputInvalid, match="a name and a date"):
            parse_witness(wrong)


def filled(**entered: str) -> tuple[dict[str, object], dict[str, str]]:
    return parse_form(CONNECTOR, {"internal_hosts": "https://admin.example.com/", **entered}, {})


ACROSS = {
    "sensitive tool that is not listed": ({"sensitive_hosts": "https://other.example.com/"}, "sensitive_hosts"),
    "sensitive host that is not listed": ({"sensitive_hosts": "other.example.com"}, "sensitive_hosts"),
    "sign-in name that covers a tool": ({"identity_hosts": "example.com"}, "identity_hosts"),
    "sign-in name that is a tool": ({"identity_hosts": "admin.example.com"}, "identity_hosts"),
    "origin of an unknown host": (
        {"internal_hosts": "https://a.example.com,https://b.example.com", "origins": "203.0.113.10:443"},
        "origins",
    ),
    "no tool": ({"internal_hosts": ""}, "internal_hosts"),
    "another place": ({"origin_of_probe": "moon"}, "origin_of_probe"),
    "consent that is neither yes nor no": ({"consent": "perhaps"}, "consent"),
}


@pytest.mark.parametrize("case", ACROSS)
def test_rules_across_fields(case: str) -> None:
    entered, field = ACROSS[case]
    _, problems = filled(**entered)
    assert list(problems) == [field]
    assert problems[field].endswith(".")


def test_a_whole_form_is_read() -> None:
    values, problems = filled(
        sensitive_hosts="admin.example.com",
        identity_hosts="login.example.com",
        origins="203.0.113.10:443",
        consent="yes",
        consent_by="Anna Example, 2026-11-23",
    )
    assert problems == {}
    assert values["consent"] is True
    assert values["origin_of_probe"] == "outside"
    assert served_origins(values) == (("203.0.113.10", 443, "admin.example.com"),)
    assert sensitive_urls(values["internal_hosts"], values["sensitive_hosts"]) == ("https://admin.example.com/",)  # type: ignore[arg-type]


def test_a_sensitive_tool_is_meant_by_address_or_by_host() -> None:
    urls = ("https://a.example.com/x", "https://a.example.com/y", "https://b.example.com/")
    assert sensitive_urls(urls, parse_sensitive("https://a.example.com/x")) == urls[:1]
    assert sensitive_urls(urls, parse_sensitive("a.example.com")) == urls[:2]


def test_there_is_no_secret_and_the_token_is_ours() -> None:
    assert not [field.name for field in CONNECTOR.fields if field.secret]
    assert [field.name for field in CONNECTOR.fields if field.kind is FieldKind.SHOWN] == ["external_id"]
