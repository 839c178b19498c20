"""The form: what it takes, what it refuses in one sentence; a kubeconfig is refused wherever it is pasted."""

from __future__ import annotations

import pytest
import yaml

from tests.fakes.vendor import authority
from ztassess.connectors.kubernetes import CONNECTOR
from ztassess.connectors.kubernetes.form import KUBECONFIG
from ztassess.connectors.kubernetes.grants import ROLE
from ztassess.connectors.kubernetes.kinds import KINDS
from ztassess.connectors.runner import parse_form

GOOD = {"api_url": "https://k8s.example.com:6443"}
CONFIG = """\
apiVersion: v1
kind: Config
current-context: prod
users:
- name: me
  user:
    exec: {command: /usr/bin/steal, apiVersion: client.authentication.k8s.io/v1}
"""
CONFIG_JSON = '{"kind": "Config", "clusters": [{"cluster": {"server": "https://x"}}], "users": []}'


def problems(entered=None, token="eyJ.token.x", **more):
    return parse_form(CONNECTOR, {**GOOD, **(entered or {}), **more}, {"token": token})[1]


def test_good_form_has_no_problem_and_typed_values():
    lines = "shop/Deployment/pay\nshop/sts/ledger, shop/cronjobs/nightly"
    pem = authority()[0].cert_pem.bytes().decode()
    values, found = parse_form(
        CONNECTOR, {**GOOD, "sensitive_workloads": lines, "ca_certificate": pem}, {"token": "abc"}
    )
    assert found == {}
    assert values["api_url"] == "https://k8s.example.com:6443"
    assert values["sensitive_workloads"] == ("shop/deployment/pay", "shop/statefulset/ledger", "shop/cronjob/nightly")
    assert values["root_namespace"] == "istio-system"


@pytest.mark.parametrize("pasted", [CONFIG, CONFIG_JSON])
@pytest.mark.parametrize("field", ["api_url", "ca_certificate", "sensitive_workloads", "root_namespace"])
def test_kubeconfig_is_refused_in_every_field(field, pasted):
    assert problems({field: pasted}) == {field: KUBECONFIG}


@pytest.mark.parametrize("pasted", [CONFIG, CONFIG_JSON])
def test_kubeconfig_is_refused_as_token(pasted):
    assert problems(token=pasted) == {"token": KUBECONFIG}


@pytest.mark.parametrize(
    ("entered", "field"),
    [
        ({"api_url": "http://k8s.example.com"}, "api_url"),
        ({"api_url": "k8s.example.com"}, "api_url"),
        ({"api_url": "https://user:pass@k8s.example.com"}, "api_url"),
        ({"api_url": "https://k8s.example.com/?x=1"}, "api_url"),
        ({"api_url": ""}, "api_url"),
        ({"ca_certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}, "ca_certificate"),
        ({"ca_certificate": "-----BEGIN EC PRIVATE KEY-----\nAAAA"}, "ca_certificate"),
        ({"ca_certificate": "/etc/kubernetes/pki/ca.crt"}, "ca_certificate"),
        ({"sensitive_workloads": "shop/pay"}, "sensitive_workloads"),
        ({"sensitive_workloads": "shop/service/pay"}, "sensitive_workloads"),
        ({"sensitive_workloads": "Shop!/deployment/pay"}, "sensitive_workloads"),
        ({"root_namespace": "istio system"}, "root_namespace"),
    ],
)
def test_what_does_not_fit_is_told_by_field(entered, field):
    assert list(problems(entered)) == [field]


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "x" * 20_000, "header\r\nInjected: yes"])
def test_tokens_that_cannot_be_sent(token):
    assert list(problems(token=token)) == ["token"]


def test_changing_the_address_or_the_authority_drops_the_token():
    assert {field.name for field in CONNECTOR.fields if field.binds_target} == {"api_url", "ca_certificate"}
    (token,) = [field for field in CONNECTOR.fields if field.secret]
    assert (token.name, token.single_use) == ("token", True)


def test_the_role_to_copy_lists_what_is_read_and_nothing_else():
    """Read rights on each kind, two ConfigMaps by name, no secrets, no other verb."""
    documents = list(yaml.safe_load_all(ROLE))
    rules = next(each["rules"] for each in documents if each["kind"] == "ClusterRole")
    granted = {(group, name) for rule in rules for group in rule["apiGroups"] for name in rule["resources"]}
    assert granted == {(kind.group, kind.plural) for kind in KINDS} | {("", "configmaps")}
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list"}
    (maps,) = [rule for rule in rules if "configmaps" in rule["resources"]]
    assert (maps["resourceNames"], maps["verbs"]) == (["linkerd-config", "istio"], ["get"])
