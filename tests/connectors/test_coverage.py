"""The coverage table is the registry's, and every control is verifiable or says why not."""

from __future__ import annotations

import pytest

from ztassess.catalog import load_catalog
from ztassess.connectors.coverage import (
    PAGE,
    coverage_table,
    levels_of,
    page_with_table,
    short_names,
    unverifiable,
    wrongly_attested,
)
from ztassess.connectors.registry import CONNECTORS, connector, connectors


def test_the_page_shows_the_table_of_the_registry():
    page = PAGE.read_text()
    assert page_with_table(page, coverage_table(load_catalog(), connectors())) == page, (
        "run python3 -m ztassess.connectors.coverage"
    )


def test_every_control_is_verifiable_or_says_why_not():
    assert unverifiable(load_catalog(), connectors()) == []
    assert wrongly_attested(load_catalog(), connectors()) == []


def test_a_control_that_nobody_verifies_would_be_noticed():
    assert "least-privilege.db-grants-minimal" in unverifiable(load_catalog(), [connector("tls_probe")])


def test_a_row_says_level_support_and_best():
    table = coverage_table(load_catalog(), [connector("tls_probe"), connector("postgres")])
    (row,) = [line for line in table.splitlines() if "`mesh.sensitive-path-mtls`" in line]
    level = levels_of(connector("tls_probe"))["mesh.sensitive-path-mtls"][0]
    assert row == f"| `mesh.sensitive-path-mtls` | {level} | 2 | Advanced |"
    (row,) = [line for line in table.splitlines() if "`mesh.service-map`" in line]
    assert "attestation: No connector reads the traffic" in row


def test_no_two_connectors_share_a_short_name():
    names = short_names(CONNECTORS)
    assert len(set(names.values())) == len(CONNECTORS)
    assert short_names(["google_iap", "gitlab", "github"]) == {"google_iap": "GI", "gitlab": "GT", "github": "GH"}


def test_a_page_without_a_place_is_refused():
    with pytest.raises(ValueError, match="no place"):
        page_with_table("# Connectors", "table")
