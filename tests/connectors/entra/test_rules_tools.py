"""Declared tools by a table: single sign-on, password vaults, and what Microsoft does not tell."""

from __future__ import annotations

import pytest

from tests.connectors.entra.cases import (
    PRINCIPALS,
    Case,
    changed,
    judged,
    partial,
)
from tests.connectors.entra.factory import (
    DENIED,
    FAIL,
    NOT_APPLICABLE,
    NOT_CHECKED,
    PASS,
)

CASES: list[Case] = [
    ("tools_on_sso", {}, PASS, "1 of 1 tool"),
    ("tools_on_sso", {"declared": {"tools": ("https://wiki.x.io/start",), "sensitive_tools": ()}}, PASS, ""),
    ("tools_on_sso", {"declared": {"tools": None}}, NOT_CHECKED, ""),
    ("tools_on_sso", {"declared": {"tools": ()}}, NOT_APPLICABLE, ""),
    ("tools_on_sso", {"declared": {"sensitive_tools": None}}, NOT_CHECKED, "which tools are sensitive"),
    ("tools_on_sso", {"declared": {"tools": ("Wiki", "CRM")}}, FAIL, "Not: CRM."),
    (
        "tools_on_sso",
        {"service_principals": changed(PRINCIPALS, 2, preferredSingleSignOnMode="password")},
        FAIL,
        "Wiki uses password vaulting.",
    ),
    (
        "tools_on_sso",
        {"service_principals": changed(PRINCIPALS, 2, preferredSingleSignOnMode="notSupported")},
        FAIL,
        "Wiki",
    ),
    (
        "tools_on_sso",
        {"service_principals": changed(PRINCIPALS, 2, preferredSingleSignOnMode=None)},
        NOT_CHECKED,
        "Not told: Wiki.",
    ),
    ("tools_on_sso", {"service_principals": changed(PRINCIPALS, 2, accountEnabled=False)}, FAIL, "Wiki"),
    ("tools_on_sso", {"declared": {"tools": ("Wik",)}}, FAIL, "Wik"),
    ("tools_on_sso", {"service_principals": DENIED}, NOT_CHECKED, ""),
    (
        "tools_on_sso",
        {"service_principals": partial("service_principals"), "declared": {"tools": ("CRM",)}},
        NOT_CHECKED,
        "",
    ),
]


@pytest.mark.parametrize("case", CASES)
def test_outcome_and_words_follow_what_was_seen(case: Case) -> None:
    judged(case)
