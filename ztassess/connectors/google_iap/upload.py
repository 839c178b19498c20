"""Owns reading lists from gcloud: the same rows as over a connection, project by project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from ztassess.connectors.api import Row, row_of, rows_of
from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.errors import BadAnswer, InputInvalid
from ztassess.connectors.exports import Export, read_export, taken_at
from ztassess.connectors.google_iap import client_access, client_apps, client_compute, client_levels, parsing_compute
from ztassess.connectors.google_iap import upload_formats as files
from ztassess.connectors.google_iap.form import inputs
from ztassess.connectors.google_iap.iap_names import iap_path
from ztassess.connectors.google_iap.snapshot import CloudSnapshot, DeclaredProject, Inputs
from ztassess.connectors.google_iap.snapshot_access import Project, ProjectGrants, ResourcePolicy
from ztassess.connectors.google_iap.snapshot_resources import Backend
from ztassess.domain.findings import Part, Unavailable

T = TypeVar("T")
PROJECT: Final = "//cloudresourcemanager.googleapis.com/projects/"
CONNECTION_ONLY: Final = Unavailable("input_missing", detail="This is read over a connection only, not from files.")
UNSTATED: Final = "The export does not say that it is complete, so nothing passes by it."
_LIVE: Final = ("entitlements", "org_policies", "run_services", "run_policies", "ancestors")


class Files:
    """The documents of an export by what they list, and the project each is of."""

    def __init__(self, export: Export, projects: Sequence[str]) -> None:
        self.export, self.projects = export, projects

    def of(self, kind: str) -> list[tuple[str, Any]]:
        """The documents of a kind with what their names say they are of; empty where the name says nothing."""
        found = []
        for name, documents in self.export.documents.items():
            if name == kind or name.startswith((f"{kind}-", f"{kind}.")):
                found += [(name[len(kind) + 1 :], document) for document in documents]
        return found

    def part(self, kind: str, read: Callable[[str, Any], Iterable[T]]) -> Part[T]:
        """One part from all documents of a kind, whole only if the export says that it is.

        Raises:
            InputInvalid: a document is something else.
        """
        documents = self.of(kind)
        if not documents:
            return Unavailable("input_missing", detail=f"{kind}.json is not among the files.")
        rows: list[T] = []
        for label, document in documents:
            try:
                rows += read(label, document)
            except BadAnswer as problem:
                raise InputInvalid(f"{kind}: {problem.sentence} Nothing was judged from it.") from problem
        if not self.export.complete:
            return Unavailable("partial_data", detail=UNSTATED, read=tuple(rows))
        return tuple(rows)

    def per_project(self, kind: str, read: Callable[[str, Any], Iterable[T]]) -> Part[T]:
        """As `part`; a listed project without a document of its own is a hole."""
        found = self.part(kind, lambda label, document: read(self._project(label), document))
        seen = {self._project(label) for label, _ in self.of(kind)}
        absent = [project for project in self.projects if project not in seen]
        if isinstance(found, Unavailable) or not absent:
            return found
        return Unavailable("partial_data", detail=f"{kind} of {absent[0]} is not among the files.", read=found)

    def _project(self, label: str) -> str:
        """The project that a file's name says; the only one if it says none.

        Raises:
            InputInvalid: the project is not among those of the form.
        """
        if not label and len(self.projects) == 1:
            return self.projects[0]
        if label not in self.projects:
            raise InputInvalid(
                f"A file is of project {label[:80] or 'unknown'}, which is not among the projects of this connection."
            )
        return label


def parse_upload(uploaded: Sequence[UploadedFile], context: ReadContext) -> CloudSnapshot:
    """Build the snapshot from files.

    Raises:
        InputInvalid: a file is not what its name says, or of a project that was not entered.
    """
    export = read_export(uploaded, [f"{name}*" for name in files.KNOWN] + list(files.KNOWN), vendor="Google Cloud")
    declared = inputs(context)
    names = [project.id for project in declared.projects] or _named(export)
    if not declared.projects:
        declared = _with_projects(declared, names)
    found = Files(export, names)
    grants = found.per_project(files.GRANTS, _grants)
    projects = _projects(grants, found, names)
    backends = _listed(found, files.BACKENDS, "BackendService", parsing_compute.backend_of)
    return CloudSnapshot(
        taken_at=taken_at(context, export.about.get("taken_at")),
        scope=f"projects/{names[0]}" if names else "projects",
        inputs=declared,
        projects=projects,
        policies=_own_policies(grants),
        grants=grants,
        backends=backends,
        iap_policies=found.part(files.IAP, partial(_iap, projects, backends)),
        access_levels=found.part(
            files.LEVELS, lambda _, document: map(client_levels.access_level_of, rows_of(document, "AccessLevel"))
        ),
        service_accounts=_listed(found, files.ACCOUNTS, "ServiceAccount", client_access.service_account_of),
        keys=found.part(files.KEYS, _keys),
        routes=_listed(found, files.ROUTES, "UrlMap", parsing_compute.routes_of, many=True),
        endpoint_groups=_listed(found, files.GROUPS, "NetworkEndpointGroup", parsing_compute.endpoint_group_of),
        instances=_listed(found, files.INSTANCES, "Instance", parsing_compute.instance_of),
        project_logins=found.per_project(files.LOGINS, _login),
        openings=_listed(found, files.FIREWALLS, "Firewall", parsing_compute.firewall_rules_of, many=True),
        policy_openings=_listed(
            found, files.FIREWALL_POLICIES, "FirewallPolicy", parsing_compute.policy_rules_of, many=True
        ),
        armor_policies=_listed(found, files.ARMOR, "SecurityPolicy", parsing_compute.armor_policy_of),
        sql_instances=_listed(found, files.SQL, "DatabaseInstance", client_apps.sql_instance_of),
        buckets=_listed(found, files.BUCKETS, "Bucket", client_apps.bucket_of),
        **dict.fromkeys(_LIVE, CONNECTION_ONLY),
    )


def _named(export: Export) -> list[str]:
    """The projects that the names of the files say, where the form says none."""
    kinds = [name for name in files.KNOWN if name not in (files.KEYS, files.IAP, files.LEVELS)]
    labels = [name[len(kind) + 1 :] for name in export.documents for kind in kinds if name.startswith(f"{kind}-")]
    return list(dict.fromkeys(label for label in labels if label))


def _with_projects(declared: Inputs, names: Sequence[str]) -> Inputs:
    return Inputs(
        tuple(DeclaredProject(name, "") for name in names),
        declared.apps,
        declared.internal_services,
        declared.internal_hosts,
        declared.sensitive_tools,
        declared.break_glass,
    )


def _listed(found: Files, kind: str, of: str, make: Callable[[Row, str], Any], *, many: bool = False) -> Part[Any]:
    """One part from lists of rows, each file of one project."""

    def read(project: str, document: Any) -> Iterator[Any]:
        for row in rows_of(document, of):
            _same_project(row, project, kind)
            made = make(row, project)
            yield from made if many else [made]

    return found.per_project(kind, read)


def _same_project(row: Row, project: str, kind: str) -> None:
    """A row that names its own project must name the one its file is said to be of.

    Raises:
        InputInvalid: it names another one.
    """
    link = row.value.get("selfLink")
    link = link if isinstance(link, str) else ""
    stated = row.value.get("projectId") or row.value.get("project")
    told = parsing_compute.link(link).split("/")[1] if "/projects/" in link else stated
    if isinstance(told, str) and told and told != project:
        raise InputInvalid(f"{kind} of {project} holds rows of another project ({told[:80]}); nothing was judged.")


def _grants(project: str, document: Any) -> Iterator[ProjectGrants]:
    rows = rows_of(document, "IamPolicySearchResult")
    others = [
        row.text("resource")[len(PROJECT) :]
        for row in rows
        if row.text("resource").startswith(PROJECT) and row.text("resource") != f"{PROJECT}{project}"
    ]
    if others:
        raise InputInvalid(f"{files.GRANTS} of {project} holds policies of another project ({others[0][:80]}).")
    yield ProjectGrants(project, tuple(client_access.found_policy(row, project) for row in rows))


def _own_policies(grants: Part[ProjectGrants]) -> Part[ResourcePolicy]:
    """The policies of the projects themselves, out of all that are in them."""

    def of(each: ProjectGrants) -> Iterator[ResourcePolicy]:
        for policy in each.policies:
            if policy.resource == f"{PROJECT}{each.project}":
                yield ResourcePolicy(f"projects/{each.project}", each.project, policy.bindings)

    if isinstance(grants, Unavailable):
        return Unavailable(
            grants.reason, grants.missing_scope, grants.detail, read=tuple(p for each in grants.read for p in of(each))
        )
    found = tuple(policy for each in grants for policy in of(each))
    lacking = [each.project for each in grants if not any(policy.project == each.project for policy in found)]
    if lacking:
        return Unavailable("partial_data", detail=f"The policy of project {lacking[0]} is not in the file.", read=found)
    return found


def _projects(grants: Part[ProjectGrants], found: Files, names: Sequence[str]) -> Part[Project]:
    """The projects with their numbers, where the search results tell them; else the id stands for it."""
    numbers = _numbers(found)
    rows = tuple(Project(name, numbers.get(name, name), "") for name in names)
    return rows if not isinstance(grants, Unavailable) else Unavailable(grants.reason, detail=grants.detail, read=rows)


def _numbers(found: Files) -> Mapping[str, str]:
    told: dict[str, str] = {}
    for label, document in found.of(files.GRANTS):
        for row in rows_of(document, "IamPolicySearchResult") if isinstance(document, list) else ():
            name = label or (found.projects[0] if len(found.projects) == 1 else "")
            number = row.text("project", absent="").removeprefix("projects/")
            if name and number.isdecimal():
                told[name] = number
    return told


def _iap(projects: Part[Project], backends: Part[Backend], label: str, document: Any) -> Iterator[ResourcePolicy]:
    """The policy of the backend that the file's name says; of all of IAP in the only project if it says none."""
    known = projects.read if isinstance(projects, Unavailable) else projects
    rows = backends.read if isinstance(backends, Unavailable) else backends
    bindings = client_access.bindings_of(row_of(document, "Policy"))
    if not label and len(known) == 1:
        yield ResourcePolicy(iap_path(known[0], None), known[0].id, bindings)
        return
    mine = [backend for backend in rows if backend.name == label]
    if len(mine) != 1:
        raise InputInvalid(f"{files.IAP}-{label[:80]}.json is of no backend service of these files, or of several.")
    project = next(each for each in known if each.id == mine[0].project)
    yield ResourcePolicy(iap_path(project, mine[0]), project.id, bindings)


def _keys(label: str, document: Any) -> Iterator[Any]:
    for row in rows_of(document, "ServiceAccountKey"):
        project, _, rest = row.text("name").removeprefix("projects/").partition("/serviceAccounts/")
        account = rest.partition("/")[0].lower()
        if label and label.lower() != account:
            raise InputInvalid(f"{files.KEYS}-{label[:80]}.json holds a key of another account ({account[:80]}).")
        if row.text("keyType") == "USER_MANAGED":
            yield client_access.key_of(row, project, account)


def _login(project: str, document: Any) -> Iterator[Any]:
    yield client_compute.project_login_of(row_of(document, "compute.Project"), project)
