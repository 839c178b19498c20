"""Policies as people write them: HCL of all ages, JSON, comments; and what is no policy at all."""

from __future__ import annotations

import json

import pytest

from tests.fakes.vendor import CANARY
from ztassess.connectors.errors import BadAnswer
from ztassess.connectors.vault.policies import parse_policy
from ztassess.connectors.vault.rights import excess_of
from ztassess.connectors.vault.snapshot import Mount, PathRule, Policy

LONG = """
# comment with path "x" { capabilities = ["sudo"] }
name = "dev"
path "secret/*" { policy = "write" } // older form
/* path "y" {} */
path "a\\"b" {
  capabilities = ["read", "list",]
  allowed_parameters = { "ttl" = ["1h"], "*" = [] }
  min_wrapping_ttl = "1s"
  note = <<EOT
path "z" { capabilities = ["sudo"] }
EOT
}
"path" "q" { capabilities = [ "create",
  "update" ] control_group = { factor "f" { identity { group_names = ["CANARY"] approvals = 1 } } } }
path "none" {}
path "off" { capabilities = ["read", "deny"] }
"""


def test_every_form_of_hcl_is_read_down_to_paths_and_capabilities() -> None:
    rules = parse_policy(LONG.replace("CANARY", CANARY))
    assert rules == (
        PathRule("secret/*", ("create", "read", "update", "delete", "list")),
        PathRule('a"b', ("read", "list")),
        PathRule("q", ("create", "update")),
        PathRule("none", ()),
        PathRule("off", ("deny",)),
    )
    assert CANARY not in repr(rules)


@pytest.mark.parametrize("wrap", [lambda body: body, lambda body: [body]])
def test_json_is_the_same_policy(wrap) -> None:
    text = json.dumps({"path": wrap({"*": {"capabilities": ["read", "sudo"]}, "/old": {"policy": "read"}})})
    assert parse_policy(text) == (PathRule("*", ("read", "sudo")), PathRule("old", ("read", "list")))


@pytest.mark.parametrize(
    "text",
    [
        'path "x" { capabilities = ["read" }',
        'path "x" { capabilities = "read" ',
        'path "x" { capabilities = 7 }',
        'path "x" { policy = "everything" }',
        'path = { "x" = {} }',
        'path "x" "y" { capabilities = ["read"] }',
        "path 'x' { }",
        "<html>sign in</html>",
        '{"path": "x"}',
        '{"path": {"x": ["read"]}}',
        '{"path": {"x": {"capabilities": ["read"',
        'path "x" ' + "{ a " * 50,
        "{" * 100,
    ],
)
def test_what_cannot_be_understood_is_never_an_empty_policy(text: str) -> None:
    with pytest.raises(BadAnswer):
        parse_policy(text)


@pytest.mark.parametrize(
    ("path", "capabilities", "too_much"),
    [
        ("sys/mounts", ("read",), False),
        ("sys/audit", ("read", "sudo"), False),
        ("sys/mounts", ("read", "sudo"), True),
        ("sys/raw/*", ("read",), True),
        ("sys/storage/raft/snapshot", ("read",), True),
        ("sys/*", ("read",), True),
        ("*", ("list",), False),
        ("*", ("read",), True),
        ("+/roles/+", ("read",), False),
        ("secret/data/roles/*", ("read",), True),
        ("kv/roles/x", ("read",), True),
        ("database/roles/+", ("read",), False),
        ("database/creds/+", ("read",), True),
        ("database/config/+", ("read",), True),
        ("auth/token/create", ("update",), True),
        ("auth/token/revoke-self", ("update",), False),
        ("auth/+/role/+/secret-id*", ("update",), True),
        ("cubbyhole/*", ("create", "read", "update", "delete", "list"), False),
        ("kv/metadata/*", ("list",), False),
        ("+/data/*", ("deny",), False),
    ],
)
def test_what_a_policy_allows_beyond_reading_configuration(
    path: str, capabilities: tuple[str, ...], too_much: bool
) -> None:
    found = list(excess_of(Policy("p", (PathRule(path, capabilities),)), (Mount("kv/", "kv"),)))
    assert bool(found) is too_much
    assert not found or found[0].endswith(f"on {path}")
