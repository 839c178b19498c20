"""Wrong, unreachable and forbidden targets, from the connect form through the worker to the page: one sentence each."""

from __future__ import annotations

import socket
import time
from types import SimpleNamespace

import pytest

from ztassess.common.models import organization_scope
from ztassess.connectors.netguard import postgres as guarded_postgres
from ztassess.connectors.registry import connector
from ztassess.scans import work
from ztassess.scans.models import Finding, Scan, ScanState, StandingResult

SENTENCE = "Could not reach the host."
PUBLIC = "93.184.216.34"
NAMES = {
    "ten.example.com": ("10.1.2.3",),
    "mixed.example.com": (PUBLIC, "10.0.0.5"),
    "meta.example.com": ("169.254.169.254",),
    "mapped.example.com": ("::ffff:169.254.169.254",),
    "loop.example.com": ("127.0.0.1",),
}


@pytest.fixture(autouse=True)
def name_server(monkeypatch):
    """Names that lie; everything else does not exist. Addresses are answered as they are."""
    real = socket.getaddrinfo

    def getaddrinfo(host, port, *args, **kwargs):
        known = NAMES.get(str(host).rstrip("."))
        if known:
            return [
                (socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port or 0))
                for ip in known
            ]
        if str(host) == "localhost" or str(host)[:1].isdigit():
            return real(host, port, *args, **kwargs)
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(guarded_postgres, "CONNECT_SECONDS", 2)


@pytest.fixture
def bucket(monkeypatch) -> list[int]:
    """How many seconds each run is made to last, from its start to the end of its wait."""
    lengths: list[int] = []
    started: list[float] = []
    real = work._read_and_store

    def read(*args):
        started.append(time.monotonic())
        real(*args)

    def note(seconds):
        lengths.append(round(time.monotonic() + seconds - started[-1]))

    monkeypatch.setattr(work, "_read_and_store", read)
    monkeypatch.setattr(work, "time", SimpleNamespace(monotonic=time.monotonic, sleep=note))
    return lengths


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as closing:
        return str(closing.getsockname()[1])


def silent(connection: socket.socket) -> None:
    connection.settimeout(20)
    while connection.recv(4096):
        pass


TARGETS = {
    "private address": "10.0.0.5",
    "metadata address": "169.254.169.254",
    "metadata address, IPv6": "fd00:ec2::254",
    "decimal metadata address": "2852039166",
    "metadata name": "metadata.google.internal",
    "name of a private address": "ten.example.com",
    "name of a public and a private address": "mixed.example.com",
    "name of the metadata address": "meta.example.com",
    "name of a mapped metadata address": "mapped.example.com",
    "name of loopback": "loop.example.com",
    "name that does not exist": "nobody.example.com",
}


@pytest.mark.parametrize("host", TARGETS.values(), ids=TARGETS)
def test_forbidden_and_missing_targets_look_alike(company, bucket, caplog, host):
    caplog.set_level("INFO", logger=work.log.name)
    company.connect("postgres", host=host, port="5432", password="a-password-1234")
    scan = company.work()
    assert (scan.state, scan.error_code, scan.error_sentence) == (ScanState.FAILED, "unreachable", SENTENCE)
    assert company.reads(scan)
    assert bucket == [work.UNREACHABLE_SECONDS]
    assert "unreachable: " in caplog.text


@pytest.mark.parametrize("behavior", ["closed", "silent"])
def test_closed_and_silent_ports_look_like_forbidden_ones(company, bucket, settings, serve, behavior):
    settings.ALLOW_PRIVATE_TARGETS = "127.0.0.0/8"
    port = closed_port() if behavior == "closed" else str(serve(silent))
    company.connect("postgres", host="127.0.0.1", port=port, password="a-password-1234")
    scan = company.work()
    assert (scan.state, scan.error_code, scan.error_sentence) == (ScanState.FAILED, "unreachable", SENTENCE)
    assert bucket == [work.UNREACHABLE_SECONDS]


def test_reason_is_for_the_operator_only(company, caplog):
    caplog.set_level("INFO", logger=work.log.name)
    connection = company.connect("postgres", host="ten.example.com", password="a-password-1234")
    company.work()
    assert "address: 10.1.2.3 (private)" in caplog.text
    assert "10.1.2.3" not in company.page(f"connections/{connection.id}/")
    assert "10.1.2.3" not in company.page("settings/log/")


def test_unreachable_system_leaves_every_check_not_checked(company):
    connection = company.connect("postgres", host="ten.example.com", password="a-password-1234")
    company.work()
    scan = company.scan(connection)
    assert (scan.state, scan.error_code) == (ScanState.FAILED, "unreachable")
    with organization_scope(company.organization):
        assert not Finding.objects.exists()
        standing = StandingResult.objects.filter(connection=connection)
        assert {(row.outcome, row.latest_outcome, row.latest_reason_code) for row in standing} == {
            ("", "not_checked", "unreachable")
        }
        assert standing.count() == len(tuple(connector("postgres").checks))
    assert company.reads(scan)


def test_sixty_tests_an_hour_and_the_connection_is_kept(company):
    first = company.connect("postgres", host="10.0.0.5", password="a-password-1234")
    company.work()
    with organization_scope(company.organization):
        Scan.objects.bulk_create(
            Scan(organization=company.organization, connection=first, number=n, kind="preflight", state="failed")
            for n in range(2, 61)
        )
    kept = company.connect("postgres", host="10.0.0.5", password="a-password-1234")
    page = company.page(f"connections/{kept.id}/")
    assert "60 tests an hour are the limit; the connection is kept. Try again later." in page
    assert company.post(f"connections/{first.id}/test/").status_code == 302
    with organization_scope(company.organization):
        assert not Scan.objects.active().exists()


@pytest.mark.parametrize("code", ["InvalidClientTokenId", "ExpiredToken", "AccessDenied"])
def test_wrong_aws_credentials_are_told_and_judge_nothing(company, settings, moto, code):
    settings.AWS_ENDPOINT_URL = moto.endpoint
    moto.fail("", code, message="a secret text of the vendor")
    connection = company.connect(
        "aws",
        access_key_id="ASIAIOSFODNN7EXAMPLE",
        secret_access_key="not-a-real-secret-0123456789",
        session_token="not-a-real-token-0123456789",
        regions="us-east-1",
    )
    scan = company.work()
    assert (scan.state, scan.error_code) == (ScanState.FAILED, "auth_failed")
    assert scan.error_sentence.startswith(f"The credentials were refused by AWS ({code}).")
    assert company.reads(scan)
    assert "not-a-real" not in company.page(f"connections/{connection.id}/")
    scan = company.scan(connection)
    assert scan.state == ScanState.FAILED
    with organization_scope(company.organization):
        assert not Finding.objects.filter(outcome__in=["pass", "fail"]).exists()
        assert set(StandingResult.objects.values_list("outcome", "latest_outcome")) == {("", "not_checked")}
