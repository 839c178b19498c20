"""Patterns of hosts and schemas: what they match, and when two of them can mean the same client."""

from __future__ import annotations

import pytest

from ztassess.connectors.mysql.hosts import is_any, is_broad, like, literal, may_meet


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("shop", "shop", True),
        ("shop", "SHOP", True),
        ("shop", "shops", False),
        ("shop%", "shop_eu", True),
        ("shop_eu", "shop_eu", True),
        ("shop_eu", "shopXeu", True),
        (r"shop\_eu", "shopXeu", False),
        (r"shop\_eu", "shop_eu", True),
        (r"shop\%", "shop%", True),
        (r"shop\%", "shopping", False),
        ("a.b", "aXb", False),
        ("%", "anything", True),
        ("", "", True),
    ],
)
def test_like(pattern: str, text: str, matches: bool) -> None:
    assert like(pattern, text) is matches


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("shop", "shop"),
        (r"shop\_eu", "shop_eu"),
        ("shop_eu", None),
        ("shop%", None),
        (r"a\\_b", None),
        (r"a\%b", "a%b"),
    ],
)
def test_a_pattern_without_wildcards_is_one_name(pattern: str, name: str | None) -> None:
    assert literal(pattern) == name


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("%", "10.0.0.1", True),
        ("%", "localhost", True),
        ("", "web.internal", True),
        ("10.%", "10.0.0.1", True),
        ("10.%", "10.0.%", True),
        ("10.%", "192.168.%", False),
        ("10.%", "localhost", False),
        ("localhost", "LOCALHOST", True),
        ("localhost", "127.0.0.1", False),
        ("%.internal", "web.internal", True),
        ("%.internal", "web%", True),
        ("%.internal", "%.example.com", False),
        ("web_", "web1", True),
        ("web_", "web12", False),
        ("10.0.0.0/255.0.0.0", "10.1.2.3", True),
        ("10.0.0.0/255.0.0.0", "11.1.2.3", False),
        ("10.0.0.0/255.0.0.0", "10.1.%", True),
        ("10.0.0.0/255.0.0.0", "localhost", False),
        ("10.0.0.0/255.0.0.0", "192.168.0.0/255.255.0.0", True),
        ("10.0.0.0/garbage", "10.0.0.1", True),
    ],
)
def test_two_patterns_meet_if_one_client_can_match_both(one: str, other: str, meet: bool) -> None:
    assert may_meet(one, other) is meet
    assert may_meet(other, one) is meet


def test_a_pattern_of_many_wildcards_is_compared_in_no_time() -> None:
    assert may_meet("%a" * 100 + "b", "%a" * 100 + "c") is False


@pytest.mark.parametrize(("host", "anywhere"), [("%", True), ("", True), ("%%", True), ("10.%", False), ("a", False)])
def test_any_host(host: str, anywhere: bool) -> None:
    assert is_any(host) is anywhere


@pytest.mark.parametrize(
    ("host", "broad"),
    [
        ("10.%", True),
        ("10.%.%.%", True),
        ("192.168.%", True),
        ("10.1.%", True),
        ("10.1.2.%", False),
        ("localhost", False),
    ],
)
def test_a_whole_network(host: str, broad: bool) -> None:
    assert is_broad(host) is broad
