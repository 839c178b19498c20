"""A Kubernetes API server on loopback: objects, RBAC, chunked lists whose tokens expire, discovery, reviews."""

from __future__ import annotations

import base64
import json
import socket
from typing import Any

import yaml

from tests.connectors.kubernetes.objects import Manifest
from tests.fakes.vendor import CANARY, Answer, Request, Vendor, authority
from ztassess.connectors.kubernetes.grants import ROLE
from ztassess.connectors.kubernetes.kinds import KINDS, OPTIONAL_GROUPS

TOKEN = f"eyJhbGciOi.{CANARY}.sig"
IDENTITY = "system:serviceaccount:zt-assessor:zt-assessor"
# Every account may do this (ClusterRole system:basic-user).
BASIC: list[Manifest] = [
    {
        "apiGroups": ["authorization.k8s.io"],
        "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
        "verbs": ["create"],
    },
    {"apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"], "verbs": ["create"]},
]
SERVED = {
    "apps": ("v1",),
    "batch": ("v1",),
    "networking.k8s.io": ("v1",),
    "rbac.authorization.k8s.io": ("v1",),
    "authorization.k8s.io": ("v1",),
    "security.istio.io": ("v1", "v1beta1"),
    "networking.istio.io": ("v1", "v1beta1"),
    "policy.linkerd.io": ("v1beta3", "v1beta1", "v1alpha1"),
    "argoproj.io": ("v1alpha1",),
}
_VERSIONS = {  # of kinds that are not served in every version of their group
    "servers": ("v1beta3", "v1beta1", "v1alpha1"),
    "serverauthorizations": ("v1beta1",),
    "httproutes": ("v1beta3",),
    "authorizationpolicies.policy.linkerd.io": ("v1alpha1",),
    "meshtlsauthentications": ("v1alpha1",),
    "networkauthentications": ("v1alpha1",),
}


def read_role() -> list[Manifest]:
    """The rules of the ClusterRole that the connector shows."""
    documents = yaml.safe_load_all(ROLE)
    return [*next(each["rules"] for each in documents if each["kind"] == "ClusterRole"), *BASIC]


def status(code: int, reason: str, message: str) -> Answer:
    """A failure as the API server words it."""
    value = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
    return Answer({**value, "reason": reason, "code": code}, code)


