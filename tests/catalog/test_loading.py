"""The packaged catalog loads, and says the same to us as to any other YAML reader."""

from __future__ import annotations

import pytest
import yaml

from ztassess.catalog import load_catalog, load_index
from ztassess.catalog.building import DATA, read_source


def test_catalog_is_read_once_per_process() -> None:
    assert load_catalog() is load_catalog()
    assert load_index() is load_index()


@pytest.mark.parametrize("path", sorted(DATA.glob("*.yaml")), ids=lambda path: path.stem)
def test_our_reader_agrees_with_the_standard_loader(path) -> None:
    documents = {document.name: document.data for document in read_source().documents()}
    assert documents[path.name] == yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)  # noqa: S506  safe loader in C
