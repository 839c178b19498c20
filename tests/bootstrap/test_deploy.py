"""What runs in production is what runs here: the same queues, the same files."""

from __future__ import annotations

import re
import shlex

import pytest

from tests.services.installation import ROOT
from ztassess.bootstrap.layout import Layout
from ztassess.bootstrap.options import parse_up
from ztassess.bootstrap.up import web_spec, worker_specs

LAYOUT = Layout.of(ROOT, {})


def procfile() -> dict[str, list[str]]:
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name: shlex.split(command)[1:] for name, _, command in (line.partition(":") for line in lines)}


def units() -> dict[str, list[str]]:
    found = {}
    for path in (ROOT / "deploy/systemd").glob("ztassess-*.service"):
        command = re.search(r"^ExecStart=(.*)$", path.read_text(), re.MULTILINE)
        assert command is not None
        found[path.stem.removeprefix("ztassess-")] = shlex.split(command[1].replace("%%", "%"))[1:]
    return found


def embedded() -> dict[str, list[str]]:
    options = parse_up([])
    specs = [web_spec(LAYOUT, options), *worker_specs(LAYOUT, options)]
    return {spec.name: [part.replace(f"{ROOT}/", "") for part in spec.argv[1:]] for spec in specs}


def settled(arguments: list[str]) -> list[str]:
    """Without what a machine decides: how many, where, how loud."""
    text = " ".join(arguments)
    return re.sub(r" (--workers|-c|--bind|--loglevel) (?!deploy)\S+( INFO)?", "", text).split()


@pytest.mark.parametrize("other", [procfile, units])
def test_production_runs_the_processes_that_up_runs(other):
    here, there = embedded(), other()
    assert here.keys() == there.keys()
    for name, arguments in here.items():
        assert settled(there[name]) == settled(arguments), name


def test_example_settings_are_known_to_the_settings():
    text = (ROOT / ".env.example").read_text()
    named = set(re.findall(r"^# ([A-Z_]+)=", text, re.MULTILINE))
    assert len(named) >= 10
    known = (ROOT / "ztassess/settings.py").read_text()
    assert {name for name in named if f'"{name}"' not in known} == set()


def test_example_settings_can_be_used_as_they_are(tmp_path):
    from ztassess.bootstrap.dotenv import load_dotenv

    (tmp_path / ".env").write_text((ROOT / ".env.example").read_text())
    environment: dict[str, str] = {}
    load_dotenv(tmp_path / ".env", environment)
    assert environment == {}
