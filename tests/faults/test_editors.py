"""People who edit the same answers at once: accepted edits are in the history, refused ones are shown beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults.conftest import Company
from ztassess.assessments.models import Answer, AnswerChange
from ztassess.audit.models import AuditEvent
from ztassess.common.models import organization_scope
from ztassess.organizations.access import _digest
from ztassess.organizations.models import IdempotencyKey
from ztassess.organizations.services import posts_forget_old

CONTROLS = ("mfa.all-humans", "identity.inventory")
STEPS = st.lists(
    st.tuples(st.sampled_from(["read", "save"]), st.integers(0, 2), st.integers(0, 1), st.integers(0, 3)),
    min_size=4,
    max_size=25,
)


@dataclass
class Person:
    """One open page per control, as old as its last reading."""

    name: str
    versions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CONTROLS, 0))


def answer(company: Company, control: str, **fields: str):
    return company.post(f"controls/{control}/answer/", **fields)


@given(STEPS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_accepted_edit_is_lost_and_no_refused_one_silently(company, steps):
    with organization_scope(company.organization):  # the examples share one database transaction
        for model in (Answer, AnswerChange, IdempotencyKey):
            model.objects.all().delete()
    people = [Person("ann"), Person("ben"), Person("cleo")]
    accepted: dict[str, list[str]] = {control: [] for control in CONTROLS}
    for number, (step, who, which, level) in enumerate(steps):
        person, control = people[who], CONTROLS[which]
        if step == "read":
            with organization_scope(company.organization):
                found = Answer.objects.filter(control_id=control).first()
            person.versions[control] = found.version if found else 0
            continue
        note = f"{person.name} {number}"
        reply = answer(company, control, level=str(level), note=note, version=str(person.versions[control]))
        if person.versions[control] == len(accepted[control]):
            assert reply.status_code == 302
            accepted[control].append(note)
            person.versions[control] += 1
        else:
            page = reply.content.decode()
            assert reply.status_code == 409
            assert f"“{accepted[control][-1]}”" in page
            assert f"“{note}”" in page
    with organization_scope(company.organization):
        for control, notes in accepted.items():
            changes = AnswerChange.objects.filter(control_id=control).order_by("version")
            assert [change.note_after for change in changes] == notes
            assert [change.note_before for change in changes] == ["", *notes][: len(notes)]
            stands = Answer.objects.filter(control_id=control).values_list("note", "version").first()
            assert stands == ((notes[-1], len(notes)) if notes else None)


def test_conflict_offers_both_ways_out(company):
    answer(company, CONTROLS[0], level="1", note="theirs", version="0")
    page = answer(company, CONTROLS[0], level="3", note="mine", version="0").content.decode()
    assert "Somebody else changed this answer meanwhile. Yours was not saved; both stand below." in page
    assert "Keep theirs" in page
    assert "Save mine instead" in page
    assert '<input type="hidden" name="version" value="1">' in page
    assert answer(company, CONTROLS[0], level="3", note="mine", version="1").status_code == 302


def test_conflict_in_walk_mode_stays_in_walk_mode(company):
    answer(company, CONTROLS[0], level="1", version="0")
    page = answer(company, CONTROLS[0], level="3", version="0", walk="1").content.decode()
    assert f"controls/{CONTROLS[0]}/?walk=1" in page
    assert page.count('<input type="hidden" name="walk" value="1">') == 2


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"level": "7"}, "Not saved, level:"),
        ({"level": "two"}, "Not saved, level:"),
        ({"level": "2", "note": "x" * 2001}, "Not saved, note:"),
        ({"level": "2", "version": ""}, "Not saved, version:"),
        ({"level": "2", "version": "-1"}, "Not saved, version:"),
        ({"level": "2", "version": "9" * 30}, "changed this answer meanwhile"),
    ],
)
def test_answer_that_cannot_be_saved_says_why_and_keeps_what_was_typed(company, fields, sentence):
    answer(company, CONTROLS[0], level="1", note="before", version="0")
    reply = answer(company, CONTROLS[0], **({"version": "1", "note": "what I typed"} | fields))
    page = reply.content.decode()
    assert reply.status_code in {409, 422}
    assert sentence in page
    typed = fields.get("note", "what I typed")
    assert f">{typed}</textarea>" in page
    with organization_scope(company.organization):
        assert Answer.objects.get().note == "before"


def test_lines_count_as_the_browser_counts_them(company):
    """A page limits 2,000 characters with one per line end; the posted form has two."""
    note = "a\r\n" * 999 + "ab"
    assert answer(company, CONTROLS[0], level="2", note=note, version="0").status_code == 302
    with organization_scope(company.organization):
        assert Answer.objects.get().note == note.replace("\r\n", "\n")


def test_stranger_cannot_tell_that_an_answer_is_there(company, stranger, other_organization):
    answer(company, CONTROLS[0], level="1", version="0")
    company.client.force_login(stranger)
    assert answer(company, CONTROLS[0], level="2", version="1").status_code == 404
    with organization_scope(company.organization):
        assert Answer.objects.get().level == 1


@pytest.mark.parametrize("change", [{"note": "other"}, {"level": "3"}])
def test_same_key_with_other_contents_is_refused(company, change):
    fields = {"level": "2", "note": "first", "version": "0", "idempotency_key": "once"}
    assert answer(company, CONTROLS[0], **fields).status_code == 302
    reply = answer(company, CONTROLS[0], **(fields | change))
    assert reply.status_code == 422
    assert "What was sent first is kept" in reply.content.decode()
    with organization_scope(company.organization):
        assert (Answer.objects.get().note, AnswerChange.objects.count()) == ("first", 1)


def test_same_post_again_gets_the_same_answer_and_is_done_once(company):
    fields = {"level": "2", "note": "first", "version": "0", "idempotency_key": "once"}
    first, second = (answer(company, CONTROLS[0], **fields) for _ in range(2))
    assert (second.status_code, second.headers["Location"]) == (302, first.headers["Location"])
    assert second.headers["Idempotent-Replay"] == "true"
    with organization_scope(company.organization):
        assert AnswerChange.objects.count() == 1
        assert AuditEvent.objects.filter(action="answer.save").count() == 1


def test_refused_post_may_be_corrected_under_the_same_key(company):
    """A refusal stores nothing, so the same form, filled in rightly, is a first post."""
    fields = {"level": "2", "version": "0", "idempotency_key": "once"}
    assert answer(company, CONTROLS[0], **(fields | {"note": "x" * 2001})).status_code == 422
    assert answer(company, CONTROLS[0], **fields).status_code == 302


def test_stored_digest_of_a_post_is_keyed(rf, settings):
    """A body may hold a password; whoever has a copy of the database must not be able to try guesses on its digest."""

    def digest() -> str:
        return _digest(rf.post("/", {"password": "a-password-1234"}))

    first = digest()
    assert digest() == first
    settings.SECRET_KEY = "another secret key"
    assert digest() != first


def test_answers_to_posts_are_forgotten_after_a_day(company):
    for key in ("old", "new"):
        answer(company, CONTROLS[0], level="2", version="0", idempotency_key=key)
    with organization_scope(company.organization):
        IdempotencyKey.objects.filter(key="old").update(created_at=timezone.now() - timedelta(hours=25))
    assert posts_forget_old() == 1
    with organization_scope(company.organization):
        assert IdempotencyKey.objects.get().key == "new"
