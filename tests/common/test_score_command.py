"""`manage.py score` as a person or a script runs it: a file in, numbers out, no database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import call_command

YAML = """
today: 2026-11-23
facts:
  n_people: 2
  has_vpn: false
answers:
  identity.single-idp: {level: 2, answered_at: 2026-11-11}
verified:
  identity.single-idp: {level: 1, max_level: 2, verified_at: 2026-11-23T08:00:00Z}
"""


def written(folder: Path, text: str | bytes, name: str = "company.yaml") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refused(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as caught:
        call_command("score", str(path))
    assert caught.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err


def test_yaml_and_json_give_the_same_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("score", str(written(tmp_path, YAML)), "--json")
    from_yaml = json.loads(capsys.readouterr().out)
    document = {
        "today": "2026-11-23",
        "facts": {"n_people": 2, "has_vpn": False},
        "answers": {"identity.single-idp": {"level": 2, "answered_at": "2026-11-11"}},
        "verified": {"identity.single-idp": {"level": 1, "max_level": 2, "verified_at": "2026-11-23T08:00:00Z"}},
    }
    call_command("score", str(written(tmp_path, json.dumps(document), "company.json")), "--json")
    assert json.loads(capsys.readouterr().out) == from_yaml
    assert from_yaml["eighty_twenty"] == {"claimed": 5, "proven": 2, "ceiling": 97}


def test_two_people_get_the_plan_of_two_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("score", str(written(tmp_path, YAML)), "--json")
    plan = json.loads(capsys.readouterr().out)["plan"]
    assert all(day["hours"] <= 6 for day in plan["days"])
    assert "do not fit" in plan["sentence"]


def test_without_json_it_prints_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("score", str(written(tmp_path, YAML)))
    printed = capsys.readouterr().out
    assert printed.startswith("80/20")
    assert "identity.single-idp" in printed


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.yaml", "today: [", "is not valid YAML or JSON (line 1:"),
        ("a.json", '{"today": ', "is not valid YAML or JSON (line 1:"),
        ("a.yaml", "today: 2026-13-45", "is not valid YAML or JSON"),
        ("a.yaml", "today: 2026-11-23\ntoday: 2026-11-24", "today stands twice"),
        ("a.json", '{"today": "2026-11-23", "today": "2026-11-24"}', "today stands twice"),
        ("a.yaml", "!!python/object/apply:os.system [id]", "is not valid YAML or JSON"),
        ("a.yaml", b"\xff\xfe\x00", "is not UTF-8 text"),
        ("a.yaml", "[" * 10_000, "is nested far deeper"),
        ("a.json", "[" * 100_000, "is nested far deeper"),
        ("a.yaml", "# " + "x" * 1024 * 1024, "is larger than 1024 KiB"),
        ("a.yaml", "", "The file must hold today"),
        ("a.yaml", "today: 2026-11-23\nanswers: {mfa.admin: {}}", "perhaps mfa.admins is meant"),
    ],
)
def test_wrong_input_is_one_sentence_and_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: str | bytes, words: str
) -> None:
    said = refused(written(tmp_path, content, name), capsys)
    assert words in said
    assert said.count("\n") == 1
    assert "Traceback" not in said


def test_a_missing_file_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "cannot be read: No such file or directory." in refused(tmp_path / "gone.yaml", capsys)
    assert "cannot be read" in refused(tmp_path, capsys)


def test_every_mistake_has_its_own_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "today: 2026-11-23\nfacts: {has_vpn: 1}\nanswers: {mfa.admins: 2}"
    assert len(refused(written(tmp_path, text), capsys).splitlines()) == 2
