"""A share survives being written down, and something else is refused by name."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.sharing import part_told, share_from, share_json, view_from, view_json
from ztassess.domain.findings import Unavailable
from ztassess.domain.roster import (
    NOT_SHARED,
    Account,
    AccountKind,
    DataGrant,
    Host,
    Leaver,
    Share,
    SharedView,
    Workload,
)

NAMES = st.text(min_size=1, max_size=8)
MAYBE = st.sampled_from([None, True, False])
MOMENTS = st.none() | st.datetimes(timezones=st.just(UTC))
ACCOUNTS = st.builds(
    Account,
    id=NAMES,
    name=NAMES,
    kind=st.sampled_from(AccountKind),
    emails=st.lists(NAMES, max_size=2).map(tuple),
    active=MAYBE,
    admin=MAYBE,
    second_factor=MAYBE,
    through_idp=MAYBE,
    last_used=MOMENTS,
    created=MOMENTS,
    owner=st.text(max_size=4),
)
HOSTS = st.builds(
    Host, name=NAMES, served=MAYBE, internal=MAYBE, covered=MAYBE, origin_open=MAYBE, named=MAYBE, second_factor=MAYBE
)
LEAVERS = st.builds(Leaver, email=NAMES, aliases=st.lists(NAMES, max_size=2).map(tuple), left_at=MOMENTS)
WORKLOADS = st.builds(Workload, name=NAMES, place=st.text(max_size=4), kind=st.text(max_size=4))
GRANTS = st.builds(
    DataGrant,
    account=NAMES,
    store=NAMES,
    has=st.sampled_from(["read", "write"]),
    needs=st.text(max_size=4),
    service=st.text(max_size=4),
)
MISSING = {"reason": NAMES, "missing_scope": st.text(max_size=4), "detail": st.text(max_size=4)}
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def part(rows: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    some = st.lists(rows, max_size=3).map(tuple)
    return st.just(NOT_SHARED) | st.builds(Unavailable, read=some, **MISSING) | some


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.builds(Share, workloads=part(WORKLOADS), grants=part(GRANTS)))
def test_what_the_inventory_takes_is_the_same_after_writing(share: Share) -> None:
    assert share_from(json.loads(json.dumps(share_json(share)))) == share


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.builds(Share, accounts=part(ACCOUNTS), hosts=part(HOSTS), leavers=part(LEAVERS), authority=st.booleans()))
def test_a_share_is_the_same_after_writing(share: Share) -> None:
    assert share_from(json.loads(json.dumps(share_json(share)))) == share


def test_what_was_written_before_there_were_workloads_is_still_read() -> None:
    written = {
        name: value for name, value in share_json(Share(hosts=())).items() if name not in ("workloads", "grants")
    }
    assert share_from(written) == Share(hosts=())


def test_a_view_is_the_same_after_writing() -> None:
    view = SharedView("Our AWS", "aws", datetime(2026, 11, 1, tzinfo=UTC), Share(accounts=()), uploaded=True)
    assert view_from(json.loads(json.dumps(view_json(view))), "aws.json", now=NOW) == view


@pytest.mark.parametrize(
    "document", [None, [], {}, {"format": "ztassess-share/2"}, {"format": "ztassess-share/1", "share": {}}]
)
def test_something_else_is_refused_by_name(document: object) -> None:
    with pytest.raises(InputInvalid, match="is not what"):
        view_from(document, "aws.json", now=NOW)


ACCOUNT = {"id": "1", "name": "cleo", "kind": "person", "emails": ["cleo@x.io"], "active": True}


@pytest.mark.parametrize(
    "row",
    [
        {**ACCOUNT, "active": "false"},
        {**ACCOUNT, "active": 0},
        {**ACCOUNT, "emails": "cleo@x.io"},
        {**ACCOUNT, "emails": [None]},
        {**ACCOUNT, "name": ["cleo"]},
        {**ACCOUNT, "id": 1},
        {**ACCOUNT, "kind": "robot"},
        {**ACCOUNT, "left": True},
        {**ACCOUNT, "created": "long ago"},
        {**ACCOUNT, "created": 5},
        {"name": "cleo"},
        "cleo",
        None,
    ],
)
def test_an_account_of_another_form_is_no_account(row: object) -> None:
    document = view_json(SharedView("Our AWS", "aws", NOW, Share(accounts=())))
    document["share"]["accounts"] = {"rows": [row]}
    with pytest.raises(InputInvalid, match="is not what"):
        view_from(document, "aws.json", now=NOW)


def test_a_reading_of_tomorrow_would_never_grow_old() -> None:
    document = view_json(SharedView("Our AWS", "aws", NOW + timedelta(days=1), Share(accounts=())))
    with pytest.raises(InputInvalid, match="still to come"):
        view_from(document, "aws.json", now=NOW)
    naive = document | {"taken_at": "2026-11-20T08:00:00"}
    assert view_from(naive, "aws.json", now=NOW).taken_at == datetime(2026, 11, 20, 8, tzinfo=UTC)


def test_rows_of_a_vendors_own_kind_are_never_written_down() -> None:
    share = Share(accounts=Unavailable("partial_data", read=("a row of the vendor with a secret",)))
    assert share_json(share)["accounts"] == ["partial_data", "", ""]


def test_rows_before_a_break_are_told_in_the_form_of_the_share() -> None:
    cleo = Account("1", "cleo", AccountKind.PERSON)
    broken = part_told(Unavailable("partial_data", read=("cleo",)), lambda name: Account("1", name, AccountKind.PERSON))
    assert broken == Unavailable("partial_data", read=(cleo,))
    assert part_told(("cleo",), lambda name: Account("1", name, AccountKind.PERSON)) == (cleo,)
