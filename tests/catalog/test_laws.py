"""Each law of the catalog, broken once: on values by tables, and through the files with their lines."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ztassess.catalog import catalog_problems, load_catalog
from ztassess.domain.controls import Catalog, Condition, Fix, Signal


def changed(control_id: str, **fields: Any) -> Catalog:
    catalog = load_catalog()
    assert catalog.control(control_id)
    controls = tuple(replace(each, **fields) if each.id == control_id else each for each in catalog.controls)
    return replace(catalog, controls=controls)


def restaged(stage_id: str, **fields: Any) -> Catalog:
    catalog = load_catalog()
    stages = tuple(replace(each, **fields) if each.id == stage_id else each for each in catalog.stages)
    return replace(catalog, stages=stages)


def doubled() -> Catalog:
    catalog = load_catalog()
    return replace(catalog, controls=(*catalog.controls, catalog.control("perimeter.waf")))


def circle() -> Catalog:
    return changed("mesh.service-auth", prerequisites=("mesh.policy-as-code",))


def crosswalk(framework: str, *identifiers: str) -> Catalog:
    return changed("perimeter.waf", crosswalk={framework: identifiers})


def applies(fact: str, op: str, value: object) -> Catalog:
    return changed("perimeter.waf", applies_if=(Condition(fact, op, value),))


def signals(*vendors: str, **fields: Any) -> Catalog:
    return changed("perimeter.waf", signals=tuple(Signal(vendor, "something", 1) for vendor in vendors), **fields)


LAWS: dict[str, tuple[Callable[[], Catalog], str]] = {
    "id used twice": (doubled, r"perimeter\.waf stands 2 times; an id is used once"),
    "id of another stage": (
        lambda: changed("perimeter.waf", id="mesh.waf"),
        r'mesh\.waf stands in the file of perimeter, so its id must start with "perimeter\."',
    ),
    "unknown prerequisite": (
        lambda: changed("device.inventory", prerequisites=("identity.nothing",)),
        r"device\.inventory needs identity\.nothing first, which is no control",
    ),
    "circle": (
        circle,
        r"can never start: .* a circle through mesh\.default-deny, mesh\.policy-as-code, mesh\.service-auth",
    ),
    "needs itself": (
        lambda: changed("device.inventory", prerequisites=("device.inventory",)),
        r"can never start: .* through .*device\.inventory",
    ),
    "80/20 needs other": (
        lambda: changed("proxy.per-request-authz", prerequisites=("device.inventory",)),
        r"proxy\.per-request-authz is part of the 80/20 but needs device\.inventory first, which is not",
    ),
    "weight 0": (lambda: changed("perimeter.waf", weight=0), r"has weight 0; it must be between 1 and 5"),
    "weight 6": (lambda: changed("perimeter.waf", weight=6), r"has weight 6; it must be between 1 and 5"),
    "no hours": (lambda: changed("perimeter.waf", effort_hours=0), r"has effort_hours 0"),
    "never stale": (lambda: changed("perimeter.waf", freshness_days=3650), r"has freshness_days 3650"),
    "other target": (lambda: changed("perimeter.waf", target=3), r"has target 3; the scoring knows only 2"),
    "gate lost": (
        lambda: changed("identity.offboarding", gate=False),
        r"gate controls of identity must be .*offboarding.*, not identity\.single-idp, identity\.sso-coverage",
    ),
    "gate too many": (
        lambda: changed("identity.inventory", gate=True),
        r"not identity\.inventory, identity\.offboarding",
    ),
    "gate outside 80/20": (
        lambda: changed("perimeter.waf", gate=True),
        r"perimeter\.waf is a gate control, so it must be part",
    ),
    "27th control": (
        lambda: changed("perimeter.waf", in_80_20=True),
        r"must be 26 controls and 141 hours, not 27 and 145",
    ),
    "142nd hour": (lambda: changed("mfa.admins", effort_hours=3), r"must be 26 controls and 141 hours, not 26 and 142"),
    "third root": (
        lambda: changed("device.inventory", prerequisites=()),
        r"Only identity\.inventory, perimeter\.waf may come without prerequisites, found device\.inventory, ",
    ),
    "unknown fact": (lambda: applies("n_dogs", ">=", 1), r"asks for the fact n_dogs, which is not known"),
    "unknown operator": (lambda: applies("n_people", "=~", 1), r"compares n_people by =~, which is not known"),
    "number as text": (
        lambda: applies("n_people", ">=", "5"),
        r"compares n_people >= with '5', which has the wrong type",
    ),
    "number as flag": (lambda: applies("n_people", ">=", True), r"with True, which has the wrong type"),
    "flag as text": (lambda: applies("has_vpn", "==", "true"), r"with 'true', which has the wrong type"),
    "in without list": (
        lambda: applies("mesh_verdict", "in", "adopt"),
        r"mesh_verdict in with 'adopt', which has the wrong type",
    ),
    "unknown framework": (lambda: crosswalk("nist_ai", "1"), r"refers to nist_ai, which is no framework of the index"),
    "signal of nobody": (lambda: signals("Amazon"), r'has a signal of "Amazon", which is no vendor of the index'),
    "signal of Any": (lambda: signals("Any"), r'has a signal of "Any", which is no vendor'),
    "signal without fix": (lambda: signals("Okta"), r"has a signal of Okta but no fix for it"),
    "probe without fix for all": (
        lambda: signals("External probe"),
        r"has a signal of External probe but no fix for it",
    ),
    "fix of nobody": (
        lambda: changed(
            "perimeter.waf", fixes=(*load_catalog().control("perimeter.waf").fixes, Fix("Entra", "Do it."))
        ),
        r'has a fix for "Entra", which is no vendor of the index',
    ),
    "fix of a probe": (
        lambda: changed(
            "perimeter.waf", fixes=(*load_catalog().control("perimeter.waf").fixes, Fix("External probe", "Do it."))
        ),
        r'has a fix for "External probe"',
    ),
    "two fixes of one vendor": (
        lambda: changed("perimeter.waf", fixes=(*load_catalog().control("perimeter.waf").fixes, Fix("AWS", "Again."))),
        r"has 2 fixes for AWS; one card per vendor",
    ),
    "reason beside a signal": (
        lambda: changed("perimeter.waf", attest_only="No connector can."),
        r"must have either a signal",
    ),
    "neither signal nor reason": (lambda: changed("perimeter.waf", signals=()), r"must have either a signal"),
    "only a person, no reason": (
        lambda: changed("mesh.service-map", attest_only=""),
        r"mesh\.service-map must have either a signal",
    ),
    "stage number twice": (lambda: restaged("mfa", order=1), r"must be numbered 1, 2, 3"),
    "track beside nothing": (lambda: restaged("device", attaches_to=()), r"device is a track: it attaches to a stage"),
    "track beside a track": (
        lambda: restaged("device", attaches_to=("perimeter",)),
        r"device attaches to perimeter, which is no stage",
    ),
    "track in the 80/20": (lambda: restaged("device", weight_80_20=5), r"has no weight in the 80/20"),
    "points lost": (
        lambda: restaged("device", overall_weight=4),
        r"overall_weight of all stages must add up to 100, not 99",
    ),
}


@pytest.mark.parametrize(("make", "sentence"), LAWS.values(), ids=LAWS.keys())
def test_broken_law_is_one_sentence(make: Callable[[], Catalog], sentence: str) -> None:
    problems = catalog_problems(make())
    assert any(re.search(sentence, problem) for problem in problems), problems


IDENTIFIERS = {
    "cisa_ztmm_2_0": ("Identity: Authentication", ["Identity: Passwords", "Identity", "Devices: Authentication"]),
    "nist_sp_800_207_tenet": ("7", ["0", "8", "Tenet 6", "1.1"]),
    "nist_sp_800_63b_4": ("SP 800-63B-4 section 3.1.3.3", ["AAL4", "AAL2 (should)", "63B"]),
    "nist_csf_2_0": ("PR.AA-05", ["PR.AC-5", "PR.AA-5", "XX.AA-01"]),
    "cis_8_1": ("CIS 16.12", ["CIS 19.1", "5.1", "CIS 5", "CIS 5.0"]),
    "iso_27001_2022": ("A.8.34", ["A.8.35", "A.9.1", "8.5", "A.5.38"]),
    "soc2_tsc_2017": ("CC6.1", ["CC6", "CC6.1 (segmentation)", "A1.2"]),
    "pci_dss_4_0": ("7.2.5.1", ["7.2", "13.1.1", "Req 7.2.5"]),
    "owasp_asvs_5_0": ("13.2.1", ["18.1.1", "6.3.3 (L3)", "V6.3"]),
    "dod_zt": ("1.7 Least Privileged Access", ["1.7", "8.1 Something", "Least Privileged Access"]),
}


@pytest.mark.parametrize("framework", IDENTIFIERS)
def test_identifiers_of_a_framework_are_held_to_its_form(framework: str) -> None:
    good, bad = IDENTIFIERS[framework]
    assert catalog_problems(crosswalk(framework, good)) == []
    for identifier in bad:
        assert any(
            "which is no identifier of" in problem for problem in catalog_problems(crosswalk(framework, identifier))
        ), identifier


THROUGH_FILES = {
    "prerequisite": (
        "device.yaml",
        "prerequisites: [device.inventory]",
        "prerequisites: [device.list]",
        r"^device\.yaml:(\d+): device\.managed-baseline needs device\.list first",
    ),
    "fact": (
        "proxy.yaml",
        "fact: has_vpn",
        "fact: has_tunnel",
        r"^proxy\.yaml:(\d+): proxy\.vpn-retired asks for the fact has_tunnel",
    ),
    "crosswalk": ("mesh.yaml", "CC8.1", "CC81", r'^mesh\.yaml:(\d+): mesh\.policy-as-code refers to "CC81"'),
    "vendor": (
        "mfa.yaml",
        "vendor: Stripe",
        "vendor: stripe",
        r'^mfa\.yaml:(\d+): mfa\.root-and-orphan-accounts has a fix for "stripe"',
    ),
    "fact words": (
        "index.yaml",
        "  has_vpn: whether there is a VPN\n",
        "",
        r"^index\.yaml:(\d+): The fact has_vpn has no words in the index\.$",
    ),
    "fact too many": (
        "index.yaml",
        "  has_vpn:",
        "  has_dog: whether there is a dog\n  has_vpn:",
        r"^index\.yaml:(\d+): The fact has_dog is not known",
    ),
}


@pytest.mark.parametrize(("name", "old", "new", "sentence"), THROUGH_FILES.values(), ids=THROUGH_FILES.keys())
def test_broken_law_in_a_file_names_file_line_and_control(broken, name: str, old: str, new: str, sentence: str) -> None:
    folder = broken(name, old, new)
    found = [match for problem in catalog_problems(folder) if (match := re.search(sentence, problem))]
    assert found, catalog_problems(folder)
    line = (folder / name).read_text(encoding="utf-8").splitlines()[int(found[0].group(1)) - 1]
    assert not new or new.rsplit(maxsplit=1)[-1].strip("[]") in line or name == "index.yaml"


def test_control_moved_to_another_stage_file_is_named(folder) -> None:
    text = (folder / "mesh.yaml").read_text(encoding="utf-8")
    (folder / "mesh.yaml").write_text(
        text.replace("- id: mesh.service-map", "- id: proxy.service-map"), encoding="utf-8"
    )
    assert any(
        problem.startswith("mesh.yaml:") and 'its id must start with "mesh."' in problem
        for problem in catalog_problems(folder)
    )
