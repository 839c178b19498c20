"""Inside the connectors: none knows another, rules never reach a system, and parts import downwards only.

The list of connectors is the registry, so that a new one is held to this without being named anywhere else.
"""

from __future__ import annotations

from functools import cache

import grimp
import pytest

from ztassess.connectors.registry import CONNECTORS

FOLDER = "ztassess.connectors"
LAYERS = ("preflight", "upload", "collect", "client", "snapshot")
REACHING = ("httpx", "httpcore", "psycopg", "pymysql", "boto3", "botocore")


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("ztassess", include_external_packages=True, exclude_type_checking_imports=True)


def modules_of(slug: str) -> list[str]:
    root = f"{FOLDER}.{slug}"
    return [root, *sorted(graph().find_descendants(root))]


def imported_by(module: str) -> set[str]:
    return graph().find_modules_directly_imported_by(module)


@pytest.mark.parametrize("slug", CONNECTORS)
def test_connectors_do_not_know_each_other(slug):
    others = tuple(f"{FOLDER}.{other}" for other in CONNECTORS if other != slug)
    known = {
        f"{module} imports {found}"
        for module in modules_of(slug)
        for found in imported_by(module)
        if found in others or found.startswith(tuple(f"{other}." for other in others))
    }
    assert known == set()


@pytest.mark.parametrize("slug", CONNECTORS)
def test_rules_and_snapshots_never_reach_a_system(slug):
    """Neither directly nor through another module of the connector."""
    pure = [
        module
        for module in modules_of(slug)
        if (name := module.rpartition(".")[2]).startswith("rules") or name.startswith("snapshot")
    ]
    assert any(module.rpartition(".")[2].startswith("rules") for module in pure), "no rules were found"
    reached = {
        f"{module} reaches {gate}"
        for module in pure
        for gate in (*REACHING, f"{FOLDER}.netguard", f"{FOLDER}.api")
        if _reaches(module, gate)
    }
    assert reached == set()


def _reaches(module: str, gate: str) -> bool:
    gates = [found for found in graph().modules if found == gate or found.startswith(f"{gate}.")]
    return any(graph().chain_exists(importer=module, imported=found) for found in gates)


@pytest.mark.parametrize("slug", CONNECTORS)
def test_the_parts_of_a_connector_import_downwards_only(slug):
    root, upwards = f"{FOLDER}.{slug}", set()
    for height, layer in enumerate(LAYERS):
        above = tuple(f"{root}.{name}" for name in LAYERS[:height])
        for module in modules_of(slug):
            if module == f"{root}.{layer}":
                upwards |= {f"{module} imports {found}" for found in imported_by(module) if found in above}
    assert upwards == set()


def test_a_crossing_would_be_seen():
    """The graph holds what these tests ask about."""
    assert f"{FOLDER}.netguard" in graph().modules
    assert f"{FOLDER}.aws.snapshot" in imported_by(f"{FOLDER}.aws.collect")
    assert _reaches(f"{FOLDER}.aws.collect", "botocore") or _reaches(f"{FOLDER}.aws.collect", f"{FOLDER}.netguard")
