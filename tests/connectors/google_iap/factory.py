"""A snapshot in order, to be changed by tables, and what the rules say of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.connectors.google_iap.rows import ACCESSOR, DEV, LEVEL, PROD, needs
from tests.fakes.vendor import NOW
from ztassess.connectors.google_iap.rules import CHECKS
from ztassess.connectors.google_iap.snapshot import OTHER, PRODUCTION, CloudSnapshot, DeclaredProject, Inputs
from ztassess.connectors.google_iap.snapshot_access import (
    AccessLevel,
    Binding,
    Entitlement,
    LevelCondition,
    OrgPolicy,
    Project,
    ProjectGrants,
    ResourcePolicy,
    ServiceAccount,
    ServiceAccountKey,
)
from ztassess.connectors.google_iap.snapshot_resources import (
    ArmorPolicy,
    ArmorRule,
    Backend,
    Bucket,
    FirewallRule,
    Instance,
    Login,
    Opening,
    ProjectLogin,
    Route,
    RunService,
    SqlInstance,
)
from ztassess.domain.checks import evaluate, fold
from ztassess.domain.findings import Unavailable, Verdict

NO = Unavailable("missing_scope", "some.permission", "Permission some.permission is missing on projects/acme-prod.")
DEVICE = AccessLevel(LEVEL, any_of=False, conditions=(LevelCondition(("requireScreenlock",), (), False, False),))
HOST = "admin.acme.example"
DOOR = "projects/111/iap_web/compute/services/admin-be"
CI = f"serviceAccount:ci@{DEV}.iam.gserviceaccount.com"
DEPLOY = f"serviceAccount:deploy@{PROD}.iam.gserviceaccount.com"


def broken_off(*rows: Any) -> Unavailable:
    """A part of which these rows came before it broke."""
    return Unavailable("partial_data", detail="It broke off.", read=rows)


def backend(name: str = "admin-be", **changed: Any) -> Backend:
    link = f"projects/{PROD}/global/backendServices/{name}"
    armor = f"projects/{PROD}/global/securityPolicies/edge"
    group = f"projects/{PROD}/zones/a/instanceGroups/web"
    made = Backend(PROD, name, link, "", "HTTPS", "EXTERNAL_MANAGED", True, armor, (group,))
    return replace(made, **changed)


def route(host: str = HOST, *names: str, url_map: str = "web") -> Route:
    links = tuple(f"projects/{PROD}/global/backendServices/{name}" for name in names or ("admin-be",))
    return Route(PROD, url_map, host, links)


def service(name: str = "billing", **changed: Any) -> RunService:
    made = RunService(
        PROD,
        f"projects/{PROD}/locations/europe-west1/services/{name}",
        "europe-west1",
        "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
        True,
        False,
        True,
        f"{name}@{PROD}.iam.gserviceaccount.com",
        (f"{name}-abc-ew.a.run.app",),
    )
    return replace(made, **changed)


def run_policy(*bindings: Binding, name: str = "billing") -> ResourcePolicy:
    return ResourcePolicy(f"projects/{PROD}/locations/europe-west1/services/{name}", PROD, bindings)


def instance(name: str = "vm-1", **changed: Any) -> Instance:
    account = f"vm@{PROD}.iam.gserviceaccount.com"
    link = f"projects/{PROD}/zones/a/instances/{name}"
    made = Instance(PROD, name, link, (account,), ("web",), ("default",), False, Login(None, False))
    return replace(made, **changed)


def opening(*ports: str, sources: tuple[str, ...] = ("0.0.0.0/0",), protocol: str = "tcp", **more: Any) -> FirewallRule:
    made = FirewallRule(PROD, "rule", "", "default", sources, (), (), (Opening(protocol, ports),))
    return replace(made, **more)


def armor(*rules: ArmorRule) -> ArmorPolicy:
    found = rules or (ArmorRule(1000, "deny(403)", False, True, False),)
    return ArmorPolicy(PROD, "edge", f"projects/{PROD}/global/securityPolicies/edge", found)


def policy(*bindings: Binding, resource: str = f"projects/{PROD}", project: str = PROD) -> ResourcePolicy:
    return ResourcePolicy(resource, project, bindings)


def key(days: int | None = 10, **changed: Any) -> ServiceAccountKey:
    since = None if days is None else NOW - timedelta(days=days)
    return replace(ServiceAccountKey(PROD, DEPLOY.partition(":")[2], "ab12", since, None, False), **changed)


def account(name: str = "deploy", project: str = PROD, *, disabled: bool = False) -> ServiceAccount:
    return ServiceAccount(project, f"{name}@{project}.iam.gserviceaccount.com", "1", disabled)


def enforced(*constraints: str, projects: tuple[str, ...] = (PROD, DEV)) -> tuple[OrgPolicy, ...]:
    return tuple(OrgPolicy(project, each, enforced=True) for each in constraints for project in projects)


INPUTS = Inputs(
    projects=(DeclaredProject(PROD, PRODUCTION), DeclaredProject(DEV, OTHER)),
    internal_services=("billing",),
    internal_hosts=(HOST,),
    sensitive_tools=(HOST,),
)


def snapshot(**changed: Any) -> CloudSnapshot:
    """An organization in order."""
    accessor = Binding(ACCESSOR, ("group:support@acme.example",), needs())
    own = policy(Binding("roles/run.developer", (DEPLOY,)), Binding("roles/viewer", ("user:anna@acme.example",)))
    parts: dict[str, Any] = {
        "projects": (Project(PROD, "111", "folders/12"), Project(DEV, "222", "organizations/34")),
        "policies": (own, policy(resource=f"projects/{DEV}", project=DEV)),
        "ancestors": (policy(resource="folders/12"), policy(resource="organizations/34")),
        "grants": (ProjectGrants(PROD, (own,)), ProjectGrants(DEV, (own,))),
        "service_accounts": (account(), account("ci", DEV)),
        "keys": (),
        "entitlements": (Entitlement(PROD, "prod-admin", ("roles/compute.admin",), 1, True),),
        "org_policies": (),
        "access_levels": (DEVICE,),
        "backends": (backend(),),
        "routes": (route(),),
        "endpoint_groups": (),
        "iap_policies": (policy(accessor, resource=DOOR), policy(resource="projects/111/iap_web")),
        "run_services": (service(),),
        "run_policies": (run_policy(Binding("roles/run.invoker", (DEPLOY,))),),
        "instances": (instance(),),
        "project_logins": (ProjectLogin(PROD, Login(True, False)), ProjectLogin(DEV, Login(None, False))),
        "openings": (opening("80", "443"), opening("22", sources=("35.235.240.0/20",), name="iap-ssh")),
        "policy_openings": (),
        "armor_policies": (armor(),),
        "sql_instances": (SqlInstance(PROD, "orders", False, ()),),
        "buckets": (Bucket(PROD, "files", True, "enforced"),),
    }
    inputs = changed.pop("inputs", {})
    return CloudSnapshot(NOW, "organizations/34", replace(INPUTS, **inputs), **(parts | changed))


def judged(check: str, **changed: Any) -> tuple[str, list[Verdict]]:
    """The folded outcome of one check and its verdicts."""
    findings = evaluate([CHECKS[f"google_iap.{check}"]], snapshot(**changed))
    assert findings, "a rule must say something"
    return fold(check, findings).outcome.value, [finding.verdict for finding in findings]


def outcome(check: str, **changed: Any) -> str:
    return judged(check, **changed)[0]


def only(check: str, **changed: Any) -> Verdict:
    """The one verdict that a check gives."""
    found = judged(check, **changed)[1]
    assert len(found) == 1, [verdict.reason for verdict in found]
    return found[0]
