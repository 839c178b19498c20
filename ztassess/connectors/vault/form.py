"""Owns what the connect form asks, how each answer is parsed, and the policy to copy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ztassess.connectors.certificates import parse_certificate
from ztassess.connectors.contract import FieldKind, FormField, Grant
from ztassess.connectors.errors import Blocked, InputInvalid
from ztassess.connectors.netguard import parse_url

_PATH = re.compile(r"[A-Za-z0-9_-][\w.-]*(?:/[A-Za-z0-9_-][\w.-]*)*", re.ASCII)


def parse_address(text: str) -> str:
    """``https://host[:port][/prefix]`` without a trailing slash.

    Raises:
        InputInvalid: another scheme, a query, or no URL at all.
    """
    try:
        url = parse_url(text.strip(), schemes=("https",))
    except Blocked as problem:
        raise InputInvalid(
            "Enter the address of Vault, such as https://vault.example.com:8200. It must be https."
        ) from problem
    if "?" in url.target or "#" in text:
        raise InputInvalid("Enter only the address of Vault, without a query.")
    return str(url).rstrip("/").removesuffix("/ui").removesuffix("/v1")


def parse_namespace(text: str) -> str:
    """A namespace without slashes around it; empty for the root namespace.

    Raises:
        InputInvalid: it cannot be a namespace.
    """
    name = text.strip().strip("/")
    if name in ("", "root"):
        return ""
    if not _PATH.fullmatch(name):
        raise InputInvalid("A namespace is a path such as team or team/production.")
    return name


def parse_mount(text: str) -> str:
    """The path of a sign-in method, without ``auth/`` and slashes around it.

    Raises:
        InputInvalid: it cannot be one.
    """
    name = text.strip().strip("/").removeprefix("auth/")
    if name and not _PATH.fullmatch(name):
        raise InputInvalid("The sign-in path is a name such as approle or ci/approle.")
    return name


def validate(config: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, str]:
    """Exactly one way to sign in; sentences by field name."""
    by_role = bool(config.get("role_id")) or bool(secrets.get("secret_id"))
    by_token = bool(config.get("jwt_role")) or bool(secrets.get("jwt"))
    if by_role and by_token:
        return {"": "Enter an AppRole or a JWT role, not both."}
    if by_token:
        missing = {"jwt_role": not config.get("jwt_role"), "jwt": not secrets.get("jwt")}
    else:
        missing = {"role_id": not config.get("role_id"), "secret_id": not secrets.get("secret_id")}
    return {name: "This is needed to sign in." for name, lacking in missing.items() if lacking}


FIELDS: Final = (
    FormField(
        "address",
        "Address",
        FieldKind.URL,
        "https://vault.example.com:8200. Private addresses need self-hosted mode or the upload.",
        required=True,
        binds_target=True,
        parse=parse_address,
    ),
    FormField(
        "namespace",
        "Namespace",
        help="Vault Enterprise or OpenBao namespace; empty for the root namespace.",
        binds_target=True,
        parse=parse_namespace,
    ),
    FormField("role_id", "AppRole role id", help="AppRole with the policy below.", group="AppRole"),
    FormField(
        "secret_id",
        "AppRole secret id",
        help="With few uses and a short life. Each connection test and each scan uses it once.",
        secret=True,
        group="AppRole",
    ),
    FormField("jwt_role", "JWT role", help="JWT sign-in: nothing secret stays stored.", group="JWT"),
    FormField(
        "jwt",
        "JWT",
        help="A token that the role accepts, such as one of your pipeline. Deleted when the scan has ended.",
        secret=True,
        single_use=True,
        group="JWT",
    ),
    FormField(
        "auth_mount",
        "Sign-in path",
        help="Where the method is enabled, if not at approle or jwt.",
        parse=parse_mount,
    ),
    FormField("ca_certificate", "CA certificate", FieldKind.PEM, "If your CA is private.", parse=parse_certificate),
    FormField(
        "data_stores",
        "Data stores",
        FieldKind.LINES,
        "All databases of production by the name of their connection in Vault, one a line: shop or database/shop.",
        group="Declared",
    ),
    FormField(
        "sensitive_stores",
        "Sensitive data stores",
        FieldKind.LINES,
        "Those of them with customer data, one a line.",
        group="Declared",
    ),
)

GRANTS: Final = (
    Grant(
        "Read-only policy",
        "hcl",
        """\
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
path "sys/capabilities-self"  { capabilities = ["update"] }
path "sys/mounts"             { capabilities = ["read"] }
path "sys/auth"               { capabilities = ["read"] }
path "sys/audit"              { capabilities = ["read", "sudo"] } # a root-protected path
path "sys/policies/acl"       { capabilities = ["list"] }
path "sys/policies/acl/*"     { capabilities = ["read"] }
path "sys/mounts/+/tune"      { capabilities = ["read"] }
path "+/roles/"               { capabilities = ["list"] }
path "+/roles/+"              { capabilities = ["read"] }
path "+/static-roles/"        { capabilities = ["list"] }
path "auth/+/role/"           { capabilities = ["list"] }
path "auth/+/role/+"          { capabilities = ["read"] }
path "+/creds/*"                { capabilities = ["deny"] }
path "+/data/*"                 { capabilities = ["deny"] }
path "auth/+/role/+/secret-id*" { capabilities = ["deny"] }
""",
        "Replace + by the real mount names once sys/mounts is known; + stands for one path segment, so a mount such "
        "as team/database needs lines of its own. Listing needs the path with its final slash.",
    ),
    Grant(
        "Only with a Google Cloud engine",
        "hcl",
        """\
path "+/rolesets/"              { capabilities = ["list"] }
path "+/roleset/+"              { capabilities = ["read"] }
path "+/static-accounts/"       { capabilities = ["list"] }
path "+/static-account/+"       { capabilities = ["read"] }
path "+/impersonated-accounts/" { capabilities = ["list"] }
""",
        "Its roles have paths of their own.",
    ),
    Grant(
        "AppRole",
        "shell",
        """\
vault policy write zt-auditor zt-auditor.hcl
vault write auth/approle/role/zt-auditor token_policies=zt-auditor token_ttl=10m token_max_ttl=30m \\
  secret_id_ttl=720h secret_id_num_uses=90
vault read auth/approle/role/zt-auditor/role-id
vault write -f auth/approle/role/zt-auditor/secret-id
""",
        "With OpenBao the command is bao.",
    ),
)
