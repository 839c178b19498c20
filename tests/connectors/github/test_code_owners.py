"""Who owns a folder: the last line that matches wins, and one without an owner takes it away."""

from __future__ import annotations

import pytest

from ztassess.connectors.github.code_owners import owners_of


@pytest.mark.parametrize(
    ("text", "owners", "canceled"),
    [
        ("* @all", ("@all",), 0),
        ("/mesh/policies/ @platform", ("@platform",), 0),
        ("mesh/policies @platform", ("@platform",), 0),
        ("policies/ @platform", ("@platform",), 0),  # no slash inside: at any depth
        ("/policies/ @platform", (), 0),
        ("/mesh/** @platform", ("@platform",), 0),
        ("**/policies/** @platform", ("@platform",), 0),
        ("*.yaml @platform", ("@platform",), 0),
        ("*.go @platform", (), 0),
        ("/mesh/policies/* @platform", (), 0),  # reaches no deeper than the folder itself
        ("/mesh/ people@acme.example", ("people@acme.example",), 0),
        ("* @all\n/mesh/policies/ @platform", ("@platform",), 0),
        ("/mesh/ @platform\n* @all", ("@all",), 0),
        ("/mesh/ @platform\n/mesh/policies/", (), 2),
        ("/mesh/ @platform\n*", (), 2),
        ("/mesh/ @platform\n/mesh/policies/tests/", ("@platform",), 2),  # a part of it
        ("/mesh/ @platform\n*\n/mesh/ @platform", ("@platform",), 0),
        ("# * @all", (), 0),
        ("* # @all", (), 1),
        ("* @all # comment", ("@all",), 0),
        ("!/mesh/ @all", (), 0),
        ("/mesh/[ab] @all", (), 0),
        ("/mesh/ nobody", (), 0),  # no owner GitHub would know: the line is skipped
        ("", (), 0),
    ],
)
def test_owner_of_a_folder(text: str, owners: tuple[str, ...], canceled: int) -> None:
    assert owners_of(text, "mesh/policies") == (owners, canceled)
