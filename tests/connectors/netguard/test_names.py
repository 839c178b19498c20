"""The text rules as laws: only a refusal escapes, and what is accepted means the same when written again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ztassess.connectors.errors import Blocked
from ztassess.connectors.netguard import Guard, Url, parse_url
from ztassess.connectors.netguard.names import host_text, public_name

SCHEMES = ("http", "https")
PIECES = st.sampled_from(
    [
        *(
            "http",
            "https",
            "HTTP",
            "file",
            ":",
            "//",
            "/",
            "\\",
            "@",
            "#",
            "?",
            "[",
            "]",
            "%",
            "%00",
            ".",
            "..",
            "-",
            " ",
            "\t",
        ),
        *(
            "127.0.0.1",
            "127.1",
            "0x7f",
            "::1",
            "2606:4700::1111",
            "93.184.216.34",
            "a.example",
            "localhost",
            "xn--a",
            "80",
            "443",
            "0",
        ),
        *("\u2460", "\uff11", "\u3002", "\u200b", "A", "_", "*"),
    ]
)


@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(PIECES, max_size=12).map("".join),
        st.none(),
        st.binary(max_size=5),
        st.integers(),
    )
)
def test_only_a_refusal_escapes_and_acceptance_is_stable(text: object) -> None:
    try:
        url = parse_url(text, schemes=SCHEMES)
    except Blocked:
        return
    assert isinstance(url, Url)
    assert parse_url(str(url), schemes=SCHEMES) == url
    assert url.host == host_text(url.host)
    assert url.target.startswith("/")
    assert not {"@", "%", "\\", " "} & set(url.authority)


@given(st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=8).map("".join)), st.integers(-5, 70_000))
def test_pinned_addresses_are_public_whatever_was_entered(host: str, port: int) -> None:
    guard = Guard(resolver=lambda name, seconds: ("93.184.216.34",))
    try:
        pinned = guard.pin(host, port, ports=None)
    except Blocked:
        return
    assert all(Guard().address_ok(ip) for ip in pinned.addresses)


@pytest.mark.parametrize(
    ("text", "scheme", "host", "port", "target", "authority"),
    [
        ("https://Shop.Example", "https", "shop.example", 443, "/", "shop.example"),
        ("HTTPS://shop.example:8443/a/b?c=d#e", "https", "shop.example", 8443, "/a/b?c=d", "shop.example:8443"),
        ("http://shop.example:80?x", "http", "shop.example", 80, "/?x", "shop.example"),
        ("https://[2606:4700:0::1111]:8443/", "https", "2606:4700::1111", 8443, "/", "[2606:4700::1111]:8443"),
    ],
)
def test_url_is_taken_apart(text: str, scheme: str, host: str, port: int, target: str, authority: str) -> None:
    url = parse_url(text, schemes=SCHEMES)
    assert (url.scheme, url.host, url.port, url.target, url.authority) == (scheme, host, port, target, authority)


@pytest.mark.parametrize(
    "name", ["shop.example", "my-localhost.example", "internal.example", "local.example", "a.b.c.example"]
)
def test_names_that_only_look_special_are_public(name: str) -> None:
    public_name(name)


def test_too_long_is_refused() -> None:
    for text in ("https://a.example/" + "x" * 2048, "https://" + "a." * 130 + "example/"):
        with pytest.raises(Blocked):
            parse_url(text, schemes=SCHEMES)
