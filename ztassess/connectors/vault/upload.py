"""Owns reading the output of ``vault read -format=json`` into the same snapshot as the live reading."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Final

from ztassess.connectors.api import Row, row_of
from ztassess.connectors.contract import ReadContext, UploadedFile, UploadFormat
from ztassess.connectors.errors import BadAnswer, InputInvalid
from ztassess.connectors.exports import Export, read_export, taken_at
from ztassess.connectors.vault import client, roles
from ztassess.connectors.vault.collect import snapshot_of
from ztassess.connectors.vault.judging import CLOUD_ENGINES
from ztassess.connectors.vault.reading import ROOT_POLICY
from ztassess.connectors.vault.snapshot import EngineRole, Mount, SignIn, VaultSnapshot
from ztassess.domain.findings import Part, Unavailable

KNOWN: Final = ("mounts", "auth", "audit", "policies", "policy*", "roles*", "role*", "authroles*", "authrole*")
EXPORT: Final = UploadFormat(
    slug="vault_export",
    title="Output of vault read and vault list",
    commands="""\
vault read -format=json sys/mounts > mounts.json
vault read -format=json sys/auth > auth.json
vault read -format=json sys/audit > audit.json
vault list -format=json sys/policies/acl > policies.json
for p in $(vault list -format=json sys/policies/acl | jq -r '.[]'); do
  vault read -format=json sys/policies/acl/$p > policy-$p.json; done
for m in database aws pki; do vault list -format=json $m/roles > roles-$m.json
  for r in $(jq -r '.[]' roles-$m.json); do vault read -format=json $m/roles/$r > role-$m-$r.json; done; done
