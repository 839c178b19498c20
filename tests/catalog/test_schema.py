"""Each rule of the schema, broken once in a copy of the files: one sentence with file, line and control."""

from __future__ import annotations

import re

import pytest

from ztassess.catalog import catalog_problems

BROKEN = {
    "unknown key": (
        "mfa.yaml",
        "  why: Adm",
        "  reason: x\n  why: Adm",
        r"^mfa\.yaml:\d+: mfa\.admins has a key that is not known: reason\.$",
    ),
    "missing key": ("mfa.yaml", "  freshness_days: 7\n", "", r"^mfa\.yaml:\d+: mfa\.admins lacks freshness_days\.$"),
    "question without mark": (
        "device.yaml",
        "and who has it?",
        "and who has it.",
        r"^device\.yaml:\d+: device\.inventory, question is .* has not the form",
    ),
    "three levels": (
        "perimeter.yaml",
        "  - They are open, or nobody knows.\n",
        "",
        r"^perimeter\.yaml:\d+: perimeter\.default-deny-firewall, levels is empty or too short\.$",
    ),
    "level as text": (
        "mesh.yaml",
        "level: 2",
        "level: two",
        r"^mesh\.yaml:\d+: mesh\.service-map, signals\.0\.level must be of type integer",
    ),
    "level 4": (
        "mesh.yaml",
        "level: 2",
        "level: 4",
        r"^mesh\.yaml:\d+: mesh\.service-map, signals\.0\.level is 4, maximum is 3\.$",
    ),
    "weight as text": (
        "mfa.yaml",
        "  weight: 5",
        "  weight: '5'",
        r"^mfa\.yaml:\d+: mfa\.admins, weight must be of type integer, not '5'",
    ),
    "flag as number": (
        "mfa.yaml",
        "  gate: true",
        "  gate: 1",
        r"^mfa\.yaml:\d+: mfa\.admins, gate must be of type boolean",
    ),
    "empty sentence": (
        "proxy.yaml",
        "  who_notices: Nobody's work changes, but each team is asked which doors are theirs.",
        "  who_notices: ''",
        r"^proxy\.yaml:\d+: proxy\.inventory, who_notices ",
    ),
    "id with capitals": (
        "mfa.yaml",
        "- id: mfa.admins",
        "- id: mfa.Admins",
        r"^mfa\.yaml:\d+: mfa\.Admins, id is 'mfa\.Admins', which has not the form",
    ),
    "no fixes": (
        "mesh.yaml",
        "prerequisites: [mesh.default-deny]",
        "prerequisites: [mesh.default-deny, mesh.default-deny]",
        r"^mesh\.yaml:\d+: mesh\.policy-as-code, prerequisites holds the same entry twice\.$",
    ),
    "crosswalk number": (
        "mesh.yaml",
        "nist_sp_800_207_tenet: ['1'",
        "nist_sp_800_207_tenet: [1",
        r"^mesh\.yaml:\d+: mesh\.service-map, crosswalk\.nist_sp_800_207_tenet\.0 must be of type string",
    ),
    "vendor kind": (
        "index.yaml",
        "name: AWS, kind: product",
        "name: AWS, kind: cloud",
        r"^index\.yaml:\d+: vendors\.\d+\.kind is 'cloud', allowed is",
    ),
    "stage without story": ("index.yaml", "  title: MFA\n", "", r"^index\.yaml:\d+: mfa lacks title\.$"),
    "version": ("index.yaml", "version: 2026-", "version: v2026-", r"^index\.yaml:\d+: version is 'v2026"),
    "unknown top key": (
        "mesh.yaml",
        "controls:",
        "rules: []\ncontrols:",
        r"^mesh\.yaml:\d+: the file has a key that is not known: rules\.$",
    ),
}


@pytest.mark.parametrize(("name", "old", "new", "sentence"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_schema_is_one_sentence(broken, name: str, old: str, new: str, sentence: str) -> None:
    problems = catalog_problems(broken(name, old, new))
    assert any(re.search(sentence, problem) for problem in problems), problems


def test_line_in_the_sentence_is_the_line_of_the_mistake(broken) -> None:
    folder = broken("mfa.yaml", "  weight: 5", "  weight: heavy")
    (problem,) = catalog_problems(folder)
    line = int(problem.split(":")[1])
    assert (folder / "mfa.yaml").read_text(encoding="utf-8").splitlines()[line - 1] == "  weight: heavy"


def test_file_that_is_a_list_is_refused(folder) -> None:
    (folder / "mesh.yaml").write_text("- a\n", encoding="utf-8")
    assert catalog_problems(folder) == ["mesh.yaml:1: the file must be of type object, not ['a']."]
