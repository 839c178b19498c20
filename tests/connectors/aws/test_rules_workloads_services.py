"""Services: a role each, callers with an identity, secrets that rotate and are no plain variables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.aws.factory import ACCOUNT, REFUSED, REGION, ago, gap, result, role, snapshot, text_of, verdicts
from ztassess.connectors.aws.rules_workloads import checks
from ztassess.connectors.aws.rules_workloads_secrets import looks_secret
from ztassess.connectors.aws.snapshot import (
    ApiMethod,
    Container,
    ContainerService,
    Function,
    FunctionUrl,
    Instance,
    RestApi,
    Secret,
    TaskDefinition,
)
from ztassess.domain.findings import Outcome

FAIL, PASS, NOT_CHECKED, NOT_APPLICABLE = Outcome.FAIL, Outcome.PASS, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
DISTINCT = "aws.workload_roles_distinct"
CALLS = "aws.service_calls_authorized"
ROTATED = "aws.secrets_rotated"
PLAIN = "aws.no_secrets_in_task_environment"
OTHER_REGION = "us-east-1"


def function(name: str, role_name: str = "", region: str = REGION, variables: tuple[str, ...] = (), **more) -> Function:
    arn = f"arn:aws:lambda:{region}:{ACCOUNT}:function:{name}"
    return Function(region, arn, name, f"arn:aws:iam::{ACCOUNT}:role/{role_name or name}", variables, **more)


def service(name: str, cluster: str = "main", region: str = REGION) -> ContainerService:
    return ContainerService(region, cluster, name, f"arn:task/{name}:1")


def task(name: str, task_role: str | None = None, *containers: Container) -> TaskDefinition:
    wanted = name if task_role is None else task_role
    arn = f"arn:aws:iam::{ACCOUNT}:role/{wanted}" if wanted else ""
    return TaskDefinition(REGION, f"arn:task/{name}:1", name, arn, containers)


def instance(profile: str, name: str = "i-1", state: str = "running") -> Instance:
    arn = f"arn:aws:iam::{ACCOUNT}:instance-profile/{profile}" if profile else ""
    return Instance(REGION, name, state, profile_arn=arn)


WEB_ROLE = role("web", instance_profiles=(f"arn:aws:iam::{ACCOUNT}:instance-profile/web",))


@pytest.mark.parametrize(
    ("name", "parts", "outcome"),
    [
        ("a role each", {"functions": (function("a"), function("b"))}, PASS),
        ("one function in two regions", {"functions": (function("a"), function("a", region=OTHER_REGION))}, PASS),
        ("two functions share", {"functions": (function("a", "lambda"), function("b", "lambda"))}, FAIL),
        ("a service", {"container_services": (service("api"),), "task_definitions": (task("api"),)}, PASS),
        (
            "a service without a role",
            {"container_services": (service("api"),), "task_definitions": (task("api", ""),)},
            FAIL,
        ),
        (
            "two services share",
            {
                "container_services": (service("api"), service("web")),
                "task_definitions": (task("api", "x"), task("web", "x")),
            },
            FAIL,
        ),
        (
            "a service and a function share",
            {
                "container_services": (service("api"),),
                "task_definitions": (task("api", "x"),),
                "functions": (function("a", "x"),),
            },
            FAIL,
        ),
        (
            "same name in two clusters",
            {"container_services": (service("api"), service("api", "second")), "task_definitions": (task("api"),)},
            FAIL,
        ),
        ("task definition not read", {"container_services": (service("api"),)}, NOT_CHECKED),
        (
            "copies of one instance",
            {"instances": (instance("web"), instance("web", "i-2")), "roles": (WEB_ROLE,)},
            PASS,
        ),
        (
            "an instance shares with a function",
            {"instances": (instance("web"),), "roles": (WEB_ROLE,), "functions": (function("a", "web"),)},
            FAIL,
        ),
        (
            "an instance that is gone",
            {
                "instances": (instance("web", state="terminated"),),
                "roles": (WEB_ROLE,),
                "functions": (function("a", "web"),),
            },
            PASS,
        ),
        ("an instance without a role", {"instances": (instance(""),)}, NOT_APPLICABLE),
        ("nothing", {}, NOT_APPLICABLE),
        ("services refused", {"container_services": REFUSED, "functions": (function("a"),)}, NOT_CHECKED),
        ("functions refused", {"functions": REFUSED}, NOT_CHECKED),
        ("instances refused", {"instances": REFUSED, "functions": (function("a"),)}, NOT_CHECKED),
        ("tasks refused", {"container_services": (service("api"),), "task_definitions": REFUSED}, NOT_CHECKED),
        (
            "services refused, functions share",
            {"container_services": REFUSED, "functions": (function("a", "x"), function("b", "x"))},
            FAIL,
        ),
        ("a region refused", {"functions": (function("a"),), "gaps": (gap("functions"),)}, NOT_CHECKED),
    ],
)
def test_each_workload_has_its_own_role(name, parts, outcome):
    assert result(checks, DISTINCT, snapshot(**parts)).outcome is outcome, name


def test_functions_that_share_a_role_are_counted():
    (found,) = verdicts(checks, DISTINCT, snapshot(functions=tuple(function(name, "all") for name in "abc")))
    assert (found.near_miss, found.seen) == ("3 functions share all.", 3)


OPEN, SIGNED = FunctionUrl("x.lambda-url.eu-west-1.on.aws", "NONE"), FunctionUrl("x", "AWS_IAM")


def api(*methods: ApiMethod, private: bool = False) -> RestApi:
    return RestApi(REGION, "api1", "orders", private, methods=methods)


GET = ApiMethod("/orders", "GET", "AWS_IAM", api_key_required=False)


@pytest.mark.parametrize(
    ("name", "wanted", "parts", "outcome"),
    [
        ("function with IAM", ("a",), {"functions": (function("a", url=SIGNED),)}, PASS),
        ("function open to anyone", ("a",), {"functions": (function("a", url=OPEN),)}, FAIL),
        ("function without URL", ("a",), {"functions": (function("a"),)}, PASS),
        ("function by ARN", (function("a").arn,), {"functions": (function("a", url=OPEN),)}, FAIL),
        ("function that is not internal", (), {"functions": (function("a", url=OPEN),)}, NOT_APPLICABLE),
        ("URL refused", ("a",), {"functions": (function("a", url=REFUSED),)}, NOT_CHECKED),
        ("API with IAM", ("orders",), {"rest_apis": (api(GET),)}, PASS),
        ("API with its own check", ("api1",), {"rest_apis": (api(replace(GET, authorization="CUSTOM")),)}, PASS),
        (
            "one open method",
            ("orders",),
            {"rest_apis": (api(GET, replace(GET, verb="POST", authorization="NONE")),)},
            FAIL,
        ),
        (
            "open to browsers' questions only",
            ("orders",),
            {"rest_apis": (api(GET, replace(GET, verb="OPTIONS", authorization="NONE")),)},
            PASS,
        ),
        (
            "open, though private",
            ("orders",),
            {"rest_apis": (api(replace(GET, authorization="NONE"), private=True),)},
            FAIL,
        ),
        ("declared, but not there", ("ghost",), {"functions": (function("a"),)}, NOT_CHECKED),
        ("nothing declared", None, {"functions": (function("a", url=OPEN),)}, NOT_CHECKED),
        ("functions refused", ("orders",), {"functions": REFUSED, "rest_apis": (api(GET),)}, NOT_CHECKED),
        (
            "functions refused, API open",
            ("orders",),
            {"functions": REFUSED, "rest_apis": (api(replace(GET, authorization="NONE")),)},
            FAIL,
        ),
        ("a region refused", ("orders",), {"rest_apis": (api(GET),), "gaps": (gap("rest_apis"),)}, NOT_CHECKED),
    ],
)
def test_internal_services_need_an_identity(name, wanted, parts, outcome):
    assert result(checks, CALLS, snapshot(inputs={"internal_services": wanted}, **parts)).outcome is outcome, name


def test_api_key_is_a_near_miss():
    keyed = replace(GET, authorization="NONE", api_key_required=True)
    (found,) = verdicts(checks, CALLS, snapshot(inputs={"internal_services": ("orders",)}, rest_apis=(api(keyed),)))
    assert found.near_miss == "API key required: a key is not an identity."


def secret(**more) -> Secret:
    base = {"region": REGION, "arn": "arn:secret/db", "name": "db", "rotation_enabled": False, "last_changed": ago(200)}
    return Secret(**(base | more))


@pytest.mark.parametrize(
    ("name", "parts", "outcome"),
    [
        ("rotates", {"secrets": (secret(rotation_enabled=True),)}, PASS),
        ("changed 89 days ago", {"secrets": (secret(last_changed=ago(89)),)}, PASS),
        ("changed 91 days ago", {"secrets": (secret(last_changed=ago(91)),)}, FAIL),
        ("rotation not said, old", {"secrets": (secret(rotation_enabled=None),)}, FAIL),
        ("managed by a service", {"secrets": (secret(owning_service="rds"),)}, PASS),
        ("never changed, made long ago", {"secrets": (secret(last_changed=None, created=ago(200)),)}, FAIL),
        ("no moment at all", {"secrets": (secret(last_changed=None),)}, NOT_CHECKED),
        ("one of two", {"secrets": (secret(rotation_enabled=True), secret(arn="arn:secret/2"))}, FAIL),
        ("none", {}, NOT_APPLICABLE),
        ("refused", {"secrets": REFUSED}, NOT_CHECKED),
        ("a region refused", {"secrets": (secret(rotation_enabled=True),), "gaps": (gap("secrets"),)}, NOT_CHECKED),
        ("none, but a region refused", {"gaps": (gap("secrets"),)}, NOT_CHECKED),
    ],
)
def test_managed_secrets_rotate(name, parts, outcome):
    assert result(checks, ROTATED, snapshot(**parts)).outcome is outcome, name


def test_rotation_that_has_not_run_is_a_near_miss():
    (found,) = verdicts(checks, ROTATED, snapshot(secrets=(secret(rotation_enabled=True, last_rotated=ago(200)),)))
    assert (found.outcome, found.near_miss) == (PASS, "Rotation is on; the last one was 200 days ago.")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("STRIPE_KEY", True),
        ("stripe_key", True),
        ("CLIENT_SECRET", True),
        ("SECRET_VALUE", True),
        ("DB_PASSWORD", True),
        ("PASSWORD_2", True),
        ("GITHUB_TOKEN", True),
        ("AWS_SECRET_ACCESS_KEY", True),
        ("OPENAI_APIKEY", True),
        ("DB_SECRET_ARN", False),
        ("TOKEN_URL", False),
        ("JWT_PUBLIC_KEY", False),
        ("TOKEN_TTL", False),
        ("MONKEY", False),
        ("KEYBOARD", False),
        ("LOG_LEVEL", False),
    ],
)
def test_variables_named_like_secrets_are_known(name, expected):
    assert looks_secret(name) is expected


GOOD_TASK = task("api", None, Container("app", ("LOG_LEVEL",), ("DB_PASSWORD",)))


@pytest.mark.parametrize(
    ("name", "parts", "outcome"),
    [
        ("in the secrets block", {"task_definitions": (GOOD_TASK,)}, PASS),
        ("plain in a task", {"task_definitions": (task("api", None, Container("app", ("DB_PASSWORD",))),)}, FAIL),
        (
            "plain in a second container",
            {"task_definitions": (task("api", None, Container("app"), Container("side", ("API_KEY",))),)},
            FAIL,
        ),
        ("plain in a function", {"functions": (function("a", variables=("API_TOKEN",)),)}, FAIL),
        ("plain, harmless", {"functions": (function("a", variables=("LOG_LEVEL",)),)}, PASS),
        ("nothing", {}, NOT_APPLICABLE),
        ("tasks not granted", {"task_definitions": REFUSED, "functions": (function("a"),)}, NOT_CHECKED),
        ("functions not granted", {"functions": REFUSED, "task_definitions": (GOOD_TASK,)}, NOT_CHECKED),
        (
            "tasks not granted, plain in a function",
            {"task_definitions": REFUSED, "functions": (function("a", variables=("API_TOKEN",)),)},
            FAIL,
        ),
        ("a region refused", {"task_definitions": (GOOD_TASK,), "gaps": (gap("functions"),)}, NOT_CHECKED),
    ],
)
def test_secrets_are_no_plain_variables(name, parts, outcome):
    assert result(checks, PLAIN, snapshot(**parts)).outcome is outcome, name


def test_names_are_counted_and_values_were_never_there():
    found = verdicts(checks, PLAIN, snapshot(functions=(function("a", variables=("API_TOKEN", "DB_PASSWORD")),)))
    assert found[0].near_miss == "2 names look secret; values were not stored."
    assert "API_TOKEN" in text_of(found)