vault list -format=json auth/approle/role > authroles-approle.json
for r in $(jq -r '.[]' authroles-approle.json); do
  vault read -format=json auth/approle/role/$r > authrole-approle-$r.json; done""",
    suffixes=(".json",),
    note="Use the paths of your own engines and methods, with - for / in a path. Never export creds/ or data/.",
)
_ISSUED: Final = frozenset(
    {"password", "access_key", "secret_key", "security_token", "private_key", "client_secret", "private_key_data"}
    | {"secret_id", "session_token", "token", "client_token", "keys_base64", "certificate"}
)
_FORBIDDEN: Final = re.compile(r"(static-)?creds|data[-.]|secret-id|kv[-.]|secret[-.]")
_LISTS: Final = ("policies", "roles", "authroles")


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> VaultSnapshot:
    """The snapshot of one export.

    Raises:
        InputInvalid: another file, a cut-off one, no ``mounts.json``, or issued credentials and stored secrets.
    """
    for file in files:
        if _FORBIDDEN.match(PurePosixPath(file.name.replace("\\", "/")).name.lower()):
            raise _secret(file.name)
    export = read_export(files, KNOWN, vendor="Vault")
    for name, documents in export.documents.items():
        for document in documents:
            _refuse_secrets(name, document)
    if "mounts" not in export.documents:
        raise InputInvalid("mounts.json is needed: vault read -format=json sys/mounts > mounts.json.")
    reader = _Reader(export)
    try:
        parts = reader.parts()
    except BadAnswer as problem:
        raise InputInvalid(f"{problem.sentence} Export it again; nothing was judged from it.") from problem
    return snapshot_of(context, parts, taken_at=taken_at(context, export.about.get("taken_at")))


def _secret(name: str) -> InputInvalid:
    return InputInvalid(
        f"{name[:80]} looks like an issued credential or a stored secret. Nothing was kept; export configuration only."
    )


def _refuse_secrets(name: str, document: Any) -> None:
    """Raises InputInvalid for what ``creds/`` and ``data/`` give: a lease, a known secret, a versioned value."""
    if isinstance(document, list) and re.split(r"[-.]", name, maxsplit=1)[0] in _LISTS:
        return
    if not isinstance(document, dict) or not isinstance(document.get("data"), dict):
        raise InputInvalid(f"{name}.json is not the output of vault read -format=json; nothing was read from it.")
    data = document["data"]
    stored = isinstance(data.get("data"), dict) and "metadata" in data
    if document.get("lease_id") or document.get("auth") or stored or _ISSUED & set(data):
        raise _secret(f"{name}.json")


@dataclass(frozen=True, slots=True)
class _Reader:
    """The files of one export, read as parts."""

    export: Export

    def parts(self) -> dict[str, Part[Any]]:
        mounts = tuple(client.mounts_of(self._data("mounts", "Mounts")))
        sign_ins = self._whole("auth", "SignIns", client.sign_ins_of)
        methods = () if isinstance(sign_ins, Unavailable) else sign_ins
        engines = [mount for mount in mounts if mount.type in roles.ENGINES]
        names = self._engine_roles(engines)
        return {
            "mounts": mounts,
            "sign_ins": sign_ins,
            "audit_devices": self._whole("audit", "AuditDevices", client.audit_devices_of),
            "policies": self._policies(),
            "engine_roles": names,
            "static_roles": Unavailable("input_missing", detail="Static roles are not part of the export."),
            "database_roles": self._details(
                engines,
                ("database",),
                lambda mount, name, data: roles.database_role(mount.path, name, Row("DatabaseRole", data)),
            ),
            "cloud_roles": self._details(engines, CLOUD_ENGINES, _cloud),
            "certificate_roles": self._details(
                engines,
                ("pki",),
                lambda mount, name, data: roles.certificate_role(mount.path, name, Row("CertificateRole", data)),
            ),
            "sign_in_roles": self._sign_in_roles(methods, sign_ins, roles.SIGN_IN_ROLES, _sign_in),
            "app_roles": self._sign_in_roles(
                methods,
                sign_ins,
                ("approle",),
                lambda method, name, data: roles.app_role(method.path, name, Row("AppRole", data)),
            ),
        }

    def _data(self, name: str, kind: str) -> Row:
        return Row(kind, row_of(self.export.documents[name][0], "Reply").row("data").value)

    def _whole(self, name: str, kind: str, read: Callable[[Row], Iterator[Any]]) -> Part[Any]:
        if name not in self.export.documents:
            return Unavailable("input_missing", detail=f"{name}.json is not part of the export.")
        return tuple(read(self._data(name, kind)))

    def _policies(self) -> Part[Any]:
        found = tuple(
            client.policy_of(name, self._data(f"policy-{name}", "Policy"))
            for name in self._names("policy-")
            if name != ROOT_POLICY
        )
        listed = self._listed("policies")
        return self._complete("policies", found, {policy.name for policy in found}, listed, "policies.json")

    def _engine_roles(self, engines: Sequence[Mount]) -> Part[EngineRole]:
        found = [
            EngineRole(mount.path, mount.type, next(iter(roles.ENGINES[mount.type])), name)
            for mount in engines
            for name in sorted({*self._names(f"role-{_dashed(mount.path)}-"), *(self._listed_of(mount) or ())})
        ]
        return self._partial(found, [mount for mount in engines if self._listed_of(mount) is None])

    def _details(
        self, engines: Sequence[Mount], types: Collection[str], read: Callable[[Mount, str, dict[str, Any]], Any]
    ) -> Part[Any]:
        mounts = [mount for mount in engines if mount.type in types]
        found, lacking = [], []
        for mount in mounts:
            prefix = f"role-{_dashed(mount.path)}-"
            names = self._names(prefix)
            found += [read(mount, name, self._data(f"{prefix}{name}", "Role").value) for name in names]
            listed = self._listed_of(mount)
            if listed is None or set(listed) - set(names):
                lacking.append(mount)
        return self._partial(found, lacking)

    def _partial(self, found: list[Any], lacking: Sequence[Mount]) -> Part[Any]:
        if not lacking or self.export.complete:
            return tuple(found)
        paths = ", ".join(sorted(mount.path for mount in lacking))
        detail = f"The export does not hold every role of {paths}, or no list of them (roles-NAME.json)."
        return Unavailable("partial_data", detail=detail, read=tuple(found))

    def _sign_in_roles(
        self,
        methods: Sequence[SignIn],
        sign_ins: Part[SignIn],
        types: Collection[str],
        read: Callable[[SignIn, str, dict[str, Any]], Any],
    ) -> Part[Any]:
        if isinstance(sign_ins, Unavailable):
            return sign_ins
        found: list[Any] = []
        lacking: Unavailable | None = None
        for method in (each for each in methods if each.type in types):
            prefix = f"authrole-{_dashed(method.path)}-"
            names = self._names(prefix)
            rows = [read(method, name, self._data(f"{prefix}{name}", "Role").value) for name in names]
            listed = self._listed(f"authroles-{_dashed(method.path)}")
            part = self._complete(f"roles of {method.path}", tuple(rows), set(names), listed, "authroles-NAME.json")
            lacking = part if isinstance(part, Unavailable) else lacking
            found += rows
        return replace(lacking, read=tuple(found)) if lacking is not None else tuple(found)

    def _complete(
        self, what: str, found: tuple[Any, ...], names: set[str], listed: tuple[str, ...] | None, file: str
    ) -> Part[Any]:
        if self.export.complete:
            return found
        if listed is None:
            return Unavailable("partial_data", detail=f"No list of the {what} ({file}) is in the export.", read=found)
        missing = sorted(set(listed) - names - {ROOT_POLICY})
        if missing:
            total = len(set(listed) - {ROOT_POLICY})
            detail = f"The export has {total - len(missing)} of {total} {what}; {', '.join(missing[:5])} is missing."
            return Unavailable("partial_data", detail=detail, read=found)
        return found

    def _names(self, prefix: str) -> list[str]:
        return [name.removeprefix(prefix) for name in self.export.documents if name.startswith(prefix)]

    def _listed_of(self, mount: Mount) -> tuple[str, ...] | None:
        return self._listed(f"roles-{_dashed(mount.path)}")

    def _listed(self, name: str) -> tuple[str, ...] | None:
        """The names of a list: what ``vault list -format=json`` prints, or a reply of the interface."""
        if name not in self.export.documents:
            return None
        document = self.export.documents[name][0]
        value = {"keys": document} if isinstance(document, list) else row_of(document, "Reply").row("data").value
        return Row("List", value).texts("keys")


def _dashed(path: str) -> str:
    return path.rstrip("/").replace("/", "-")


def _cloud(mount: Mount, name: str, data: dict[str, Any]) -> Any:
    collection = next(iter(roles.ENGINES[mount.type]))
    kind = "AwsRole" if mount.type == "aws" else "GcpRoleset"
    return roles.cloud_role(mount.path, mount.type, name, collection, Row(kind, data))


def _sign_in(method: SignIn, name: str, data: dict[str, Any]) -> Any:
    return roles.sign_in_role(method.path, method.type, name, Row("SignInRole", data))
