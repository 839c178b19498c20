"""The doorbell: whatever is wrong with the broker, ringing never raises, never waits long, the row is rung later."""

from __future__ import annotations

import base64
import json
import os
import signal
from collections.abc import Iterator

import kombu.utils.functional
import pytest
import redis

from tests.services.redis import RedisServer, start_redis
from ztassess.celery import app
from ztassess.scans import bell
from ztassess.scans.dispatch import ring_due
from ztassess.scans.models import Scan
from ztassess.scans.services.scans import scan_request

pytestmark = pytest.mark.redis


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    started = start_redis()
    yield started
    started.stop()


@pytest.fixture
def broker(server, monkeypatch) -> Iterator[RedisServer]:
    """The server, healthy, as this process' broker; the breaker is closed, and nothing may sleep between tries."""
    monkeypatch.setattr(app.conf, "broker_url", server.url)
    monkeypatch.setattr(bell, "_quiet_until", 0.0)
    monkeypatch.setattr(kombu.utils.functional, "sleep", no_sleep)
    yield server
    with redis.from_url(server.url) as line:
        line.config_set("maxmemory", "0")
        line.replicaof("NO", "ONE")
        line.flushall()


def no_sleep(seconds: float) -> None:
    raise AssertionError("a bell slept between two tries while a person waits")


@pytest.fixture
def frozen(broker) -> Iterator[None]:
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGSTOP)
    yield
    os.kill(broker.pid, signal.SIGCONT)


def full(line: redis.Redis) -> None:
    line.config_set("maxmemory-policy", "noeviction")
    line.config_set("maxmemory", "1mb")


def read_only(line: redis.Redis) -> None:
    line.replicaof("127.0.0.1", 1)


def wiped(line: redis.Redis) -> None:
    line.flushall()


def ring() -> bool:
    return bell.ring("organization", "scan")  # type: ignore[arg-type]  # any text does: it is not looked at


def test_bell_is_taken_and_carries_ids_only(broker):
    assert ring()
    with redis.from_url(broker.url) as line:
        [message] = [json.loads(text) for text in line.lrange("scan", 0, -1)]
    arguments, keywords, _ = json.loads(base64.b64decode(message["body"]))
    assert (arguments, keywords) == (["organization", "scan"], {})
    assert message["content-type"] == "application/json"


@pytest.mark.parametrize(("fault", "taken"), [(full, False), (read_only, False), (wiped, True)])
def test_bell_never_raises(broker, fault, taken):
    ring()
    with redis.from_url(broker.url) as line:
        fault(line)
    assert ring() is taken


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "redis+socket:///nonexistent/broker.sock"])
def test_broker_that_is_gone_costs_no_second_try(broker, monkeypatch, url):
    monkeypatch.setattr(app.conf, "broker_url", url)
    assert not ring()


def test_frozen_broker_lets_go_of_the_request(broker, frozen):
    """Returns while the broker is still frozen; without the short socket timeout it would wait for ever."""
    assert not ring()


def test_after_one_failure_none_is_tried_for_moments(broker, monkeypatch):
    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:1/0")
    assert not ring()
    monkeypatch.setattr(app.conf, "broker_url", broker.url)
    assert not ring()
    monkeypatch.setattr(bell, "_quiet_until", 0.0)
    assert ring()


def test_row_that_could_not_be_rung_is_rung_by_the_sweeper(broker, connection, owner, monkeypatch):
    scan, _ = scan_request(connection=connection, actor=owner)
    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:1/0")
    assert ring_due(scan.organization_id) == 0
    assert Scan.objects.get(id=scan.id).rung_at is None
    monkeypatch.setattr(app.conf, "broker_url", broker.url)
    monkeypatch.setattr(bell, "_quiet_until", 0.0)
    assert ring_due() == 1
    with redis.from_url(broker.url) as line:
        assert line.llen("scan") == 1
