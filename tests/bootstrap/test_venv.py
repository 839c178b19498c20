"""The virtual environment by its own: made once, filled when needed, rebuilt when half-built, and its refusals."""

from __future__ import annotations

import resource
import shutil
import signal
import subprocess
import sys

import pytest

from tests.services.installation import ROOT, clean_environment, run_manage, write_wheel
from tests.services.processes import alive, eventually

PREPARE = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
import os
{before}
from ztassess.bootstrap.layout import Layout
from ztassess.bootstrap.screen import Screen
from ztassess.bootstrap.venv import prepare_venv
from ztassess.bootstrap.errors import BootstrapError
layout = Layout.of(Path({root!r}), os.environ)
layout.make()
try:
    prepare_venv(layout, Screen(), dev=False)
except BootstrapError as error:
    sys.exit(str(error))
"""


def prepare(checkout, env, before="", **more):
    return subprocess.run(
        [sys.executable, "-c", PREPARE.format(root=str(checkout), before=before)],
        capture_output=True,
        text=True,
        env=env,
        check=False,
        timeout=90,
        **more,
    )


def installed(checkout):
    code = "import littlezt; print(littlezt.version)"
    return subprocess.run(
        [checkout / ".venv/bin/python", "-c", code], capture_output=True, text=True, check=False
    ).stdout.strip()


def test_made_once_then_left_alone_then_brought_up_to_date(tiny):
    checkout, env = tiny
    first = prepare(checkout, env)
    assert first.returncode == 0, first.stderr
    assert "Virtual environment made" in first.stdout
    assert "1 packages installed" in first.stdout
    assert installed(checkout) == "1.0"

    assert prepare(checkout, env).stdout == ""

    write_wheel(checkout / "wheels", "littlezt", "2.0")
    (checkout / "requirements.txt").write_text("littlezt==2.0\n")
    changed = prepare(checkout, env)
    assert "Virtual environment made" not in changed.stdout
    assert "1 packages installed" in changed.stdout
    assert installed(checkout) == "2.0"


def test_half_built_one_is_built_again(tiny):
    checkout, env = tiny
    interrupted = subprocess.Popen(
        [sys.executable, "-c", PREPARE.format(root=str(checkout), before="")], env=env, stdout=subprocess.DEVNULL
    )
    assert eventually((checkout / ".venv/ztassess-building").exists)
    interrupted.kill()
    interrupted.wait()
    assert not (checkout / ".venv/ztassess-stamp.json").exists()
    again = prepare(checkout, env)
    assert again.returncode == 0, again.stderr
    assert "is not usable, making it again" in again.stdout
    assert installed(checkout) == "1.0"
    assert not (checkout / ".venv/ztassess-building").exists()

    # One whose interpreter has gone, as after an upgrade of the system.
    (checkout / ".venv/bin/python").unlink()
    (checkout / ".venv/bin/python").symlink_to("/nonexistent/python3")
    assert "is not usable, making it again" in prepare(checkout, env).stdout
    assert installed(checkout) == "1.0"


def test_broken_download_is_one_sentence_and_the_next_run_goes_on(tiny, empty_environment):
    checkout, env = tiny
    shutil.copytree(empty_environment, checkout / ".venv", symlinks=True)
    (checkout / "requirements.txt").write_text("littlezt==9.9\n")
    failed = run_manage(checkout, "up", env=env)
    assert failed.returncode == 1
    sentence = failed.stderr.strip()
    assert "\n" not in sentence
    assert sentence.startswith(
        "ztassess: Could not install the packages: No matching distribution found for littlezt==9.9."
    )
    assert "run the same command again" in sentence
    assert "littlezt==9.9" in (checkout / "var/log/install.log").read_text()
    (checkout / "requirements.txt").write_text("littlezt==1.0\n")
    done = prepare(checkout, env)
    assert done.returncode == 0
    assert "is not usable, making it again" in done.stdout
    assert installed(checkout) == "1.0"


def test_full_disk_while_installing_is_one_sentence(tiny, empty_environment):
    checkout, env = tiny
    shutil.copytree(empty_environment, checkout / ".venv", symlinks=True)
    write_wheel(checkout / "wheels", "littlezt", "2.0", bytes_of_data=400_000)
    (checkout / "requirements.txt").write_text("littlezt==2.0\n")
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))  # noqa: E731  # runs in the child
    failed = prepare(checkout, env, preexec_fn=limit)
    assert failed.returncode == 1
    assert failed.stderr.strip().splitlines()[-1] == (
        f"The disk that holds {checkout}/.venv is full. Nothing was lost: free some space, then run the same command "
        "again."
    )
    assert (checkout / ".venv/ztassess-building").exists()  # so that the next run begins anew


def test_missing_venv_module_names_the_exact_line(tiny):
    checkout, env = tiny
    # What Debian's python3 looks like without its package python3-venv.
    hide = (
        "import importlib.util as u; real = u.find_spec; "
        "u.find_spec = lambda n, *a: None if n == 'ensurepip' else real(n, *a)"
    )
    failed = prepare(checkout, env, before=hide)
    assert failed.returncode == 1
    assert "apt-get install -y python3" in failed.stderr
    assert "-venv, then run the same command again." in failed.stderr
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_while_installing_leaves_nobody_behind(tiny, up, signum, code):
    checkout, env = tiny
    running = up(checkout, env=env)
    assert eventually((checkout / ".venv/pyvenv.cfg").exists)
    assert eventually(lambda: len(running.processes()) >= 1)
    pids = running.processes()
    assert running.end(signum) == code
    assert "stopped before the end; nothing keeps running" in running.screen
    assert eventually(lambda: not any(alive(pid) for pid in pids), seconds=3)


def test_somebodys_own_environment_is_filled_and_not_deleted(tiny, empty_environment):
    checkout, env = tiny
    shutil.copytree(empty_environment, checkout / ".venv", symlinks=True)
    (checkout / ".venv/theirs.txt").write_text("keep me")
    done = prepare(checkout, env)
    assert done.returncode == 0, done.stderr
    assert "making it again" not in done.stdout
    assert (checkout / ".venv/theirs.txt").exists()
    assert installed(checkout) == "1.0"


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.8", "3.10"])
def test_old_python_is_told_so(folder, version):
    """With a real old interpreter where there is one, else by what it would say of itself."""
    shutil.copy2(ROOT / "manage.py", folder)
    old = shutil.which(f"python{version}", path=clean_environment().get("PATH"))
    if old is not None and subprocess.run([old, "-c", ""], capture_output=True, check=False).returncode == 0:
        ran = run_manage(folder, "up", env=clean_environment(), python=old)
    else:
        major, minor = version.split(".")
        pretend = f"import sys, runpy; sys.version_info = ({major}, {minor}, 1); "
        code = pretend + "runpy.run_path('manage.py', run_name='__main__')"
        ran = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stderr.strip().startswith(f"ztassess needs Python 3.11 or newer, this is Python {version}. ")
    assert "Traceback" not in ran.stderr


def test_two_that_need_it_at_once_make_it_once(tiny):
    checkout, env = tiny
    both = [
        subprocess.Popen(
            [sys.executable, "-c", PREPARE.format(root=str(checkout), before="")], env=env, stdout=-1, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=90)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted("Virtual environment made" in text for text in said) == [False, True]