class Cluster(Vendor):
    """The server.

    Attributes:
        rules: what the owner of the token may do.
        objects: all objects; change them through `put`, which raises the resource version.
        products: installed products besides Kubernetes: ``istio``, ``linkerd``, ``gitops``.
        compacted: continue tokens of this resource version and older have expired.
        incomplete: the rules review says that it is not the whole truth.
    """

    def __init__(self, *objects: Manifest, products: tuple[str, ...] = ("istio", "linkerd", "gitops")) -> None:
        super().__init__()
        self.rules, self.token = read_role(), TOKEN
        self.objects = list(objects)
        self.products = products
        self.version, self.compacted, self.incomplete = 1000, 0, False
        self.kept: dict[int, list[Manifest]] = {}
        self.route("GET", r"/version")(lambda _: Answer({"major": "1", "minor": "32", "gitVersion": "v1.32.4"}))
        self.route("GET", r"/api")(self._guarded(lambda _: Answer({"kind": "APIVersions", "versions": ["v1"]})))
        self.route("GET", r"/apis")(self._guarded(self._groups))
        self.route("GET", r"/(?:api|apis/(?P<group>[^/]+))/(?P<version>v[^/]+)")(self._guarded(self._resources))
        self.route("GET", r"/(?:api|apis/(?P<group>[^/]+))/(?P<version>v[^/]+)/(?P<plural>[^/]+)")(
            self._guarded(self._list)
        )
        self.route("GET", r"/api/v1/namespaces/(?P<space>[^/]+)/configmaps/(?P<name>[^/]+)")(
            self._guarded(self._config_map)
        )
        self.route("POST", r"/apis/authorization.k8s.io/v1/selfsubjectrulesreviews")(self._guarded(self._review))

    def __enter__(self) -> Cluster:
        super().__enter__()
        server = self._server
        assert server is not None
        accept = server.get_request

        def at_once() -> Any:
            # Head and body are two writes; without this each answer waits 40 ms for the client's acknowledgment.
            line, address = accept()
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return line, address

        server.get_request = at_once  # type: ignore[method-assign]
        return self

    def put(self, *objects: Manifest) -> None:
        """Create objects: the next list is of a newer version."""
        self.version += 1
        self.objects += objects

    def _guarded(self, route: Any) -> Any:
        def guarded(request: Request) -> Answer:
            if request.token != self.token:
                return status(401, "Unauthorized", "Unauthorized")
            answer: Answer = route(request)
            return answer

        return guarded

    def allowed(self, verb: str, group: str, resource: str, name: str = "") -> bool:
        """RBAC: some rule names verb, group, resource, and the object or all objects."""

        def has(rule: Manifest, key: str, value: str) -> bool:
            return value in rule.get(key, []) or "*" in rule.get(key, [])

        return any(
            has(rule, "verbs", verb)
            and has(rule, "apiGroups", group)
            and has(rule, "resources", resource)
            and (not rule.get("resourceNames") or name in rule["resourceNames"])
            for rule in self.rules
        )

    def _installed(self, group: str) -> bool:
        product = next((part for part, groups in OPTIONAL_GROUPS.items() if group in groups), "")
        return not product or product in self.products

    def _served(self, group: str) -> tuple[str, ...]:
        return SERVED.get(group, ()) if self._installed(group) else ()

    def _groups(self, _: Request) -> Answer:
        groups = []
        for group in SERVED:
            versions = [{"groupVersion": f"{group}/{each}", "version": each} for each in self._served(group)]
            if versions:
                groups.append({"name": group, "versions": versions, "preferredVersion": versions[0]})
        return Answer({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})

    def _kinds(self, group: str, version: str) -> list[Any]:
        if version not in (("v1",) if not group else self._served(group)):
            return []
        known = [kind for kind in KINDS if kind.group == group]
        return [
            kind
            for kind in known
            if version in (_VERSIONS.get(kind.resource) or _VERSIONS.get(kind.plural) or (version,))
        ]

    def _resources(self, request: Request) -> Answer:
        group, version = request.match["group"] or "", request.match["version"]
        kinds = self._kinds(group, version)
        if not kinds and group not in SERVED:
            return not_found()
        listed = [
            {
                "name": kind.plural,
                "singularName": kind.kind.lower(),
                "namespaced": kind.namespaced,
                "kind": kind.kind,
                "verbs": ["get", "list"],
            }
            for kind in kinds
        ]
        where = f"{group}/{version}" if group else version
        return Answer({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": where, "resources": listed})

    def _list(self, request: Request) -> Answer:
        group, version, plural = request.match["group"] or "", request.match["version"], request.match["plural"]
        kind = next((each for each in self._kinds(group, version) if each.plural == plural), None)
        if kind is None:
            return not_found()
        if not self.allowed("list", group, plural):
            api = f'in API group "{group}" at the cluster scope'
            what = f'{kind.resource} is forbidden: User "{IDENTITY}" cannot list resource "{plural}" {api}'
            return status(403, "Forbidden", what)
        at, start = self.version, 0
        if request.query.get("continue"):
            try:
                stated = json.loads(base64.urlsafe_b64decode(request.query["continue"]))
            except ValueError:
                return status(400, "BadRequest", "continue key is not valid")
            at, start = stated["rv"], stated["start"]
            if at <= self.compacted:
                return status(410, "Expired", "The provided continue parameter is too old to display a consistent list")
        everything = self.kept.setdefault(at, list(self.objects))
        rows = [each for each in everything if is_of(each, kind)]
        limit = int(request.query.get("limit") or 0) or len(rows)
        chunk, rest = rows[start : start + limit], len(rows) - start - limit
        metadata: Manifest = {"resourceVersion": str(at)}
        if rest > 0:
            token = json.dumps({"v": "meta.k8s.io/v1", "rv": at, "start": start + limit}).encode()
            metadata |= {"continue": base64.urlsafe_b64encode(token).decode(), "remainingItemCount": rest}
        where = f"{group}/{version}" if group else version
        items = [as_served(each, where, custom=bool(kind.optional)) for each in chunk]
        return Answer({"kind": f"{kind.kind}List", "apiVersion": where, "metadata": metadata, "items": items})

    def _config_map(self, request: Request) -> Answer:
        space, name = request.match["space"], request.match["name"]
        if not self.allowed("get", "", "configmaps", name):
            return status(403, "Forbidden", f'configmaps "{name}" is forbidden')
        for each in self.objects:
            if each["kind"] == "ConfigMap" and (each["metadata"]["namespace"], each["metadata"]["name"]) == (
                space,
                name,
            ):
                return Answer(each)
        return status(404, "NotFound", f'configmaps "{name}" not found')

    def _review(self, request: Request) -> Answer:
        asked = request.json()
        rules = [{key: rule[key] for key in ("verbs", "apiGroups", "resources", "resourceNames") if key in rule}
                 for rule in self.rules]  # fmt: skip
        outcome = {"resourceRules": rules, "nonResourceRules": [], "incomplete": self.incomplete}
        return Answer({**asked, "metadata": {}, "status": outcome}, 201)


def is_of(each: Manifest, kind: Any) -> bool:
    group, slash, _ = each["apiVersion"].rpartition("/")
    return each["kind"] == kind.kind and (group if slash else "") == kind.group


def as_served(each: Manifest, where: str, *, custom: bool) -> Manifest:
    """Objects of Kubernetes' own kinds come without kind and apiVersion in a list, custom ones with both."""
    bare = {key: value for key, value in each.items() if key not in ("kind", "apiVersion")}
    return {"apiVersion": where, "kind": each["kind"], **bare} if custom else bare


def not_found() -> Answer:
    return Answer(status=404, raw=b"404 page not found\n", kind="text/plain")


def config_map(name: str, space: str, **data: str) -> Manifest:
    metadata = {"name": name, "namespace": space, "creationTimestamp": "2026-01-01T00:00:00Z"}
    return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata, "data": data}


def ca_pem() -> str:
    """The CA to paste."""
    pem: bytes = authority()[0].cert_pem.bytes()
    return pem.decode()
