"""What people read: plain sentences, one spelling per vendor, fragments that parse, and the counts of this version."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest
import yaml

from ztassess.catalog import load_catalog, load_index
from ztassess.domain.controls import GATE_CONTROLS, Control

CONTROLS = load_catalog().controls
WORDS_PER_SENTENCE = 45
WEIGHTS, SIGNALS, FIXES = 191, 189, 263
CHARACTERS_OF_A_QUESTION = 200

BANNED = re.compile(
    # sources and other tools' check names
    r"\bthe article|prowler|scuba|\bGWS\.|OKTA-APP|\bSTIG\b|steampipe|scoutsuite"
    # security theater
    r"|\bcutting-edge|military-grade|bulletproof|\bleverage|\butilize|\bholistic|\brobust\b"
    # marks that belong to code, not to sentences
    r"|—|!|&lt;|<=|>="
    r"|\bTODO\b|\bTBD\b|lorem",
    re.IGNORECASE,
)
BRITISH = re.compile(
    r"\b(organisation|behaviour|enrols?\b|enrolment|anonymis|centralis|authoris|recognis|licence|programme\b|synchronis"
    r"|defence|colour|minimis|prioritis|customis|cancelled|travelled|traveller)",
    re.IGNORECASE,
)
# Other spellings of a vendor that must not stand where people read its name.
MISSPELLED = re.compile(
    r"\bGCP\b|\bAzure ?AD\b|\bG ?Suite\b|\bPostgreSQL\b|\bGithub\b|\bCloudFlare\b|\bTailScale\b|\bK8s\b"
    r"|\bHashiCorp Vault\b|\bAmazon Web Services\b|(?<!Microsoft )\bIntune\b|(?<!Microsoft )\bEntra\b(?! ID)"
)


def sentences(control: Control) -> Iterator[tuple[str, str]]:
    """Every sentence of a control with the name of its place. Menu paths and code are not sentences."""
    yield "title", control.title
    yield "question", control.question
    yield "why", control.why
    yield from ((f"level {number}", text) for number, text in enumerate(control.levels))
    yield "weight_rationale", control.weight_rationale
    yield from ((f"signal of {signal.vendor}", signal.signal) for signal in control.signals)
    yield from ((f"fix of {fix.vendor}", fix.step) for fix in control.fixes)
    yield "who_notices", control.who_notices
    yield "how_to_test", control.how_to_test
    yield "how_to_roll_back", control.how_to_roll_back
    if control.attest_only:
        yield "attest_only", control.attest_only


def every(name: str = "control") -> pytest.MarkDecorator:
    return pytest.mark.parametrize(name, CONTROLS, ids=lambda control: control.id)


@every()
def test_sentences_are_plain(control: Control) -> None:
    for place, text in sentences(control):
        for kind, pattern in (("banned", BANNED), ("British", BRITISH), ("another spelling of a vendor", MISSPELLED)):
            found = pattern.search(text)
            assert not found, f"{control.id}, {place}: {kind}: {found.group()!r} in {text!r}"
        assert "  " not in text, f"{control.id}, {place}: two spaces in {text!r}"
        longest = max(len(part.split()) for part in re.split(r"[.;:?] ", text))
        assert longest <= WORDS_PER_SENTENCE, f"{control.id}, {place}: {longest} words in {text!r}"


@every()
def test_question_can_be_asked_aloud(control: Control) -> None:
    assert control.question.endswith("?")
    assert control.question.count("?") == 1
    assert len(control.question) <= CHARACTERS_OF_A_QUESTION


@every()
def test_sentences_begin_and_end_as_sentences(control: Control) -> None:
    ending = (*control.levels, control.why, control.weight_rationale, *(fix.step for fix in control.fixes))
    for text in (*ending, control.who_notices, control.how_to_test, control.how_to_roll_back):
        assert text[0].isupper(), text
        assert text.endswith("."), text
    assert not control.title.endswith("."), control.title
    assert all(not signal.signal.endswith(".") for signal in control.signals)


@every()
def test_four_levels_differ_and_climb_from_what_is_missing(control: Control) -> None:
    assert len(set(control.levels)) == len(control.levels)
    assert all(len(text) >= len("They are.") for text in control.levels)


@every()
def test_fixes_and_signals_stand_in_the_order_of_the_index(control: Control) -> None:
    order = list(load_index().vendors)
    for names in ([fix.vendor for fix in control.fixes], [signal.vendor for signal in control.signals]):
        assert names == sorted(names, key=order.index)


@every()
def test_every_fix_says_where_or_how(control: Control) -> None:
    for fix in control.fixes:
        assert fix.vendor == "Any" or fix.console or fix.cli or fix.terraform or len(fix.step.split()) > 12, (
            f"{control.id}: the fix for {fix.vendor} has neither a place nor a command nor a full instruction"
        )
        assert not fix.console or " > " in fix.console or fix.console.count(" ") < 3, fix.console


@every()
def test_terraform_fragments_are_balanced_blocks(control: Control) -> None:
    for fix in control.fixes:
        if not fix.terraform:
            continue
        assert re.match(r'(resource|data) "[a-z0-9_]+" "[a-z0-9_]+" \{\n', fix.terraform)
        for opening, closing in ("{}", "[]", "()"):
            assert fix.terraform.count(opening) == fix.terraform.count(closing), fix.terraform
        names = re.findall(r'^(?:resource|data) "[a-z0-9_]+" "[a-z0-9_]+" \{$', fix.terraform, re.MULTILINE)
        assert len(names) == len(re.findall(r"^\}$", fix.terraform, re.MULTILINE))
        assert "\t" not in fix.terraform


@every()
def test_manifests_in_commands_are_yaml_with_kind_and_name(control: Control) -> None:
    for fix in control.fixes:
        for manifest in re.findall(r"<<'EOF'\n(.*?)\nEOF$", fix.cli, re.DOTALL | re.MULTILINE):
            data = yaml.safe_load(manifest)
            assert {"apiVersion", "kind", "metadata", "spec"} == set(data)
            assert data["metadata"]["name"]


def test_no_command_carries_something_that_looks_like_a_real_key() -> None:
    for control in CONTROLS:
        for fix in control.fixes:
            assert not re.search(r"AKIA[0-9A-Z]{16}|ghp_[A-Za-z0-9]{20}|-----BEGIN", fix.cli + fix.terraform)


def test_every_vendor_of_the_index_is_used() -> None:
    used = {fix.vendor for control in CONTROLS for fix in control.fixes}
    used |= {signal.vendor for control in CONTROLS for signal in control.signals}
    assert used == set(load_index().vendors)


def test_vendors_have_distinct_slugs_and_names_in_any_case() -> None:
    vendors = load_index().vendors.values()
    assert len({vendor.slug for vendor in vendors}) == len(vendors)
    assert len({vendor.name.casefold() for vendor in vendors}) == len(vendors)


def test_postgres_rights_are_read_from_the_system_catalogs() -> None:
    """The information schema shows an auditor only his own rights: an empty list that looks like a pass."""
    for control in CONTROLS:
        for signal in control.signals:
            assert "information_schema" not in signal.signal
        for fix in control.fixes:
            assert fix.vendor != "Postgres" or "role_table_grants" not in fix.cli


def test_stories_are_three_sentences_about_the_attacker() -> None:
    for stage in load_catalog().stages:
        assert len(re.findall(r"\.(?: |$)", stage.story)) == 3, stage.story
        assert "attacker" in stage.story
        assert not BANNED.search(stage.story + stage.summary)
        assert stage.summary.endswith(".")


def test_crosswalk_frameworks_have_titles() -> None:
    titles = {framework.id: framework.title for framework in load_index().frameworks.values()}
    assert titles["cisa_ztmm_2_0"] == "CISA ZTMM 2.0"
    assert {key for control in CONTROLS for key in control.crosswalk} == set(titles)


def test_gate_controls_of_this_version() -> None:
    assert [control.id for control in CONTROLS if control.gate] == [
        *GATE_CONTROLS,
        "mfa.admins",
        "mfa.all-humans",
        "proxy.front-internal-apps",
        "least-privilege.db-grants-minimal",
        "least-privilege.no-wildcard-iam",
    ]


def test_counts_of_this_version() -> None:
    """Changed on purpose only, together with the version: scores store it."""
    catalog = load_catalog()
    assert catalog.version == "2026-11-23.1"
    assert Counter(control.stage for control in CONTROLS) == {
        "identity": 10,
        "mfa": 7,
        "proxy": 7,
        "mesh": 6,
        "least-privilege": 10,
        "credentials": 6,
        "device": 5,
        "perimeter": 4,
    }
    assert len(CONTROLS) == 55
    chosen = [control for control in CONTROLS if control.in_80_20]
    assert (len(chosen), sum(control.effort_hours for control in chosen)) == (26, 141)
    assert sum(control.weight for control in CONTROLS) == WEIGHTS
    assert [control.id for control in CONTROLS if control.attest_only] == ["mesh.service-map"]
    assert [stage.id for stage in catalog.stages if not stage.is_track] == [
        "identity", "mfa", "proxy", "mesh", "least-privilege",
    ]  # fmt: skip
    assert sum(len(control.signals) for control in CONTROLS) == SIGNALS
    assert sum(len(control.fixes) for control in CONTROLS) == FIXES
