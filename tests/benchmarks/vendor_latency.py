"""Wall time and memory of one scan of a vendor that takes 200 ms for every answer, in one run.

    python tests/benchmarks/vendor_latency.py [--people 5000] [--latency 0.2] [--runs 3] [--memory-people 20000]

The scan is Okta's, reading and judgment, in a process of its own; the vendor is the stand-in of its tests. The floor is
the longest chain of requests of which each needs the answer before it: signing in, every page of the longest list (each
page names the next one), and what hangs on the lists. Prints wall time, floor and their ratio, then the peak memory
with ``--memory-people`` and no latency. Exit code 1 above the limits: 1.5 times the floor, 300 MiB.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.connectors.okta.conftest import PRIVATE  # noqa: E402  the path is set above
from tests.connectors.okta.fake import CLIENT, KID, Org  # noqa: E402
from tests.connectors.okta.org import user  # noqa: E402
from tests.fakes.vendor import authority, context_for  # noqa: E402
from ztassess.connectors.netguard import Guard  # noqa: E402
from ztassess.connectors.registry import connector  # noqa: E402
from ztassess.connectors.runner import read_once  # noqa: E402

MOST_TIME, MOST_MEMORY = 1.5, 300.0
KIB = 1024
PAGE = 200
HANGING = 1
"""Rules hang on policies, assignments on apps; nothing hangs on those."""
KEY_NAME = "BENCHMARK_PRIVATE_KEY"


def child(address: str, authorities: str) -> None:
    """Do the scan and say what it took: seconds, peak memory in MiB, requests, outcomes."""
    okta = connector("okta")
    entered = {"org_url": address, "client_id": CLIENT, "key_id": KID, "dpop": "yes"}
    context = context_for(okta, entered, {"private_key": os.environ[KEY_NAME]}, seconds=220.0)
    guard = Guard(allow_private=Guard.parse_allowed("localhost"), extra_ca=authorities)
    since = time.perf_counter()
    reading = read_once(okta, replace(context, guard=guard, pause=None))
    seconds = time.perf_counter() - since
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB
    outcomes = Counter(result.outcome.value for result in reading.results)
    print(json.dumps({"seconds": seconds, "memory": memory, "outcomes": outcomes}))  # noqa: T201  its answer


def filled(people: int) -> Org:
    """An org of so many people, 200 a page, as Okta sends them."""
    org = Org()
    org.size = PAGE
    org.data["users"] = [user(f"00u{number}", f"person{number}@acme.example") for number in range(1, people + 1)]
    factor = org.data["factors"]["00u1"]
    org.data["factors"] = {each["id"]: factor for each in org.data["users"]}
    return org


def measured(org: Org) -> dict[str, Any]:
    """One scan in a process of its own."""
    org.requests.clear()
    command = [sys.executable, str(Path(__file__)), "--child", org.base, "--authority", authority()[1]]
    environment = os.environ | {KEY_NAME: PRIVATE}
    ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def longest_chain(org: Org) -> int:
    """Requests in the longest chain: what the org is, signing in, our own rights, the longest list, what hangs on."""
    paths = Counter(request.path for request in org.requests)
    before = sum(count for path, count in paths.items() if path.endswith("/token")) + 2
    return before + max(count for path, count in paths.items() if re.fullmatch(r"/api/v1/[\w-]+", path)) + HANGING


def main(arguments: argparse.Namespace) -> int:
    with filled(arguments.people) as org:
        assert isinstance(org, Org)
        org.latency = arguments.latency
        runs = [measured(org) for _ in range(arguments.runs)]
        chain, requests, at_once = longest_chain(org), len(org.requests), org.most_at_once
    seconds = statistics.median(run["seconds"] for run in runs)
    floor = chain * arguments.latency
    ratio = seconds / floor
    print(f"{arguments.people} people, {arguments.latency * 1000:.0f} ms an answer: {requests} requests")  # noqa: T201
    print(f"scan {seconds:.2f} s, floor {floor:.2f} s ({chain} requests in a row), ratio {ratio:.2f}")  # noqa: T201
    print(f"at most {at_once} requests at once; {dict(runs[-1]['outcomes'])}")  # noqa: T201
    with filled(arguments.memory_people) as org:
        assert isinstance(org, Org)
        memory = measured(org)["memory"]
    print(f"{arguments.memory_people} people: {memory:.0f} MiB at the peak")  # noqa: T201
    return int(ratio > MOST_TIME or memory > MOST_MEMORY)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=5000)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--memory-people", type=int, default=20_000)
    parser.add_argument("--child", default="")
    parser.add_argument("--authority", default="")
    given = parser.parse_args()
    if given.child:
        child(given.child, given.authority)
    else:
        sys.exit(main(given))
