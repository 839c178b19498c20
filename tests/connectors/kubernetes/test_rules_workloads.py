"""Workloads: an account of their own, no secrets in their environment. Tables of what was seen."""

from __future__ import annotations

import pytest

from tests.connectors.kubernetes.objects import (
    CANARY,
    container,
    deployment,
    findings_of,
    manifest,
    result_of,
    said,
    snapshot,
)
from ztassess.connectors.kubernetes.rules_workloads import looks_secret
from ztassess.domain.findings import Outcome, Severity, Unavailable

ACCOUNT, ENVIRONMENT = "workloads_have_own_account", "no_secrets_in_environment"


def account(name, automount=None, space="shop"):
    more = {} if automount is None else {"automountServiceAccountToken": automount}
    return manifest("ServiceAccount", "v1", name, space, **more)


@pytest.mark.parametrize(
    ("objects", "outcome"),
    [
        ([deployment("pay", automountServiceAccountToken=False)], Outcome.PASS),
        ([deployment("pay", automountServiceAccountToken=True)], Outcome.PASS),
        ([deployment("pay"), account("pay", automount=False)], Outcome.PASS),
        ([deployment("pay"), account("pay")], Outcome.FAIL),
        ([deployment("pay"), account("pay", automount=False, space="web")], Outcome.FAIL),
        ([deployment("pay", serviceAccountName="default", automountServiceAccountToken=False)], Outcome.FAIL),
        ([deployment("pay", serviceAccountName="", automountServiceAccountToken=False)], Outcome.FAIL),
        # Shared by two applications; not by two workloads of one.
        ([deployment("pay", serviceAccountName="x", automountServiceAccountToken=False),
          deployment("web", serviceAccountName="x", automountServiceAccountToken=False)], Outcome.FAIL),
        ([deployment("pay", serviceAccountName="x", automountServiceAccountToken=False),
          deployment("pay-job", kind="CronJob", labels={"app": "pay"}, serviceAccountName="x",
                     automountServiceAccountToken=False)], Outcome.PASS),
        ([deployment("pay", serviceAccountName="x", automountServiceAccountToken=False),
          deployment("web", "web", serviceAccountName="x", automountServiceAccountToken=False)], Outcome.PASS),
        ([deployment("dns", "kube-system", serviceAccountName="default")], Outcome.NOT_APPLICABLE),
        ([], Outcome.NOT_APPLICABLE),
    ],
)  # fmt: skip
def test_own_account(objects, outcome):
    assert result_of(ACCOUNT, snapshot(*objects)).outcome is outcome


def test_shared_account_is_a_near_miss():
    objects = [deployment(name, serviceAccountName="x", automountServiceAccountToken=False) for name in ("a", "b")]
    found = findings_of(ACCOUNT, snapshot(*objects))
    assert [each.verdict.near_miss for each in found] == ["2 workloads share account x."] * 2
    assert found[0].verdict.seen == 2


@pytest.mark.parametrize(
    ("made", "more", "outcome"),
    [
        (deployment("pay"), {"service_accounts": Unavailable("missing_scope")}, Outcome.NOT_CHECKED),
        (deployment("pay", serviceAccountName=""), {"service_accounts": Unavailable("missing_scope")}, Outcome.FAIL),
        (deployment("pay", automountServiceAccountToken=False), {"cronjobs": Unavailable("missing_scope")},
         Outcome.NOT_CHECKED),
        (deployment("pay", automountServiceAccountToken=False), {"namespaces": Unavailable("missing_scope")},
         Outcome.NOT_CHECKED),
    ],
)  # fmt: skip
def test_own_account_without_everything(made, more, outcome):
    assert result_of(ACCOUNT, snapshot(made, **more)).outcome is outcome


def env(*variables, **more):
    return deployment("pay", containers=[container(env=list(variables), **more)])


def literal(name, value=CANARY):
    return {"name": name, "value": value}


def from_secret(name):
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}


@pytest.mark.parametrize(
    ("made", "outcome", "severity"),
    [
        (env(literal("LOG_LEVEL", "info")), Outcome.PASS, Severity.MEDIUM),
        (env(literal("DB_PASSWORD")), Outcome.FAIL, Severity.MEDIUM),
        (env(literal("DB_PASSWORD", "")), Outcome.PASS, Severity.MEDIUM),
        (env(literal("DB_PASSWORD_FILE", "/run/secrets/db")), Outcome.PASS, Severity.MEDIUM),
        (env(from_secret("DB_PASSWORD")), Outcome.FAIL, Severity.LOW),
        (env(from_secret("ANYTHING")), Outcome.FAIL, Severity.LOW),
        (env(envFrom=[{"secretRef": {"name": "db"}}]), Outcome.FAIL, Severity.LOW),
        (env(envFrom=[{"configMapRef": {"name": "settings"}}]), Outcome.PASS, Severity.MEDIUM),
        (
            deployment("pay", initContainers=[container("init", env=[literal("API_KEY")])]),
            Outcome.FAIL,
            Severity.MEDIUM,
        ),
    ],
)
def test_environment(made, outcome, severity):
    seen = snapshot(made)
    assert result_of(ENVIRONMENT, seen).outcome is outcome
    assert findings_of(ENVIRONMENT, seen)[0].severity is severity


def test_values_never_enter():
    seen = snapshot(env(literal("DB_PASSWORD"), literal("GREETING")))
    assert CANARY not in repr(seen)
    assert CANARY not in repr(findings_of(ENVIRONMENT, seen))
    assert "DB_PASSWORD" in said(ENVIRONMENT, seen)


def test_annotations_with_whole_manifests_never_enter():
    copied = {"kubectl.kubernetes.io/last-applied-configuration": f'{{"env": "{CANARY}"}}'}
    made = deployment("pay", annotations=copied)
    made["metadata"]["annotations"] = copied
    assert CANARY not in repr(snapshot(made))


def test_mounted_files_are_a_near_miss_and_csi_is_noted():
    volumes = [
        {"name": "s", "secret": {"secretName": "db"}},
        {"name": "v", "csi": {"driver": "secrets-store.csi.k8s.io"}},
    ]
    text = said(ENVIRONMENT, snapshot(deployment("pay", volumes=volumes)))
    assert "1 workload mounts secrets as files: better, still static." in text
    assert "Volumes come from secrets-store.csi.k8s.io." in text


def test_export_without_environments_is_not_checked():
    seen = snapshot(deployment("pay"), environment_read=False)
    assert result_of(ENVIRONMENT, seen).outcome is Outcome.NOT_CHECKED


@pytest.mark.parametrize("part", ["deployments", "cronjobs", "namespaces"])
def test_environment_without_everything(part):
    seen = snapshot(deployment("a"), **{part: Unavailable("missing_scope")})
    assert result_of(ENVIRONMENT, seen).outcome is Outcome.NOT_CHECKED


def test_no_workload_is_not_applicable():
    assert result_of(ENVIRONMENT, snapshot()).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("PASSWORD", True),
        ("dbPassword", True),
        ("STRIPE_API_KEY", True),
        ("APIKEY", True),
        ("AWS_SECRET_ACCESS_KEY", True),
        ("GITHUB_TOKEN", True),
        ("spring.datasource.password", True),
        ("TOKEN_TTL", False),
        ("SECRET_NAME", False),
        ("OAUTH_TOKEN_URL", False),
        ("PUBLIC_KEY", False),
        ("KEYBOARD", False),
        ("AWS_ACCESS_KEY_ID", False),
        ("COMPASSWORDS", False),
    ],
)
def test_names_of_secrets(name, secret):
    assert looks_secret(name) is secret
