"""How long the portfolio takes with 1,000 clients, beside the same page with 10, in one run.

    python tests/benchmarks/portfolio_thousand.py [--clients 1000] [--days 365] [--runs 60]

Fills a fresh database with two consultants, one with ten clients and one with ``--clients``, each with a recorded score
for each of ``--days`` days, starts gunicorn with one worker, and asks for each page in turns over HTTP, as a browser
does. Prints p50 of both, their ratio, and the number of queries. The limit is a ratio of 2 for the table of clients,
and the same number of queries for every page. ``ZTASSESS_BENCHMARK_DATABASE`` is the address of an empty PostgreSQL
database to fill instead of a file of SQLite. Exit code 1 above a limit.
"""

from __future__ import annotations

import argparse
import base64
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

FEW = 10
MOST = 2.0
WARM = 5
TABLE = "/portfolio/"
PATHS = (
    TABLE,
    "/portfolio/?is=any&sort=mfa",
    "/portfolio/by/",
    "/portfolio/by/check/google_workspace.two_step_enforced_users/",
    "/portfolio/charts/",
    "/portfolio/clients.csv",
)
OK = 200


@dataclass(frozen=True)
class Consultant:
    """Somebody signed in: a test client that counts queries, and the session for the server."""

    web: Any
    session: str


def django_in(folder: str) -> None:
    """Settings and tables in a folder of this run; the server inherits them."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "ztassess.settings"
    os.environ["ZTASSESS_SECRET_KEY"] = "benchmark"
    os.environ["ZTASSESS_ENCRYPTION_KEYS"] = "k1:" + base64.b64encode(bytes(range(32))).decode()
    os.environ["ZTASSESS_DATA_DIR"] = folder
    if database := os.environ.get("ZTASSESS_BENCHMARK_DATABASE"):
        os.environ["DATABASE_URL"] = database
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    settings.ALLOWED_HOSTS = ["*"]
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)


def consultant(name: str, clients: int, days: int) -> Consultant:
    """A signed-in person with so many clients."""
    from django.test import Client

    from tests.portfolio.book import book_of
    from ztassess.accounts.models import User

    user = User.objects.create_user(f"{name}@example.com", None, name=name)
    begun = time.perf_counter()
    book_of(user, [f"{name} client {number}" for number in range(clients)], days=days)
    print(f"{clients} clients with {days} scores each, filled in {time.perf_counter() - begun:.0f} s")  # noqa: T201
    web = Client()
    web.force_login(user)
    return Consultant(web, web.cookies["sessionid"].value)


@contextmanager
def served() -> Iterator[str]:
    """Gunicorn with one worker on a free port; its address."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "ztassess.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "1"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=ROOT, **quiet)  # type: ignore[call-overload]  # two plain options
    base = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                httpx.get(base + "/", timeout=10)
                break
            except httpx.TransportError:
                time.sleep(0.2)
        yield base
    finally:
        process.terminate()
        process.wait(timeout=20)


def queries_of(who: Consultant, path: str) -> int:
    """How many queries a page takes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    who.web.get(path)
    with CaptureQueriesContext(connection) as captured:
        answer = who.web.get(path)
    assert answer.status_code == OK, f"{path}: {answer.status_code}"
    return len(captured)


def milliseconds(web: httpx.Client, path: str) -> float:
    """One page, from asking to the last byte."""
    begun = time.perf_counter()
    answer = web.get(path)
    took = 1000 * (time.perf_counter() - begun)
    assert answer.status_code == OK, f"{path}: {answer.status_code}"
    return took


def main() -> int:
    """Fill, ask in turns, print; 1 above a limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--runs", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        django_in(folder)
        few, many = (consultant(name, n, options.days) for name, n in (("few", FEW), ("many", options.clients)))
        with served() as base:
            return compare(few, many, base, options)


def compare(few: Consultant, many: Consultant, base: str, options: argparse.Namespace) -> int:
    """Print a line for each page; 1 if a limit is broken."""
    broken = False
    webs = [httpx.Client(base_url=base, cookies={"sessionid": who.session}, timeout=60) for who in (few, many)]
    print(f"{'page':62} {FEW:>8} {options.clients:>8}  ratio  queries")  # noqa: T201  its answer
    for path in PATHS:
        taken: tuple[list[float], list[float]] = ([], [])
        for run in range(options.runs + WARM):
            for place, web in enumerate(webs):
                took = milliseconds(web, path)
                if run >= WARM:
                    taken[place].append(took)
        small, large = (statistics.median(each) for each in taken)
        counted = queries_of(few, path), queries_of(many, path)
        words = f"{counted[0]} and {counted[1]}"
        print(f"{path:62} {small:5.1f} ms {large:5.1f} ms  {large / small:5.2f}  {words}")  # noqa: T201
        broken |= counted[0] != counted[1] or (path == TABLE and large / small >= MOST)
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
