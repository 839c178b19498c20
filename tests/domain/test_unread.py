"""Whether a source was read when it should have been."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ztassess.domain.unread import GRACE, Gap, SourceRead, missed

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def read(ago: timedelta | None = timedelta(hours=3), **changes: object) -> SourceRead:
    return replace(SourceRead(NOW - ago if ago is not None else None, every=DAY), **changes)


@pytest.mark.parametrize(
    ("source", "gap"),
    [
        pytest.param(read(), None, id="read this morning"),
        pytest.param(read(DAY + GRACE), None, id="the grace is not over"),
        pytest.param(read(DAY + GRACE + timedelta(seconds=1)), Gap.OVERDUE, id="overdue"),
        pytest.param(read(2 * DAY, running=True), None, id="a scan runs"),
        pytest.param(read(2 * DAY, every=7 * DAY), None, id="weekly is early"),
        pytest.param(read(90 * DAY, every=None), None, id="no schedule, or one that a person switched off"),
        pytest.param(read(2 * DAY, skipped="a scan was running"), Gap.SKIPPED, id="the schedule skipped it"),
        pytest.param(read(skipped="a scan was running"), None, id="skipped, and read all the same"),
        pytest.param(read(failed="The token was refused."), Gap.FAILED, id="failed"),
        pytest.param(read(failed="Refused.", running=True), Gap.FAILED, id="failed, and tried again now"),
        pytest.param(read(canceled=True), Gap.CANCELED, id="canceled"),
        pytest.param(read(every=None, paused="Paused after 5 failed scans."), Gap.PAUSED, id="paused"),
        pytest.param(read(every=None, paused="Paused.", failed="Refused."), Gap.PAUSED, id="paused because it failed"),
        pytest.param(read(None), None, id="never read and nothing tried"),
        pytest.param(read(None, failed="Refused."), Gap.FAILED, id="never read, the first scan failed"),
        pytest.param(read(None, canceled=True), None, id="never read, the first scan was canceled"),
    ],
)
def test_why_a_source_was_not_read(source: SourceRead, gap: Gap | None) -> None:
    found = missed(source, NOW)
    assert (found.gap if found else None) is gap
    assert found is None or (found.reason and found.to_do)


def test_reason_of_a_failure_is_the_sentence_of_the_scan() -> None:
    found = missed(read(failed="Okta refused the token."), NOW)
    assert found is not None
    assert found.reason == "Okta refused the token."
    paused = missed(read(every=None, paused="Paused after 5 failed scans in a row.", failed="Okta refused it."), NOW)
    assert paused is not None
    assert "Paused after 5" in paused.reason
    assert "Okta refused it." in paused.reason
