"""The test server itself: what it says when there is none."""

from __future__ import annotations

import pytest

from tests.services import postgres


def test_without_a_server_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZTASSESS_TEST_POSTGRES_URL", raising=False)
    monkeypatch.setattr(postgres, "find_binaries", lambda: None)
    monkeypatch.setattr(postgres.os, "geteuid", lambda: 1000)
    with pytest.raises(postgres.PostgresUnavailable, match="apt-get install -y postgresql-15"):
        postgres.start_postgres()


def test_a_given_server_is_taken_and_never_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZTASSESS_TEST_POSTGRES_URL", "postgresql://me:pw@db.example.com:6000/postgres")
    given = postgres.start_postgres()
    assert (given.host, given.port, given.superuser, given.password) == ("db.example.com", 6000, "me", "pw")
    given.stop()
