"""Wall time and memory of ``check_system aws`` beside a bare boto3 script, against one moto server, in one run.

    python tests/benchmarks/aws_vs_bare.py [--users 200] [--roles 500] [--runs 5]

Prints the median of each and the ratios, and whether both made the same calls. The command does what the script does
(connection test, then reading) and parses, analyzes and judges on top.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.services.moto import MotoServer, build_account, start_moto  # noqa: E402  the path is set above

COMMAND = (str(ROOT / "manage.py"), "check_system", "aws", "--set", "regions=us-east-1", "--json")
BARE = (str(Path(__file__).with_name("aws_bare.py")),)
MOST_TIME, MOST_MEMORY = 2.5, 3.0
KIB = 1024


@dataclass
class Cost:
    """One run of one program: wall time in seconds, peak resident memory in MiB, exit code, calls made."""

    seconds: float
    mebibytes: float
    code: int
    calls: Counter[str]


def measured(server: MotoServer, program: tuple[str, ...]) -> Cost:
    """Run a program in a process of its own and ask the kernel what it took."""
    environment = os.environ | {
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    server.calls(clear=True)
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *program], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    return Cost(seconds, usage.ru_maxrss / KIB, process.returncode, Counter(server.calls()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--roles", type=int, default=500)
    parser.add_argument("--runs", type=int, default=5)
    chosen = parser.parse_args()
    server = start_moto()
    try:
        build_account(server.endpoint, users=chosen.users, roles=chosen.roles)
        measured(server, BARE)  # the server loads its services at the first call, and the disk its files
        measured(server, COMMAND)
        pairs = [(measured(server, BARE), measured(server, COMMAND)) for _ in range(chosen.runs)]
    finally:
        server.stop()
    return report(pairs)


def report(pairs: list[tuple[Cost, Cost]]) -> int:
    """Print the medians; 0 if both limits hold and both programs made the same calls."""
    bare, command = pairs[-1]
    rows = []
    for name, field, limit in (("wall time, s", "seconds", MOST_TIME), ("peak memory, MiB", "mebibytes", MOST_MEMORY)):
        script = statistics.median(getattr(one, field) for one, _ in pairs)
        ours = statistics.median(getattr(other, field) for _, other in pairs)
        rows.append((name, script, ours, ours / script, limit))
    print(f"{'':18}{'bare script':>14}{'check_system':>14}{'ratio':>8}{'limit':>8}")  # noqa: T201  a report
    for name, script, ours, ratio, limit in rows:
        print(f"{name:18}{script:14.2f}{ours:14.2f}{ratio:8.2f}{limit:8.1f}")  # noqa: T201  a report
    print(f"{'requests':18}{bare.calls.total():14}{command.calls.total():14}")  # noqa: T201  a report
    identity = sum(count for call, count in command.calls.items() if call.startswith(("iam:", "sts:")))
    print(f"IAM and STS: {identity} requests of check_system, exit code {command.code}")  # noqa: T201  a report
    different = (command.calls - bare.calls) + (bare.calls - command.calls)
    if different:
        print(f"not the same calls: {dict(different)}")  # noqa: T201  a report
    return 0 if not different and all(ratio < limit for *_, ratio, limit in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
