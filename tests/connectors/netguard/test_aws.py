"""AWS clients: sealed sessions, hosts of the partition only, counted requests, a real moto server."""

from __future__ import annotations

import gc
import os
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.services.moto import start_moto
from ztassess.connectors.errors import Blocked, BudgetExceeded, InputInvalid
from ztassess.connectors.netguard import AwsCredentials, Budget, Guard, aws_client_factory
from ztassess.connectors.netguard import aws as aws_module

KEYS = AwsCredentials("ASIAEXAMPLE", "never-shown", "token-never-shown")
PUBLIC = "93.184.216.34"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """The address of a real moto server."""
    server = start_moto()
    yield server.endpoint
    server.stop()


@pytest.fixture
def hostile_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine full of settings that would lead a bare botocore elsewhere, or make it run a program."""
    marker = tmp_path / "ran"
    (tmp_path / "config").write_text(
        f"[default]\ncredential_process = /bin/sh -c 'touch {marker}'\nendpoint_url = http://127.0.0.1:9\n"
        "region = eu-south-2\ns3 =\n  addressing_style = path\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "someone-elses")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOPERATOR")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "operators")
    monkeypatch.setenv("AWS_CA_BUNDLE", "/nonexistent")
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")


def test_customers_client_knows_nothing_of_the_machine(hostile_environment: None, lab: Any, tmp_path: Path) -> None:
    client = aws_client_factory(Guard(), Budget(seconds=600), credentials=KEYS)("sts", "eu-west-1")
    assert client.meta.endpoint_url == "https://sts.eu-west-1.amazonaws.com"
    assert client._request_signer._credentials.access_key == KEYS.access_key
    assert not (tmp_path / "ran").exists()


def test_one_public_connection_for_a_call(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    budget = Budget(seconds=600, requests=1)
    client = aws_client_factory(Guard(), budget, credentials=KEYS)("sts", "us-east-1")
    with pytest.raises((EndpointConnectionError, BudgetExceeded)):
        client.get_caller_identity()
    assert lab.connects == [(PUBLIC, 443)]


@pytest.mark.parametrize("records", [("10.0.0.1",), (PUBLIC, "169.254.169.254"), ("::ffff:127.0.0.1",)])
def test_denied_record_ends_the_call_at_once_without_retries(records: tuple[str, ...], lab: Any) -> None:
    budget = Budget()
    guard = Guard(resolver=lambda name, seconds: records)
    with pytest.raises(Blocked):
        aws_client_factory(guard, budget, credentials=KEYS)("iam", "us-east-1").list_users()
    assert budget.requests == 1
    assert lab.connects == []


@pytest.mark.parametrize("region", ["us-east-1.attacker.example/", "x@127.0.0.1", "127.0.0.1:80/", "a b", "-", "../x"])
def test_region_cannot_lead_to_another_host(region: str, lab: Any) -> None:
    with pytest.raises(Exception, match=r"(?i)region|endpoint|host|reach"):
        aws_client_factory(Guard(), Budget(), credentials=KEYS)("ec2", region).describe_regions()
    assert lab.connects == []


@pytest.mark.parametrize(
    "host", ["evil.example", "amazonaws.com.evil.example", "amazonaws.com", "xamazonaws.com", "127.0.0.1"]
)
def test_only_hosts_of_the_partition_are_dialed(host: str, lab: Any) -> None:
    clients = aws_module._Clients(Guard(), Budget(), KEYS, "")
    with pytest.raises(Blocked):
        clients._dial(host, 443)
    assert lab.looked_up.total() == 0


@pytest.mark.parametrize("port", [80, 22, 8443])
def test_only_https_is_dialed(port: int, lab: Any) -> None:
    with pytest.raises(Blocked):
        aws_module._Clients(Guard(), Budget(), KEYS, "")._dial("sts.amazonaws.com", port)
    assert lab.connects == []


def test_operators_endpoint_is_reached_and_requests_are_counted(moto: str, hostile_environment: None) -> None:
    budget = Budget(seconds=600)
    made = aws_client_factory(Guard(), budget, credentials=KEYS, endpoint_url=moto)
    iam = made("iam", "us-east-1")
    iam.create_user(UserName="ann")
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["ann"]
    assert budget.requests == 2
    assert made("iam", "us-east-1") is iam
    assert made("iam", "eu-west-1") is not iam


def test_service_with_the_account_in_its_host_still_reaches_the_operators_endpoint(moto: str) -> None:
    made = aws_client_factory(Guard(), Budget(seconds=600), credentials=KEYS, endpoint_url=moto)
    with pytest.raises(ClientError, match="NoSuchPublicAccessBlockConfiguration"):
        made("s3control", "us-east-1").get_public_access_block(AccountId="123456789012")


def test_operators_endpoint_opens_nothing_else(moto: str) -> None:
    port = int(moto.rpartition(":")[2])
    clients = aws_module._Clients(Guard(), Budget(), KEYS, moto)
    for host, other in (("127.0.0.1", port + 1), ("127.0.0.2", port), ("10.0.0.1", port)):
        with pytest.raises(Blocked):
            clients._dial(host, other)


@pytest.mark.parametrize("url", ["http://169.254.169.254", "not a url", "http://", "http://[fe80::1]/"])
def test_endpoint_that_nobody_may_open_is_refused(url: str) -> None:
    with pytest.raises(InputInvalid):
        aws_client_factory(Guard(), Budget(), credentials=KEYS, endpoint_url=url)


def test_command_line_uses_the_operators_environment(moto: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOPERATOR")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "operators")
    identity = aws_client_factory(Guard(), Budget(seconds=600), credentials=None)(
        "sts", "us-east-1"
    ).get_caller_identity()
    assert identity["Account"] == "123456789012"


def test_request_limit_ends_a_paged_read_as_itself(moto: str) -> None:
    iam = aws_client_factory(Guard(), Budget(seconds=600, requests=1), credentials=KEYS, endpoint_url=moto)(
        "iam", "us-east-1"
    )
    iam.list_roles()
    with pytest.raises(BudgetExceeded):
        iam.list_roles()


def test_credentials_never_show() -> None:
    assert "never-shown" not in repr(KEYS)
    assert KEYS.access_key not in repr(KEYS)


def test_clients_are_freed_after_a_run(moto: str) -> None:
    """urllib3 keeps what a connection refers to until its pool is freed; a worker would grow with every scan."""
    factory = aws_client_factory(Guard(), Budget(seconds=60), credentials=KEYS, endpoint_url=moto)
    client = factory("sts", "us-east-1")
    client.get_caller_identity()
    freed = weakref.ref(client)
    del client, factory
    gc.collect()
    assert freed() is None
