"""The commands without a database, run as a person runs them: bad input is one sentence and exit code 2."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.bootstrap.conftest import copy_checkout
from tests.faults.installation import Installation

SCORE = """
today: 2026-11-23
facts: {n_people: 2}
answers:
  identity.single-idp: {level: 2, answered_at: 2026-11-11}
"""


@pytest.fixture
def shell(tmp_path: Path) -> Installation:
    """No database, no keys: these commands need neither."""
    return Installation(tmp_path, {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"})


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (SCORE.replace("single-idp", "single-ipd"), "identity.single-ipd"),
        (SCORE.replace("level: 2", "level: 9"), "level"),
        (SCORE.replace("n_people", "n_poeple"), "n_poeple"),
        ("[" * 10_000 + "]" * 10_000, "nested"),
    ],
    ids=["unknown control", "unknown level", "unknown fact", "10,000 deep"],
)
def test_score_names_what_it_does_not_know(shell, tmp_path, wrong, named):
    (tmp_path / "company.yaml").write_text(wrong)
    done = shell.manage("score", str(tmp_path / "company.yaml"), "--json")
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_catalog_with_an_unknown_id_stops_every_start(shell, tmp_path):
    """A catalog is data: an id that nothing has is found before anything is served, with its file and line."""
    checkout = copy_checkout(tmp_path / "checkout", "manage.py", "ztassess", "templates", "static")
    stage = checkout / "ztassess" / "catalog" / "data" / "mesh.yaml"
    whole = stage.read_text()
    id_of_one = re.search(r"prerequisites: \[([a-z.-]+)", whole)
    assert id_of_one
    stage.write_text(whole.replace(id_of_one[0], "prerequisites: [mesh.unheard-of", 1))
    done = shell.manage("check", root=checkout)
    assert done.returncode == 1
    assert re.search(r"mesh\.yaml:\d+: .*mesh\.unheard-of", done.stderr), done.stderr
    assert "Traceback" not in done.stderr
