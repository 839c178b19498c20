"""`manage.py up` for real: in a copy of the checkout, with its processes, its signals and its sentences."""

from __future__ import annotations

import http.client
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.installation import Up, clean_environment, copy_checkout, run_manage
from tests.services.processes import alive, children, command_line, eventually

# One after the other in one worker: each start takes both cores for some seconds.
pytestmark = pytest.mark.xdist_group("up")
VENV = Path(sys.prefix)


def environment(**more: str) -> dict[str, str]:
    """A fresh machine, but for the packages, which these tests do not install again."""
    return clean_environment(ZTASSESS_VENV=str(VENV), **more)


def get(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def running(up: Up, words: str) -> list[int]:
    return [pid for pid in children(up.process.pid) if words in command_line(pid)]


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The first start ever, somewhere deep, with spaces, without a home; and how it ended."""
    deep = tmp_path_factory.mktemp("a path with spaces") / ("and a long name " * 5).strip() / "zt assess"
    checkout = copy_checkout(deep)
    env = environment()
    env.pop("HOME", None)
    port = _free_port()
    up = Up(checkout, "--port", str(port), "--workers", "1", env=env)
    up.line(r"Stop\s+Ctrl-C")
    statuses = {path: get(port, path) for path in ("/readyz", "/healthz", "/", "/demo/")}
    pids = up.processes()
    code = up.end()
    return checkout, up, port, statuses, pids, code


def _free_port() -> int:
    import socket

    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@pytest.fixture
def checkout(first) -> Path:
    """Prepared: what follows are warm starts."""
    return first[0]


def test_first_start_prepares_serves_and_ends_in_order(first):
    _, up, port, statuses, pids, code = first
    for expected in (
        "Database ready",
        "Static files collected",
        "Demo company made",
        "Web, workers and scheduler started",
        "ztassess is ready",
    ):
        assert expected in up.screen
    assert f"http://localhost:{port}" in up.screen
    assert statuses == {"/readyz": 200, "/healthz": 200, "/": 200, "/demo/": 200}
    assert code == 0
    assert "Stopped. Everything is kept" in up.screen
    assert len(pids) >= 7
    assert not any(alive(pid) for pid in pids)
    assert re.search(r"\d+\.\d s$", next(line for line in up.said if "Database ready" in line))


def test_password_of_the_demo_is_on_the_screen_once_and_in_no_file(first):
    checkout, up = first[:2]
    told = re.findall(r"Demo log-in +\S+ with the password (\S+) \(shown only here\)", up.screen)
    assert len(told) == 1
    assert up.screen.count(told[0]) == 1
    files = [path for path in (checkout / "var").rglob("*") if path.is_file()]
    assert len(files) > 10
    assert [path for path in files if told[0].encode() in path.read_bytes()] == []


def test_data_is_readable_by_its_owner_only(first):
    data = first[0] / "var"
    assert data.stat().st_mode & 0o777 == 0o700
    for name in ("secret.key", "encryption.keys", "ztassess.sqlite3"):
        assert (data / name).stat().st_mode & 0o777 == 0o600
    logs = list((data / "log").glob("*.log"))
    assert {"web.log", "broker.log"} <= {path.name for path in logs}
    assert {path.stat().st_mode & 0o777 for path in logs} == {0o600}


def test_warm_start_does_nothing_twice_and_a_second_up_is_refused(checkout, port, up):
    keys = (checkout / "var/encryption.keys").read_bytes()
    warm = up(checkout, "--port", str(port), env=environment())
    warm.line("ztassess is ready")
    for done_before in ("key made", "Database ready", "Static files collected", "packages installed", "password"):
        assert done_before not in warm.screen
    assert (checkout / "var/encryption.keys").read_bytes() == keys

    second = run_manage(checkout, "up", "--port", str(port), env=environment())
    assert second.returncode == 1
    assert second.stderr.strip() == (
        f"ztassess: ztassess is already running here (process {warm.process.pid}). Use it, or end it first: "
        f"Ctrl-C in its terminal, or: kill {warm.process.pid}"
    )
    assert get(port, "/readyz") == 200
    assert warm.end(signal.SIGINT) == 0


def test_a_fallen_process_is_started_again(checkout, port, up):
    one = up(checkout, "--port", str(port), "--workers", "1", env=environment())
    one.line("ztassess is ready")
    for words, name in (("gunicorn", "web"), ("unixsocket", "broker"), (" scan@", "scan")):
        main = running(one, words)
        assert len(main) == 1, name
        below = children(main[0])
        os.kill(main[0], signal.SIGKILL)
        one.line(rf"^{name} ended unexpectedly \(killed by SIGKILL\), starting it again in 0.5 s")
        assert eventually(lambda below=below: not any(alive(pid) for pid in below)), name
        assert eventually(lambda words=words, main=main: running(one, words) not in ([], main)), name
    assert eventually(lambda: get(port, "/readyz") == 200, seconds=20)
    assert one.end() == 0


def test_killed_supervisor_leaves_no_orphans_and_the_next_start_works(checkout, port, up):
    killed = up(checkout, "--port", str(port), env=environment())
    killed.line("ztassess is ready")
    assert eventually(lambda: any(children(pid) for pid in running(killed, " scan@")), seconds=60)  # its pool
    pids = killed.processes()
    assert len(pids) >= 8
    killed.process.kill()
    assert eventually(lambda: not any(alive(pid) for pid in pids))

    after = up(checkout, "--port", str(port), env=environment())
    after.line("ztassess is ready")
    assert after.end() == 0


@pytest.mark.parametrize("moment", ["starting in", "Database ready"])
def test_stop_while_starting_leaves_nobody(checkout, port, up, folder, moment):
    one = up(checkout, "--port", str(port), "--no-demo", env=environment(ZTASSESS_DATA_DIR=str(folder / "var")))
    one.line(moment)
    pids = one.processes()
    assert one.end(within=10) == 128 + signal.SIGTERM
    assert not any(alive(pid) for pid in pids)
    assert "Traceback" not in one.screen


def test_broker_files_that_cannot_be_read_are_set_aside(checkout, port, up, folder):
    data = shutil.copytree(checkout / "var", folder / "var")
    shutil.rmtree(data / "broker")
    (data / "broker" / "appendonlydir").mkdir(parents=True)
    (data / "broker" / "appendonlydir" / "appendonly.aof.manifest").write_text("file nonsense seq x type ?\n")
    one = up(checkout, "--port", str(port), "--no-demo", env=environment(ZTASSESS_DATA_DIR=str(data)))
    one.line("The broker could not read its files; they are set aside")
    one.line("ztassess is ready")
    assert len(list(data.glob("broker.unreadable-*"))) == 1
    assert one.end() == 0


@pytest.mark.parametrize("taken", ["127.0.0.1", "::1"])
def test_busy_port_is_one_sentence_before_any_work(folder, taken):
    import socket

    checkout = copy_checkout(folder / "bare", "manage.py", "ztassess", "requirements.txt")
    family = socket.AF_INET6 if ":" in taken else socket.AF_INET
    with socket.socket(family) as other:
        try:
            other.bind((taken, 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
        other.listen()
        port = other.getsockname()[1]
        refused = run_manage(checkout, "up", "--port", str(port), env=clean_environment())
    assert refused.returncode == 1
    assert refused.stderr.strip() == (
        f"ztassess: Port {port} is in use by another program. End that program, or take another port: "
        f"python3 manage.py up --port {port + 1}"
    )
    assert not (checkout / ".venv").exists()


def one_sentence(ran: subprocess.CompletedProcess[str]) -> str:
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr
    lines = [line for line in ran.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, ran.stderr
    return lines[0]


def test_file_size_limit_is_one_sentence_and_leaves_nobody(checkout, port, folder):
    env = environment(ZTASSESS_DATA_DIR=str(folder / "var"))
    ran = subprocess.run(
        [sys.executable, str(checkout / "manage.py"), "up", "--port", str(port), "--no-demo"],
        capture_output=True,
        text=True,
        env=env,
        cwd="/",
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)),
    )
    assert re.fullmatch(
        r"ztassess: The disk that holds .* is full or failing\. Nothing was lost: .*", one_sentence(ran)
    )


def mounted(at: Path, *options: str) -> bool:
    at.mkdir()
    return (
        subprocess.run(
            ["mount", "-t", "tmpfs", *options, "tmpfs", str(at)], capture_output=True, check=False
        ).returncode
        == 0
    )


@pytest.fixture
def small_disk(folder):
    """A disk of 300 KiB."""
    at = folder / "disk"
    if os.geteuid() != 0 or not mounted(at, "-o", "size=300k"):
        pytest.skip("mounting needs root; the file size limit's test covers the same sentence")
    yield at
    subprocess.run(["umount", "-l", str(at)], check=False)


def test_full_disk_is_one_sentence_and_leaves_nobody(checkout, port, small_disk):
    ran = run_manage(
        checkout, "up", "--port", str(port), "--no-demo", env=environment(ZTASSESS_DATA_DIR=str(small_disk / "var"))
    )
    assert re.fullmatch(r"ztassess: The disk that holds .* is full\. Nothing was lost: .*", one_sentence(ran))


def test_tree_that_cannot_be_written_is_one_sentence(folder):
    checkout = copy_checkout(folder / "theirs", "manage.py", "ztassess", "requirements.txt")
    for path in (checkout, *checkout.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    python = shutil.which("python3", path="/usr/bin") or sys.executable  # one that any user may run
    user = "nobody" if os.geteuid() == 0 else None
    ran = run_manage(checkout, "up", "--port", str(_free_port()), env=clean_environment(), python=python, user=user)
    assert one_sentence(ran) == (
        f"ztassess: No permission for {checkout}/var. Run as the user that owns the checkout, or set ZTASSESS_DATA_DIR."
    )


def test_lost_encryption_key_is_not_replaced(checkout, port, folder):
    data = folder / "var"
    data.mkdir()
    shutil.copy2(checkout / "var/ztassess.sqlite3", data)
    ran = run_manage(checkout, "up", "--port", str(port), env=environment(ZTASSESS_DATA_DIR=str(data)))
    assert one_sentence(ran).startswith(
        f"ztassess: {data}/encryption.keys is missing, but the database may hold secrets"
    )
    assert not (data / "encryption.keys").exists()


def test_other_commands_run_in_the_environment_from_any_folder(checkout):
    ran = run_manage(checkout, "check", env=environment())
    assert ran.returncode == 0, ran.stderr
    assert "System check identified no issues" in ran.stdout


def test_other_commands_without_the_environment_name_up(folder):
    checkout = copy_checkout(folder / "bare", "manage.py", "ztassess")
    bare = [sys.executable, "-S", str(checkout / "manage.py"), "check"]
    ran = subprocess.run(bare, capture_output=True, text=True, env=clean_environment(), check=False)
    assert one_sentence(ran).endswith("Make it and start everything with: python3 manage.py up")


@pytest.mark.parametrize(
    "arguments", [("--port", "0"), ("--port", "65536"), ("--port", "http"), ("--workers", "0"), ("--prot", "1")]
)
def test_wrong_options_are_refused_before_any_work(folder, arguments):
    checkout = copy_checkout(folder / "bare", "manage.py", "ztassess")
    ran = run_manage(checkout, "up", *arguments, env=clean_environment())
    assert ran.returncode == 2
    assert "manage.py up: error:" in ran.stderr
    assert not (checkout / "var").exists()
