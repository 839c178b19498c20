"""The upload of ``kubectl get .. -o json``: the same snapshot as the live reading, and what is refused or missing."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from tests.connectors.kubernetes.cluster import as_served, is_of
from tests.connectors.kubernetes.conftest import company
from tests.connectors.kubernetes.objects import CANARY, NOW, deployment, namespace, peer
from tests.fakes.vendor import context_for
from ztassess.connectors.contract import UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.kubernetes import CONNECTOR
from ztassess.connectors.kubernetes.collect import collect
from ztassess.connectors.kubernetes.form import KUBECONFIG
from ztassess.connectors.kubernetes.kinds import KINDS
from ztassess.connectors.kubernetes.upload import EXPORT, parse_upload
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Outcome, Unavailable

ABSENT = "error: the server doesn't have a resource type"


def kubectl_list(items) -> dict:
    """As ``kubectl get <kind> -A -o json`` prints it."""
    return {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}


def export(objects, *, products=("istio",)) -> dict[str, bytes]:
    """The files that the commands make."""
    files = {"zt-version.json": b'{"clientVersion": {"gitVersion": "v1.32.4"}}'}
    for kind in KINDS:
        if kind.optional and kind.optional not in products:
            files[f"zt-{kind.resource}.json"] = b""
            files[f"zt-{kind.resource}.err"] = f'{ABSENT} "{kind.plural}"\n'.encode()
            continue
        rows = [as_served(each, each["apiVersion"], custom=True) for each in objects if is_of(each, kind)]
        files[f"zt-{kind.resource}.json"] = json.dumps(kubectl_list(rows), indent=4).encode()
        files[f"zt-{kind.resource}.err"] = b""
    return files


def run(files: dict[str, bytes], **more):
    entered = {"sensitive_workloads": "shop/deployment/pay"}
    context = context_for(CONNECTOR, entered, for_upload=True, **more)
    return parse_upload([UploadedFile(name, content) for name, content in files.items()], context)


def outcomes(snapshot) -> dict[str, str]:
    return {each.check.removeprefix("kubernetes."): each.outcome.value for each in judge(CONNECTOR, snapshot).results}


def test_upload_is_the_same_picture_as_the_live_reading(cluster, reading):
    live, uploaded = collect(reading()), run(export(company()))
    other = {"cluster", "istio_config"}
    differing = [
        each.name
        for each in fields(live)
        if each.name not in other and getattr(live, each.name) != getattr(uploaded, each.name)
    ]
    assert differing == []
    assert uploaded.istio_config == Unavailable("input_missing", detail="ConfigMaps are not part of the export.")


def test_upload_is_judged(cluster, reading):
    live, uploaded = outcomes(collect(reading())), outcomes(run(export(company())))
    changed = {check for check in live if live[check] != uploaded[check]}
    assert changed == {"istio_egress_registry_only"}
    assert uploaded["istio_egress_registry_only"] == "not_checked"
    assert uploaded["linkerd_pods_meshed"] == "not_applicable"


def test_secrets_are_dropped_on_receipt():
    found = run(export(company()))
    assert CANARY not in repr(found) + repr(judge(CONNECTOR, found))


def files_with(**changes: bytes | None) -> dict[str, bytes]:
    """The company's export with some files replaced, or left out."""
    files = export(company())
    for name, content in changes.items():
        full = f"zt-{name.replace('__', '.')}"
        if content is None:
            files.pop(full)
        else:
            files[full] = content
    return files


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pods__json": b"not json"}, "not valid JSON"),
        ({"pods__json": b'{"kind": "List", "items": ['}, "not valid JSON"),
        ({"pods__json": b"[]"}, "is not the output of kubectl get -o json"),
        ({"pods__json": b'{"kind": "Pod", "metadata": {}}'}, "is not the output of kubectl get -o json"),
        ({"pods__json": b'{"kind": "List"}'}, "is not the output of kubectl get -o json"),
        ({"pods__json": b'{"kind": "Config", "users": []}'}, KUBECONFIG),
        (
            {"pods__json": json.dumps(kubectl_list([{"kind": "Secret", "apiVersion": "v1"}])).encode()},
            "was not asked for",
        ),
        ({"pods__json": json.dumps(kubectl_list(["x"])).encode()}, "holds something that is no object"),
        ({"pods__json": json.dumps(kubectl_list([{"kind": "Pod", "apiVersion": "v1"}])).encode()}, "came without"),
        (
            {"pods__json": b'{"kind": "PodList", "items": [], "metadata": {"continue": "x"}}'},
            "one page of a longer list",
        ),
        ({"other__json": b'{"kind": "List", "items": []}'}, "does not say of what"),
        ({"issuer__pem": b"-----BEGIN CERTIFICATE-----\nAAAA"}, "not a certificate in PEM form"),
    ],
)
def test_wrong_files_are_refused_with_one_sentence(changes, words):
    with pytest.raises(InputInvalid, match=words.split("(")[0].replace(".", r"\.")[:60]):
        run(files_with(**changes))


