"""Wall time of the access review with many accounts: the first page, a page again, and a page after a decision.

    python tests/benchmarks/access_table.py [--accounts 20000] [--runs 5]

Fills an installation of its own in a temporary folder (SQLite) with three systems that tell so many accounts in all,
decides about half of them, and asks for pages in this process. Prints medians in milliseconds, and the peak memory.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
KIB = 1024
SYSTEMS = (("okta", "Directory"), ("aws", "Cloud"), ("github", "Code"))


def settled(folder: str) -> dict[str, str]:
    """The environment of an installation that nobody else uses."""
    return os.environ | {
        "ZTASSESS_DATA_DIR": folder,
        "ZTASSESS_SECRET_KEY": "benchmark",
        "ZTASSESS_ENCRYPTION_KEYS": "b:" + "A" * 43 + "=",
        "DJANGO_SETTINGS_MODULE": "ztassess.settings",
        "DATABASE_URL": "",
    }


def filled(accounts: int) -> tuple[Any, Any]:
    """An organization whose systems tell so many accounts, and its owner."""
    from django.utils import timezone

    from ztassess.accounts.models import User
    from ztassess.connectors.registry import connector
    from ztassess.connectors.sharing import share_json
    from ztassess.domain.roster import Account, AccountKind, Share
    from ztassess.organizations.services import organization_create
    from ztassess.scans.models import ConnectionShare
    from ztassess.scans.services.connections import connection_create

    owner = User.objects.create_user("owner@acme.example", "x", name="Olga Owner")
    organization = organization_create(name="Acme", owner=owner, facts={})
    from ztassess.common.models import organization_scope

    with organization_scope(organization):
        each, kind = accounts // len(SYSTEMS), AccountKind.PERSON
        for slug, name in SYSTEMS:
            connection = connection_create(
                organization=organization, connector=connector(slug), name=name, entered={}, secrets={}, actor=owner
            )
            told = tuple(
                Account(f"u{number}", f"u{number}@x.io", kind, (f"u{number}@x.io",), True, number % 50 == 0)
                for number in range(each)
            )
            share = Share(told, authority=slug == "okta")
            ConnectionShare.objects.create(
                organization=organization, connection=connection, value=share_json(share), taken_at=timezone.now()
            )
    return organization, owner


def timed(act: Callable[[], object], runs: int) -> float:
    """Median of wall time in milliseconds."""
    took = []
    for _ in range(runs):
        since = time.perf_counter()
        act()
        took.append((time.perf_counter() - since) * 1000)
    return statistics.median(took)


def child(accounts: int, runs: int) -> None:
    """Fill, ask, say."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client
    from django.utils import timezone

    settings.ALLOWED_HOSTS = ["testserver"]
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
    call_command("migrate", verbosity=0)
    from ztassess.access_reviews.selectors import read_access
    from ztassess.access_reviews.services.decisions import Choice, decision_record, decisions_record
    from ztassess.common.models import organization_scope
    from ztassess.domain.access_decisions import Decision

    organization, owner = filled(accounts)
    client = Client()
    client.force_login(owner)
    url = f"/o/{organization.slug}/access/"

    def page() -> None:
        answer = client.get(url)
        assert answer.status_code == 200, answer.status_code

    found = {"first page": timed(page, 1), "page again": timed(page, runs)}
    with organization_scope(organization):
        decisions_record(
            organization=organization,
            actor=owner,
            pick=lambda reading: reading.entries[: accounts // 2],
            seen_at=timezone.now(),
            choice=Choice(Decision.KEEP, "Needed daily."),
        )
        waiting = [each.ref for each in read_access(organization).entries if each.current is None]

    def decide() -> None:
        connection, key = waiting.pop()
        with organization_scope(organization):
            decision_record(
                organization=organization,
                actor=owner,
                connection_id=connection,
                account_key=key,
                version=0,
                choice=Choice(Decision.KEEP, "Needed daily."),
            )

    found |= {"page, half decided": timed(page, runs), "decision": timed(decide, runs)}
    found["memory, MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB
    print(json.dumps(found))  # noqa: T201  its answer


def main() -> int:
    """Measure in a process of its own, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=20000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--child", action="store_true")
    asked = parser.parse_args()
    if asked.child:
        child(asked.accounts, asked.runs)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--child", "--accounts", str(asked.accounts), "--runs", str(asked.runs)]
        ran = subprocess.run(command, cwd=ROOT, env=settled(folder), stdout=subprocess.PIPE, text=True, check=True)
    for name, value in json.loads(ran.stdout.splitlines()[-1]).items():
        print(f"{name:>20} {value:8.0f}")  # noqa: T201  a command line's answer
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
