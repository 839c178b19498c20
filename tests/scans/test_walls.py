"""A worker process reaches its own database, broker and mail, and nothing else that is denied."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

from ztassess.scans.walls import internal_targets


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("redis://cache.internal:6380/0", "cache.internal:6380"),
        ("redis://cache.internal/0", "cache.internal:6379"),
        ("redis+socket:///run/zt/broker.sock?virtual_host=0", "/run/zt/broker.sock"),
    ],
)
def test_broker_is_reachable_behind_the_walls(settings, url, target):
    settings.REDIS_URL = url
    assert target in internal_targets()


def test_operator_endpoint_is_reachable_behind_the_walls(settings):
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:5055"
    assert "127.0.0.1:5055" in internal_targets()


def run_behind_walls(code: str, **environment: str) -> str:
    """The walls cannot be taken down in a process, so each test has one of its own."""
    script = textwrap.dedent(
        """
        import django
        django.setup()
        from ztassess.scans.walls import raise_walls
        raise_walls()
        import os, socket
        """
    ) + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "ztassess.settings"} | environment,
    )
    return done.stdout + done.stderr


def test_raw_socket_to_the_metadata_address_is_refused():
    out = run_behind_walls(
        """
        try:
            socket.create_connection(("169.254.169.254", 80), timeout=1)
        except Exception as problem:
            print(type(problem).__name__)
        """
    )
    assert "Blocked" in out


def test_socket_to_the_broker_is_allowed_where_loopback_is_denied():
    out = run_behind_walls(
        """
        server = socket.create_server(("127.0.0.1", int(os.environ["REDIS_URL"].rsplit(":", 1)[1])))
        socket.create_connection(server.getsockname(), timeout=1)
        print("connected")
        """,
        REDIS_URL="redis://127.0.0.1:46379",
    )
    assert "connected" in out


def test_ambient_names_are_gone_and_the_own_identity_stays():
    out = run_behind_walls(
        'print(sorted(name for name in os.environ if name.startswith(("AWS_", "PG", "HTTPS_"))))',
        AWS_PROFILE="admin",
        AWS_ENDPOINT_URL="http://127.0.0.1:1",
        PGSERVICE="prod",
        HTTPS_PROXY="http://127.0.0.1:1",
        AWS_ACCESS_KEY_ID="ASIAEXAMPLE",
    )
    assert "['AWS_ACCESS_KEY_ID']" in out
