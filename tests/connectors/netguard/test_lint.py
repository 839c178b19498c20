"""No code outside of netguard opens a connection: read from the syntax tree of every module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3] / "ztassess"
# Importing one of these is enough: there is no other reason to have it.
CLIENTS = {
    *("requests", "httpx", "httpcore", "urllib3", "aiohttp", "boto3", "pymysql", "paramiko", "websockets", "pycurl"),
    *("urllib.request", "http.client", "ftplib", "telnetlib", "poplib", "imaplib", "xmlrpc.client", "smtplib"),
}
# These have other uses; calling one of these functions has not.
CALLS = {
    *(
        "socket.create_connection",
        "socket.socket",
        "asyncio.open_connection",
        "psycopg.connect",
        "psycopg.AsyncConnection.connect",
    ),
    *(
        "psycopg.Connection.connect",
        "botocore.session.Session",
        "botocore.session.get_session",
        "ssl.get_server_certificate",
    ),
}
# Programs that dial only their own installation's services, at addresses no customer can influence, and downloads,
# which dial on the customer's machine; here their sockets are given to them (see `DIALERS`).
ALLOWED = {
    "supervisor": "waits for the children it started itself",
    "bootstrap": "looks whether the port of the page is free",
    **dict.fromkeys(("connectors/tls_probe/runner.py", "connectors/http_probe/probe.py"), "a download"),
}

# The functions of a download that dial by themselves, and those that call them: never to be used by our own modules.
DIALERS = {
    "connectors/tls_probe/runner.py": {"beside_a_sidecar", "main"},
    "connectors/http_probe/probe.py": {"plain_ask", "plain_dial", "probe_all", "main"},
}


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _offenses(source: str) -> Iterator[str]:
    names: dict[str, str] = {}
    tree = ast.parse(source)
    for node in ast.walk(tree):
        imported: list[str] = []
        if isinstance(node, ast.Import):
            imported = [alias.name for alias in node.names]
            names.update({alias.asname: alias.name for alias in node.names if alias.asname})
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            names.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
        yield from (f"{node.lineno}: import {name}" for name in imported if _is_client(name))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            first, dot, rest = _dotted(node.func).partition(".")
            called = names.get(first, first) + dot + rest
            if called in CALLS:
                yield f"{node.lineno}: {called}()"


def _is_client(name: str) -> bool:
    return any(name == client or name.startswith(f"{client}.") for client in CLIENTS)


def test_only_netguard_opens_connections() -> None:
    modules = [path for path in ROOT.rglob("*.py") if "netguard" not in path.relative_to(ROOT).parts]
    assert len(modules) > 20
    found = [
        f"{path.relative_to(ROOT)}:{offense}"
        for path in modules
        if not str(path.relative_to(ROOT)).startswith(tuple(ALLOWED))
        for offense in _offenses(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize("download", DIALERS)
def test_downloads_dial_only_where_they_run_alone(download: str) -> None:
    path = ROOT / download
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    dialing = {each.name for each in functions if "create_connection" in ast.unparse(each)}
    assert dialing
    assert dialing <= DIALERS[download]
    for other in (each for each in path.parent.glob("*.py") if each != path):
        used = {node.attr for node in ast.walk(ast.parse(other.read_text("utf-8"))) if isinstance(node, ast.Attribute)}
        imported = {
            alias.name
            for node in ast.walk(ast.parse(other.read_text("utf-8")))
            if isinstance(node, ast.ImportFrom) and str(node.module).endswith(path.stem)
            for alias in node.names
        }
        assert not (used | imported) & DIALERS[download], other.name


@pytest.mark.parametrize(
    "source",
    [
        *(
            "import requests",
            "import httpx as h",
            "from urllib import request",
            "import urllib.request",
            "from http import client",
        ),
        *("import boto3.session", "from boto3 import client", "import socket\nsocket.create_connection(('a', 1))"),
        *(
            "from socket import create_connection as c\nc(('a', 1))",
            "import socket as s\ns.socket()",
            "import psycopg\npsycopg.connect('')",
        ),
        *(
            "from psycopg import Connection\nConnection.connect('')",
            "def f():\n    import smtplib",
            "import botocore.session\nbotocore.session.Session()",
        ),
    ],
)
def test_offense_is_found(source: str) -> None:
    assert list(_offenses(source))


@pytest.mark.parametrize(
    "source",
    [
        "import socket\nsocket.gethostname()",
        "from botocore.exceptions import ClientError",
        "import psycopg",
        "import ssl",
    ],
)
def test_harmless_use_is_no_offense(source: str) -> None:
    assert not list(_offenses(source))
