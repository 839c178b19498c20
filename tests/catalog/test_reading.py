"""Files that are not the YAML we accept get one sentence with file and line."""

from __future__ import annotations

import pytest

from ztassess.catalog import CatalogError, catalog_problems
from ztassess.catalog.reading import parse_document, read_document

REFUSED = {
    "key twice": ("a: 1\nb: 2\na: 3\n", r'^x\.yaml:3: the key "a" stands twice, first in line 1\.$'),
    "key twice inside a list": ("l:\n- {k: 1, k: 2}\n", r'^x\.yaml:2: the key "k" stands twice'),
    "broken indentation": ("a:\n  b: 1\n c: 2\n", r"^x\.yaml:3: this is not valid YAML \("),
    "unclosed list": ("a: [1, 2\n", r"^x\.yaml:2: this is not valid YAML"),
    "tab": ("a:\n\tb: 1\n", r"^x\.yaml:2: this is not valid YAML"),
    "control character": ("a: \x07\n", r"^x\.yaml:1: this is not valid YAML"),
    "alias": ("a: &x 1\nb: *x\n", r"^x\.yaml:1: tags and anchors are not used"),
    "alias bomb": ("a: &x [1]\nb: [*x, *x]\n", r"^x\.yaml:1: tags and anchors are not used"),
    "merge of an alias": ("a: 1\nb: *x\n", r"^x\.yaml:2: aliases are not used"),
    "python object": ("a: !!python/object/apply:os.system [ls]\n", r"^x\.yaml:1: tags and anchors are not used"),
    "two documents": ("a: 1\n---\nb: 2\n", r"^x\.yaml:2: a second document starts here"),
    "list as key": ("? [1]\n: 2\n", r"^x\.yaml:1: a key must be a word"),
    "too deep": ("[" * 60 + "]" * 60, r"^x\.yaml:1: nested deeper than 12 levels"),
}


@pytest.mark.parametrize(("text", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_file_and_line(text: str, sentence: str) -> None:
    with pytest.raises(CatalogError, match=sentence):
        parse_document("x.yaml", text)


def test_ten_thousand_levels_are_refused_without_a_crash() -> None:
    with pytest.raises(CatalogError, match=r"^x\.yaml:\d+: "):
        parse_document("x.yaml", "[" * 10_000)


def test_only_plain_integers_and_true_and_false_are_values() -> None:
    text = "a: 7\nb: -1\nc: true\nd: false\ne: '7'\nf: yes\ng: 010\nh: 1.20\ni: 2026-11-23.1\nj: ~\nk: |\n  7\n"
    data = parse_document("x.yaml", text).data
    assert data == {
        "a": 7,
        "b": -1,
        "c": True,
        "d": False,
        "e": "7",
        "f": "yes",
        "g": "010",
        "h": "1.20",
        "i": "2026-11-23.1",
        "j": "~",
        "k": "7\n",
    }


def test_line_of_an_unknown_place_is_that_of_its_nearest_parent() -> None:
    document = parse_document("x.yaml", "a: 1\nlist:\n- b: 2\n")
    assert document.at(("list", 0, "missing", 3)) == "x.yaml:3"
    assert document.at(("nowhere",)) == "x.yaml:1"


def test_file_that_is_not_utf_8_is_refused(tmp_path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: \xff\xfe\n")
    with pytest.raises(CatalogError, match=r"^x\.yaml: the file cannot be read \(UnicodeDecodeError\)\.$"):
        read_document(path)


def test_missing_stage_file_is_one_sentence(folder) -> None:
    (folder / "mesh.yaml").unlink()
    assert catalog_problems(folder) == ["mesh.yaml: the file cannot be read (FileNotFoundError)."]


def test_empty_index_is_one_sentence(folder) -> None:
    (folder / "index.yaml").write_text("", encoding="utf-8")
    assert catalog_problems(folder) == ["index.yaml:1: the index must list its stages, each with an id."]


def test_file_of_no_stage_is_named(folder) -> None:
    (folder / "network.yaml").write_text("controls: []\n", encoding="utf-8")
    assert catalog_problems(folder) == ["network.yaml: the index names no such stage, so this file is not read."]
