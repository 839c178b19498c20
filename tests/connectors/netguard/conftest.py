"""Owns the lab: names that lie, and sockets that only record."""

from __future__ import annotations

import socket
from collections import Counter
from dataclasses import dataclass, field

import pytest

PUBLIC = "93.184.216.34"
NAMES = {
    "mixed": (PUBLIC, "10.0.0.5"),
    "mixed-last": (PUBLIC, PUBLIC, PUBLIC, "127.0.0.1"),
    "mapped6": ("::ffff:169.254.169.254",),
    "compat6": ("::7f00:1",),
    "nat64": ("64:ff9b::a9fe:a9fe",),
    "sixto4": ("2002:7f00:1::",),
    "teredo": ("2001:0:7f00:1::",),
    "cgnat": ("100.100.100.200",),
    "loop": ("127.0.0.1",),
    "loop6": ("::1",),
    "zero": ("0.0.0.0",),  # noqa: S104  nothing listens, it is a lie of a name server
    "meta": ("169.254.169.254",),
    "meta6": ("fd00:ec2::254",),
    "azure": ("168.63.129.16",),
    "oracle": ("192.0.0.192",),
    "alibaba": ("100.100.100.200",),
    "ten": ("10.1.2.3",),
    "ula": ("fd12::1",),
    "link6": ("fe80::1",),
    "scoped": ("fe80::1%eth0",),
    "multicast": ("224.0.0.1",),
    "broadcast": ("255.255.255.255",),
    "many": tuple(f"93.184.216.{last}" for last in range(1, 18)),
}


@dataclass
class Lab:
    """A network in which every look-up and every connection is recorded and nothing leaves the machine.

    Attributes:
        connects: (address, port) of every attempt.
        looked_up: how often each name was asked.
        backstop: loopback port that answers for public addresses; None refuses everything.
    """

    connects: list[tuple[str, int]] = field(default_factory=list)
    looked_up: Counter[str] = field(default_factory=Counter)
    backstop: int | None = None

    def addresses(self, name: str) -> tuple[str, ...]:
        """What the lab's name server says; `rebind` changes its mind after the first question."""
        name = name.rstrip(".").lower()
        self.looked_up[name] += 1
        for suffix in ("attacker.example", "attacker.amazonaws.com"):
            if name.endswith(f".{suffix}"):
                label = name.removesuffix(f".{suffix}").rpartition(".")[2]
                if label == "rebind":
                    return (PUBLIC,) if self.looked_up[name] == 1 else ("127.0.0.1",)
                return NAMES[label]
        if name.endswith(("public.example", ".amazonaws.com")):
            return (PUBLIC,)
        raise socket.gaierror(socket.EAI_NONAME, "lab: no such name")

    def clear(self) -> None:
        self.connects.clear()
        self.looked_up.clear()


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The lab, in place of getaddrinfo and of every Python socket's connect."""
    made, real_connect = Lab(), socket.socket.connect
    peers: dict[int, tuple[str, int]] = {}

    def getaddrinfo(host, port, *args, **kwargs):  # type: ignore[no-untyped-def]  # the module's own loose signature
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(family[":" in ip], socket.SOCK_STREAM, 6, "", (ip, port or 0)) for ip in made.addresses(str(host))]

    def connect(sock: socket.socket, address: tuple[str, int]) -> None:
        made.connects.append((str(address[0]), int(address[1])))
        if made.backstop is None:
            raise ConnectionRefusedError("lab: nobody answers")
        peers[sock.fileno()] = made.connects[-1]
        real_connect(sock, ("127.0.0.1", made.backstop))

    def getpeername(sock: socket.socket) -> tuple[str, int]:
        return peers[sock.fileno()]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "getpeername", getpeername)
    return made
