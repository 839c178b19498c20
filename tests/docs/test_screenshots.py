"""The script of the pictures: a fresh installation with its demo, two pictures of it, nothing left behind."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.reading import ROOT

SCRIPT = ROOT / "docs/screenshots.py"


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder for temporary files with a path short enough for Chromium's sockets."""
    with tempfile.TemporaryDirectory(prefix="d-") as made:
        yield Path(made)


@pytest.mark.browser
@pytest.mark.timeout(300)
@pytest.mark.xdist_group("browser")
def test_the_script_makes_both_pictures_and_cleans_up(tmp_path: Path, scratch: Path) -> None:
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), "--out", str(tmp_path / "out")],
        env=os.environ | {"TMPDIR": str(scratch)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    made = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert set(made) == {"overview-light.png", "control-dark.png"}
    assert {struct.unpack(">II", content[16:24]) for content in made.values()} == {(1440, 1000)}
    assert made["overview-light.png"] != made["control-dark.png"]
    assert list(scratch.glob("zt-*")) == []


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_an_address_that_does_not_answer_is_an_error(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), "--out", str(tmp_path), "--url", "http://localhost:1024"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode != 0
    assert "ERR_CONNECTION_REFUSED" in ran.stderr
    assert list(tmp_path.iterdir()) == []
