"""What applies to whom: computed from facts, unknown facts apply, derived facts follow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ztassess.domain.applicability import known_values, unmet_conditions
from ztassess.domain.controls import Catalog, Condition
from ztassess.domain.facts import Facts, merge_facts
from ztassess.domain.mesh import mesh_advice


def not_applicable(catalog: Catalog, facts: Facts) -> set[str]:
    known = known_values(facts, mesh_advice(facts))
    return {control.id for control in catalog.controls if unmet_conditions(control, known)}


def test_an_unknown_fact_means_it_applies(catalog: Catalog) -> None:
    assert not_applicable(catalog, Facts()) == set()


@pytest.mark.parametrize(
    ("facts", "gone"),
    [
        (Facts(has_vpn=False), {"proxy.vpn-retired"}),
        (Facts(has_ci=False), {"least-privilege.ci-scopes"}),
        (Facts(ci=()), {"least-privilege.ci-scopes"}),
        (Facts(n_people=4), {"identity.group-based-access"}),
        (Facts(n_people=5), set()),
        (
            Facts(clouds=()),
            {
                "least-privilege.no-wildcard-iam",
                "least-privilege.just-in-time-admin",
                "least-privilege.environment-separation",
                "credentials.no-static-cloud-keys",
            },
        ),
        (Facts(clouds=("aws", "gcp")), set()),
        (Facts(n_internal_tools=3), set()),
    ],
)
def test_a_known_fact_decides(catalog: Catalog, facts: Facts, gone: set[str]) -> None:
    assert not_applicable(catalog, facts) == gone


def test_no_internal_tools_follows_from_their_number(catalog: Catalog) -> None:
    counted = not_applicable(catalog, Facts(n_internal_tools=0))
    assert counted == not_applicable(catalog, Facts(has_internal_tools=False))
    assert "proxy.front-internal-apps" in counted
    assert not_applicable(catalog, Facts(n_internal_tools=0, has_internal_tools=True)) == set()


def test_one_service_needs_no_mesh_and_no_separate_database_users(catalog: Catalog) -> None:
    gone = not_applicable(catalog, Facts(n_services=1))
    assert {control.id for control in catalog.of_stage("mesh")} <= gone
    assert "least-privilege.db-user-per-service" in gone
    assert "least-privilege.db-grants-minimal" not in gone


def test_the_mesh_verdict_decides_only_where_it_is_certain(catalog: Catalog) -> None:
    targeted = Facts(
        n_services=6,
        n_sensitive_paths=2,
        n_trust_zones=1,
        n_languages=1,
        mtls_mandate=True,
        n_platform_people=0,
        uses_kubernetes=False,
    )
    assert not_applicable(catalog, targeted) == {"mesh.strict-everywhere", "mesh.policy-as-code"}
    assert not_applicable(catalog, replace(targeted, n_trust_zones=None)) == set()


def test_unmet_conditions_say_which_fact_it_was(catalog: Catalog) -> None:
    known = known_values(Facts(has_vpn=False), mesh_advice(Facts()))
    assert unmet_conditions(catalog.control("proxy.vpn-retired"), known) == (Condition("has_vpn", "==", value=True),)


@pytest.mark.parametrize(
    ("condition", "facts", "met"),
    [
        (Condition("clouds", "contains", "aws"), Facts(clouds=("aws",)), True),
        (Condition("clouds", "contains", "gcp"), Facts(clouds=("aws",)), False),
        (Condition("cloud", "==", "gcp"), Facts(clouds=("aws", "gcp")), True),
        (Condition("cloud", "in", ("none",)), Facts(clouds=()), True),
        (Condition("n_services", "<", 5), Facts(n_services=5), False),
        (Condition("n_services", "<=", 5), Facts(n_services=5), True),
        (Condition("n_services", ">", 5), Facts(n_services=5), False),
    ],
)
def test_every_operator_compares(make_control, condition: Condition, facts: Facts, met: bool) -> None:
    control = make_control("identity.one", applies_if=(condition,))
    assert (not unmet_conditions(control, known_values(facts, mesh_advice(facts)))) == met


def test_a_fact_that_a_connector_saw_beats_the_declared_one() -> None:
    merged = merge_facts(Facts(n_services=3, has_vpn=False), Facts(n_services=7, clouds=()))
    assert merged == Facts(n_services=7, has_vpn=False, clouds=())
