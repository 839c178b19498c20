"""Internal hosts that are served stand behind a proxy; what is behind one does not answer directly."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.connectors.across.views import BLIND, view
from tests.fakes.vendor import NOW
from ztassess.connectors.across.rules import CHECKS
from ztassess.connectors.across.rules_hosts import Index, Told, covers
from ztassess.connectors.across.snapshot import AcrossSnapshot
from ztassess.connectors.joining import Names
from ztassess.domain.checks import evaluate, fold
from ztassess.domain.findings import Finding, Outcome, Unavailable
from ztassess.domain.roster import Host, SharedView

FRONT = "across.internal_hosts_behind_proxy"
ORIGIN = "across.proxied_apps_closed_at_origin"


def hosts(connector: str, *found: Host, broken: Unavailable | None = None) -> SharedView:
    return view(connector, hosts=found if broken is None else broken)


def findings(check: str, *views: SharedView, internal: tuple[str, ...] | None = None) -> list[Finding]:
    snapshot = AcrossSnapshot(NOW, views, Names(), internal_hosts=internal)
    return [found for found in evaluate(CHECKS, snapshot) if found.check == check]


DNS = hosts("dns", Host("admin.x.io", served=True), Host("www.x.io", served=True))
ACCESS = hosts("access", Host("admin.x.io", covered=True))
WILD = hosts("access", Host("*.x.io", covered=True))
PROBE = hosts("probe", Host("admin.x.io", served=True, internal=True, origin_open=False))
OPEN = hosts("probe", Host("admin.x.io", served=True, internal=True, origin_open=True))


@pytest.mark.parametrize(
    ("views", "internal", "outcome"),
    [
        ([DNS, ACCESS], ("admin.x.io",), Outcome.PASS),
        ([DNS, WILD], ("admin.x.io",), Outcome.PASS),
        ([DNS, hosts("access", Host("wiki.x.io", covered=True))], ("admin.x.io",), Outcome.FAIL),
        ([DNS, hosts("access", Host("*.admin.x.io", covered=True))], ("admin.x.io",), Outcome.FAIL),
        ([DNS, hosts("access", Host("admin.x.io", covered=False))], ("admin.x.io",), Outcome.FAIL),
        ([PROBE, ACCESS], None, Outcome.PASS),
        ([PROBE, hosts("access", Host("wiki.x.io", covered=True))], None, Outcome.FAIL),
        ([DNS], ("admin.x.io",), Outcome.NOT_CHECKED),
        ([DNS, ACCESS], None, Outcome.NOT_CHECKED),
        ([DNS, ACCESS], ("admin.x.io", "old.x.io"), Outcome.NOT_CHECKED),
        ([DNS, ACCESS, hosts("aws", broken=BLIND)], ("admin.x.io",), Outcome.NOT_CHECKED),
        ([DNS, hosts("access", broken=BLIND)], ("admin.x.io",), Outcome.NOT_CHECKED),
        ([], ("admin.x.io",), Outcome.NOT_CHECKED),
    ],
)
def test_internal_hosts_are_compared_with_the_proxy(
    views: list[SharedView], internal: tuple[str, ...] | None, outcome: Outcome
) -> None:
    assert fold(FRONT, findings(FRONT, *views, internal=internal)).outcome is outcome


def test_an_uncovered_host_is_named_with_who_serves_it() -> None:
    (found,) = findings(FRONT, DNS, hosts("access", Host("db.admin.x.io", covered=True)), internal=("admin.x.io",))
    assert found.verdict.resource == "admin.x.io"
    assert found.verdict.reason.startswith("admin.x.io is served (Dns) and no application of a proxy covers it.")
    assert found.verdict.near_miss == "Only db.admin.x.io below it is covered."
    assert found.verdict.level == 1


@pytest.mark.parametrize(
    ("views", "outcome"),
    [
        ([ACCESS, PROBE], Outcome.PASS),
        ([ACCESS, OPEN], Outcome.FAIL),
        ([WILD, OPEN], Outcome.FAIL),
        ([ACCESS, DNS], Outcome.NOT_CHECKED),
        ([hosts("access", Host("a.x.io", covered=True), Host("admin.x.io", covered=True)), PROBE], Outcome.NOT_CHECKED),
        ([DNS, OPEN], Outcome.NOT_APPLICABLE),
        ([hosts("access", broken=BLIND), OPEN], Outcome.NOT_CHECKED),
        ([ACCESS, PROBE, hosts("aws", broken=BLIND)], Outcome.NOT_CHECKED),
    ],
)
def test_origins_of_applications_are_closed(views: list[SharedView], outcome: Outcome) -> None:
    assert fold(ORIGIN, findings(ORIGIN, *views)).outcome is outcome


@pytest.mark.parametrize(
    ("pattern", "name", "covered"),
    [
        ("a.x.io", "a.x.io", True),
        ("a.x.io", "b.a.x.io", False),
        ("*.x.io", "a.x.io", True),
        ("*.x.io", "x.io", False),
        ("*.x.io", "b.a.x.io", False),
        ("*.x.io", "evil-x.io", False),
        ("*.x.io", ".x.io", False),
    ],
)
def test_a_wildcard_stands_for_one_label(pattern: str, name: str, covered: bool) -> None:
    assert covers(pattern, name) is covered


HOSTS = st.lists(st.sampled_from(["*", "a", "b", "x", ""]), min_size=1, max_size=4).map(".".join)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(HOSTS, max_size=8), HOSTS)
def test_the_index_finds_what_comparing_each_with_each_finds(hosts: list[str], name: str) -> None:
    told = [Told(DNS, Host(each)) for each in hosts]
    index = Index(told)
    assert [each.host.name for each in index.covering(name)] == [each for each in hosts if covers(each, name)]
    assert index.covered_by(name) is any(covers(name, each) for each in hosts)
    assert sorted(index.under(name)) == sorted({each for each in hosts if each.endswith(f".{name}")})


def test_thousands_of_hosts_are_not_compared_one_by_one() -> None:
    names = [f"h{number}.x.io" for number in range(2_000)]
    dns = hosts("dns", *(Host(name, served=True, internal=True) for name in names))
    access = hosts("access", *(Host(name, covered=True) for name in names[:-1]), Host("deep.h1999.x.io", covered=True))
    (found,) = findings(FRONT, dns, access)
    assert (found.verdict.resource, found.verdict.near_miss) == (names[-1], "Only deep.h1999.x.io below it is covered.")
