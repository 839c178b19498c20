"""Owns reading the files of ``kubectl get .. -o json`` into the same snapshot as the live reading."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Final

from ztassess.connectors.contract import ReadContext, UploadedFile, UploadFormat
from ztassess.connectors.errors import BadAnswer, InputInvalid
from ztassess.connectors.exports import json_of, taken_at
from ztassess.connectors.kubernetes.collect import SETTINGS, Installed, snapshot_of
from ztassess.connectors.kubernetes.form import KUBECONFIG
from ztassess.connectors.kubernetes.grants import export_commands
from ztassess.connectors.kubernetes.kinds import BY_RESOURCE, KINDS, OPTIONAL_GROUPS, Kind
from ztassess.connectors.kubernetes.mesh_settings import certificate_end
from ztassess.connectors.kubernetes.parsers import parse_object
from ztassess.connectors.kubernetes.snapshot import KubernetesSnapshot
from ztassess.connectors.kubernetes.snapshot_mesh import LinkerdConfig
from ztassess.connectors.kubernetes.snapshot_workloads import WORKLOAD_PARTS
from ztassess.domain.findings import Part, Unavailable

EXPORT: Final = UploadFormat(
    slug="kubectl_export",
    title="Output of kubectl",
    commands=export_commands(),
    suffixes=(".json", ".err", ".pem"),
    note="Upload all zt-*.json and zt-*.err files together. Secrets and ConfigMaps are never asked for; values of "
    "environment variables are dropped on receipt. You may add Linkerd's issuer certificate as linkerd-issuer.pem.",
)
_STEM: Final = re.compile(r"^(?:zt-)?(?P<resource>[a-z.0-9]+?)(?:[-_. ]\(?\d{1,3}\)?)?$")
_NOT_INSTALLED: Final = "the server doesn't have a resource type"
_FORBIDDEN: Final = "forbidden"
_VERSION_FILE: Final = "version"
_BY_KIND: Final = {(kind.group, kind.kind): kind for kind in KINDS}


@dataclass(slots=True)
class _Export:
    """What the files hold so far.

    Attributes:
        rows: objects by part, once a list of them was there.
        absent: kinds that the server does not have.
        failed: why a kind could not be exported.
        heard: parts whose error output is there too.
        spaces: a file for each namespace that some object is in.
        issuer: end of Linkerd's issuer certificate.
    """

    rows: dict[str, list[Any]] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    failed: dict[str, Unavailable] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)
    spaces: dict[str, str] = field(default_factory=dict)
    issuer: datetime | None = None


def parse_upload(files: Sequence[UploadedFile], context: ReadContext) -> KubernetesSnapshot:
    """The snapshot of an export; a kind without a file is not checked.

    Raises:
        InputInvalid: a file of another kind, a cut-off one, files of two clusters, or an export of one namespace only.
    """
    if not files:
        raise InputInvalid("Upload the zt-*.json files that the kubectl commands made.")
    export = _Export()
    for file in sorted(files, key=lambda each: each.name):
        _read(file, export)
    if not export.rows:
        raise InputInvalid("None of the files holds a list of objects; nothing was judged.")
    _one_whole_cluster(export)
    return _snapshot(export, context)


def _read(file: UploadedFile, export: _Export) -> None:
    name = PurePosixPath(file.name.replace("\\", "/")).name
    stem, _, suffix = name.rpartition(".")
    if suffix == "pem":
        try:
            export.issuer = certificate_end(file.content.decode("utf-8", "replace"))
        except BadAnswer as problem:
            raise InputInvalid(f"{name[:80]}: {problem.sentence}") from problem
        return
    found = _STEM.match(stem)
    kind = BY_RESOURCE.get(found["resource"]) if found else None
    if suffix == "err":
        if kind is not None:
            _read_error(kind, file.content.decode("utf-8", "replace"), export)
        return
    if kind is not None and not file.content.strip():
        export.failed.setdefault(kind.part, Unavailable("input_missing", detail=f"{name[:80]} is empty."))
        return
    if found and found["resource"] == _VERSION_FILE:
        return
    _read_list(name[:80], kind, json_of(file), export)


def _read_error(kind: Kind, text: str, export: _Export) -> None:
    """What kubectl wrote besides objects; an empty file says that nothing went wrong."""
    export.heard.add(kind.part)
    if _NOT_INSTALLED in text:
        export.absent.add(kind.part)
    elif text.strip():
        refused = _FORBIDDEN in text.lower()
        detail = f"kubectl could not list {kind.resource}{': it was forbidden' if refused else ''}."
        export.failed[kind.part] = Unavailable(
            "missing_scope" if refused else "partial_data", kind.resource if refused else "", detail
        )


def _read_list(name: str, kind: Kind | None, document: Any, export: _Export) -> None:
    if not isinstance(document, dict):
        raise InputInvalid(f"{name} is not the output of kubectl get -o json.")
    if document.get("kind") == "Config":
        raise InputInvalid(KUBECONFIG)
    items = document.get("items")
    if not str(document.get("kind", "")).endswith("List") or not isinstance(items, list):
        raise InputInvalid(f"{name} is not the output of kubectl get -o json.")
    rest = document.get("metadata")
    if isinstance(rest, dict) and rest.get("continue"):
        raise InputInvalid(f"{name} is one page of a longer list. Export it again without a limit; nothing was judged.")
    if kind is not None:
        export.rows.setdefault(kind.part, [])
    elif not items:
        raise InputInvalid(f"{name} is empty and its name does not say of what; keep the names the commands give.")
    for item in items:
        _read_object(name, item, export)


def _read_object(name: str, item: Any, export: _Export) -> None:
    if not isinstance(item, dict):
        raise InputInvalid(f"{name} holds something that is no object.")
    version = item.get("apiVersion")
    group, slash, _ = version.rpartition("/") if isinstance(version, str) else ("", "", "")
    kind = _BY_KIND.get((group if slash else "", str(item.get("kind"))))
    if kind is None:
        what = f"{str(item.get('kind'))[:40]} of {str(version)[:60]}"
        raise InputInvalid(f"{name} holds {what}, which was not asked for. Use the commands shown; nothing was kept.")
    try:
        parsed = parse_object(kind, item)
    except BadAnswer as problem:
        raise InputInvalid(f"{name}: {problem.sentence} Nothing was judged from it.") from problem
    export.rows.setdefault(kind.part, []).append(parsed)
    if kind.namespaced:
        export.spaces.setdefault(parsed.meta.namespace, name)


def _one_whole_cluster(export: _Export) -> None:
    """Files of two clusters would be judged as one, and one namespace as all of them.

    Raises:
        InputInvalid: they are.
    """
    listed = {each.meta.name for each in export.rows.get("namespaces", ())}
    for part, rows in export.rows.items():
        found = [(each.meta.namespace, each.meta.name) for each in rows]
        if len(set(found)) < len(found):
            raise InputInvalid(f"Some {part.replace('_', ' ')} are in these files twice; upload one export at a time.")
    foreign = sorted(space for space in export.spaces if listed and space not in listed)
    if foreign:
        raise InputInvalid(
            f"These files come from different clusters: {export.spaces[foreign[0]]} has an object in namespace "
            f"{foreign[0]}, which zt-namespaces.json does not list."
        )
    if len(export.spaces) == 1 and len(listed) != 1:
        raise InputInvalid(
            f"Every object is in namespace {next(iter(export.spaces))}. Export again with -A, for all namespaces."
        )


def _snapshot(export: _Export, context: ReadContext) -> KubernetesSnapshot:
    found: dict[str, Part[Any]] = {}
    installed = Installed()
    for kind in KINDS:
        part = kind.part
        if part in export.absent and kind.optional and not export.rows.get(part):
            continue
        if part in export.failed:
            rows = tuple(export.rows.get(part, ()))
            why = export.failed[part]
            found[part] = Unavailable(why.reason, why.missing_scope, why.detail, rows)
        elif export.rows.get(part) or (part in export.rows and part in export.heard):
            found[part] = tuple(export.rows[part])
        elif part in export.rows:
            # Where listing is forbidden, kubectl prints an empty list and says so in its error output only.
            detail = f"zt-{kind.resource}.json is empty, and zt-{kind.resource}.err, which says why, is not there."
            found[part] = Unavailable("input_missing", detail=detail)
        else:
            found[part] = Unavailable("input_missing", detail=f"The export does not hold zt-{kind.resource}.json.")
    for product, groups in OPTIONAL_GROUPS.items():
        kinds = [kind for kind in KINDS if kind.group in groups]
        names = tuple(kind.resource for kind in kinds if isinstance(found.get(kind.part), tuple))
        unknown = next((found[kind.part] for kind in kinds if isinstance(found.get(kind.part), Unavailable)), None)
        installed.resources[product] = names if names or unknown is None else unknown
    for part, product in SETTINGS.items():
        if installed.resources[product] != ():
            issuer = (LinkerdConfig("", export.issuer),) if product == "linkerd" and export.issuer else ()
            found[part] = Unavailable("input_missing", detail="ConfigMaps are not part of the export.", read=issuer)
    return snapshot_of(
        found,
        installed,
        context,
        taken_at=taken_at(context),
        environment_read=_environment(export),
    )


def _environment(export: _Export) -> bool:
    """Some container has an environment, so it was not cut out before the upload."""
    return any(
        container.has_environment
        for part in WORKLOAD_PARTS
        for each in export.rows.get(part, ())
        for container in (*each.spec.containers, *each.spec.init_containers)
    )
