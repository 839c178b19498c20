"""Pinning: names, records, ports, and what an operator's list opens and does not open."""

from __future__ import annotations

import threading

import pytest

from ztassess.connectors.errors import Blocked, InputInvalid, Unreachable
from ztassess.connectors.netguard import Guard
from ztassess.connectors.netguard.resolving import resolve

PUBLIC = "93.184.216.34"


def _guard(*allowed: str, records: tuple[str, ...] = (PUBLIC,), asked: list[str] | None = None) -> Guard:
    def resolver(name: str, seconds: float) -> tuple[str, ...]:
        if asked is not None:
            asked.append(name)
        return records

    return Guard(allowed, resolver=resolver)


def _refusal(guard: Guard, host: str, port: int = 443, ports: tuple[int, ...] | None = (443,)) -> str:
    with pytest.raises(Blocked) as caught:
        guard.pin(host, port, ports=ports)
    assert caught.value.sentence == "Could not reach the host."
    return caught.value.reason.partition(":")[0]


def test_name_is_looked_up_once_with_a_trailing_dot() -> None:
    asked: list[str] = []
    pinned = _guard(asked=asked).pin("Vendor.Example", 443, ports=(443,))
    assert asked == ["vendor.example."]
    assert (pinned.host, pinned.ip, pinned.port, pinned.addresses) == ("vendor.example", PUBLIC, 443, (PUBLIC,))


def test_literal_is_not_looked_up() -> None:
    asked: list[str] = []
    assert _guard(asked=asked).pin("2606:4700:0::1111", 443, ports=None).ip == "2606:4700::1111"
    assert asked == []


@pytest.mark.parametrize("records", [(PUBLIC, "10.0.0.1"), ("10.0.0.1", PUBLIC), (PUBLIC,) * 15 + ("::1",)])
def test_one_denied_record_refuses_all(records: tuple[str, ...]) -> None:
    assert _refusal(_guard(records=records), "vendor.example") == "address"


def test_too_many_records_are_refused() -> None:
    assert _refusal(_guard(records=tuple(f"93.184.216.{n}" for n in range(17))), "vendor.example") == "records"


def test_no_record_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        _guard(records=()).pin("vendor.example", 443, ports=None)


def test_port_outside_the_list_is_refused_before_the_look_up() -> None:
    asked: list[str] = []
    assert _refusal(_guard(asked=asked), "vendor.example", 6379) == "port"
    assert asked == []


@pytest.mark.parametrize("port", [0, -1, 65536, True, "443", 443.0, None])
def test_what_is_not_a_port_is_refused(port: object) -> None:
    assert _refusal(_guard(), "vendor.example", port, None) == "port"  # type: ignore[arg-type]


@pytest.mark.parametrize("host", [None, 5, b"vendor.example", "", "a" * 300 + ".example", "a..example"])
def test_what_is_not_a_host_is_refused(host: object) -> None:
    assert _refusal(_guard(), host) == "text"  # type: ignore[arg-type]


def test_listed_host_may_be_private_on_any_port_without_a_public_name() -> None:
    asked: list[str] = []
    guard = _guard("localhost", records=("::1", "127.0.0.1"), asked=asked)
    pinned = guard.pin("localhost", 55432, ports=(443,))
    assert pinned.addresses == ("::1", "127.0.0.1")
    assert asked == ["localhost"]  # no trailing dot: such names live in /etc/hosts and search domains


def test_listed_range_opens_its_addresses_on_any_port() -> None:
    assert _guard("10.1.0.0/16").pin("10.1.2.3", 8080, ports=(443,)).ip == "10.1.2.3"
    assert _refusal(_guard("10.1.0.0/16"), "10.2.0.1") == "address"


def test_listed_range_opens_a_public_name_that_leads_into_it_but_not_its_port() -> None:
    guard = _guard("10.1.0.0/16", records=("10.1.0.5",))
    assert guard.pin("app.shop.example", 443, ports=(443,)).ip == "10.1.0.5"
    assert _refusal(guard, "app.shop.example", 8080) == "port"
    assert _refusal(guard, "db.internal") == "name"


def test_listing_one_host_opens_no_other() -> None:
    guard = _guard("db.internal", records=("10.1.0.5",))
    assert guard.pin("db.internal", 5432, ports=None).ip == "10.1.0.5"
    for other in ("x.db.internal", "db.internal.evil.example", "web.internal"):
        assert _refusal(guard, other) in ("name", "address")


@pytest.mark.parametrize(
    "record", ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "fe80::1", "224.0.0.1", "::ffff:10.0.0.1"]
)
def test_listed_host_never_leads_to_metadata_link_local_or_multicast(record: str) -> None:
    guard = _guard("db.internal", "100.64.0.0/10", "fc00::/7", records=(record,))
    assert _refusal(guard, "db.internal") == "address"
    assert _refusal(guard, record) in ("address", "text")


def test_peer_of_a_listed_name_may_be_private() -> None:
    guard = _guard("db.internal")
    assert guard.address_ok("10.0.0.1", host="db.internal")
    assert not guard.address_ok("10.0.0.1")
    assert not guard.address_ok("169.254.169.254", host="db.internal")
    assert not guard.address_ok("garbage")


def test_redirects_get_a_policy_without_private_targets() -> None:
    guard = _guard("127.0.0.0/8").public_only()
    assert _refusal(guard, "127.0.0.1") == "address"


def test_nat64_prefix_judges_the_address_inside() -> None:
    guard = Guard(nat64=("64:ff9b::/96",))
    assert guard.address_ok("64:ff9b::5db8:d822")
    assert not guard.address_ok("64:ff9b::a9fe:a9fe")
    assert not Guard().address_ok("64:ff9b::5db8:d822")


def test_setting_is_parsed_into_entries() -> None:
    assert Guard.parse_allowed(" localhost, 127.0.0.0/8  ::1,db.internal,localhost ") == (
        *("localhost", "127.0.0.0/8", "::1", "db.internal"),
    )
    assert Guard.parse_allowed("") == ()


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0/0",
        "169.254.169.254",
        "169.254.0.0/16",
        "10.0.0.1/8",
        "224.0.0.1",
        "http://db",
        "db:5432",
        "fe80::/10",
        "*",
    ],
)
def test_setting_that_opens_too_much_or_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(InputInvalid):
        Guard.parse_allowed(f"localhost,{text}")


def test_hung_resolver_ends_at_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        release.wait(60)
        return []

    monkeypatch.setattr("socket.getaddrinfo", hang)
    with pytest.raises(Unreachable) as caught:
        resolve("slow.example.", 0.05)
    release.set()
    assert caught.value.how == "timeout"


def test_unknown_name_is_unreachable_with_the_same_sentence_as_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise OSError("no such name")

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    with pytest.raises(Unreachable) as caught:
        Guard().pin("nothing.example", 443, ports=None)
    assert (caught.value.how, caught.value.sentence) == ("name", Blocked("x").sentence)
