"""The packaged catalog loads once, keeps its facts straight, and says the same to us as to any other YAML reader."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from ztassess.catalog import CatalogError, catalog_problems, load_catalog, load_index
from ztassess.catalog.building import DATA, read_source
from ztassess.catalog.problems import SCHEMA


def test_packaged_catalog_has_no_problems() -> None:
    assert catalog_problems() == []
    assert catalog_problems(load_catalog()) == []


def test_catalog_and_index_are_read_once_per_process() -> None:
    assert load_catalog() is load_catalog()
    assert load_index() is load_index()


def test_schema_is_a_valid_2020_12_schema() -> None:
    Draft202012Validator.check_schema(json.loads(SCHEMA.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", sorted(DATA.glob("*.yaml")), ids=lambda path: path.stem)
def test_our_reader_agrees_with_the_standard_loader(path: Path) -> None:
    documents = {document.name: document.data for document in read_source().documents()}
    assert documents[path.name] == yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)


def test_broken_catalog_is_refused_with_the_first_problem_and_the_number_of_others(broken) -> None:
    folder = broken(
        "identity.yaml", "prerequisites: [identity.inventory]", "prerequisites: [identity.nothing, mfa.nothing]"
    )
    with pytest.raises(
        CatalogError, match=r"^identity\.yaml:\d+: identity\.single-idp needs identity\.nothing .*1 more"
    ):
        load_catalog(folder)


def test_wrong_shape_is_explained_by_the_schema_when_loading(broken) -> None:
    folder = broken("mfa.yaml", "  why: Administrators", "  because: Administrators")
    with pytest.raises(CatalogError, match=r"^mfa\.yaml:\d+: mfa\.admins .*(because|why)"):
        load_catalog(folder)


def test_loading_imports_no_schema_library_and_no_django() -> None:
    code = (
        "import sys; from ztassess.catalog import load_catalog; load_catalog();"
        "print('jsonschema' in sys.modules, 'django' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