def test_no_file_and_only_empty_files_are_refused():
    for files in ({}, {"zt-pods.json": b""}, {"zt-version.json": b"{}"}):
        with pytest.raises(InputInvalid):
            run(files)


def test_files_of_two_clusters_are_refused():
    files = export(company())
    stray = [as_served(deployment("x", "elsewhere"), "apps/v1", custom=True)]
    files["zt-statefulsets.apps.json"] = json.dumps(kubectl_list([{**stray[0], "kind": "StatefulSet"}])).encode()
    with pytest.raises(InputInvalid, match=r"different clusters.*namespace elsewhere"):
        run(files)


def test_one_export_twice_is_refused():
    files = export(company())
    files["zt-deployments.apps (1).json"] = files["zt-deployments.apps.json"]
    with pytest.raises(InputInvalid, match="twice"):
        run(files)


def test_export_of_one_namespace_is_refused():
    """An empty list cannot prove that -A was used, but objects of a single namespace ask for it."""
    files = export([namespace("shop"), namespace("kube-system"), deployment("pay"), peer("default", "shop", "STRICT")])
    with pytest.raises(InputInvalid, match="Export again with -A"):
        run(files)


def test_kind_without_a_file_is_not_checked():
    found = run(files_with(pods__json=None, pods__err=None))
    assert found.pods == Unavailable("input_missing", detail="The export does not hold zt-pods.json.")
    assert outcomes(found)["istio_proxies_injected"] == "not_checked"


def test_kind_that_was_forbidden_says_so():
    found = run(files_with(pods__json=b"", pods__err=b'Error from server (Forbidden): pods is forbidden: User "x"'))
    assert (found.pods.reason, found.pods.missing_scope) == ("missing_scope", "pods")


def test_empty_list_of_a_forbidden_kind_is_not_taken_for_nothing_there():
    """As kubectl 1.32 does it: an empty list goes to the one file, the refusal to the other."""
    empty = json.dumps(kubectl_list([]), indent=4).encode()
    told = run(files_with(pods__json=empty, pods__err=b"Error from server (Forbidden): pods is forbidden"))
    assert told.pods.reason == "missing_scope"
    untold = run(files_with(pods__json=empty, pods__err=None))
    assert untold.pods.reason == "input_missing"
    assert "zt-pods.err" in untold.pods.detail
    assert run(files_with(pods__json=empty, pods__err=b"")).pods == ()


def test_kind_that_failed_otherwise_is_partial():
    found = run(
        files_with(pods__json=b"", pods__err=b"Unable to connect to the server: net/http: TLS handshake timeout")
    )
    assert found.pods.reason == "partial_data"
    cut = run(files_with(pods__err=b"error: unexpected EOF"))
    assert (cut.pods.reason, len(cut.pods.read)) == ("partial_data", 2)


def test_built_in_kind_is_never_taken_for_not_installed():
    found = run(files_with(pods__json=b"", pods__err=f'{ABSENT} "pods"'.encode()))
    assert isinstance(found.pods, Unavailable)


def test_product_without_files_is_unknown_not_absent():
    files = {name: content for name, content in export(company()).items() if "linkerd" not in name}
    found = run(files)
    assert isinstance(found.linkerd, Unavailable)
    assert outcomes(found)["linkerd_pods_meshed"] == "not_checked"


def test_environment_cut_out_before_the_upload_is_not_checked():
    objects = company()
    for each in objects:
        if each["kind"] == "Deployment":
            for container in each["spec"]["template"]["spec"]["containers"]:
                container.pop("env", None)
    found = run(export(objects))
    assert not found.environment_read
    assert outcomes(found)["no_secrets_in_environment"] == "not_checked"


def test_age_is_what_the_person_said_and_never_the_future():
    old = NOW - timedelta(days=400)
    assert run(export(company()), exported_at=old).taken_at == old
    assert run(export(company())).taken_at == NOW
    with pytest.raises(InputInvalid, match="still to come"):
        run(export(company()), exported_at=NOW + timedelta(days=2))


def test_files_of_powershell_are_understood():
    files = {
        name: content.decode().encode("utf-16") if name.endswith(".json") and content else content
        for name, content in export(company()).items()
    }
    assert len(run(files).deployments) == 4


def test_issuer_certificate_is_read_from_its_own_file():
    authority = trustme.CA()
    files = {**export(company(), products=("istio", "linkerd")), "linkerd-issuer.pem": authority.cert_pem.bytes()}
    found = run(files)
    (config,) = found.linkerd_config.read
    assert config.issuer_ends > datetime(2026, 12, 24, tzinfo=UTC)
    assert judge(CONNECTOR, found).results


def test_commands_ask_for_every_kind_and_never_for_secrets():
    for kind in KINDS:
        assert f" {kind.resource}" in EXPORT.commands
    assert "secret" not in EXPORT.commands
    assert "configmap" not in EXPORT.commands
    assert " -A -o json" in EXPORT.commands


def test_no_outcome_is_an_error():
    found = judge(CONNECTOR, run(export(company(), products=("istio", "linkerd", "gitops"))))
    assert Outcome.ERROR not in {each.outcome for each in found.results}
