"""Around a control: owner and day, comments with mentions, history with differences, near miss, whom a fix touches."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from ztassess.assessments.control_page import fix_cards, touched_without_card
from ztassess.assessments.errors import CommentRefused, OwnerConflict
from ztassess.assessments.history import history_of
from ztassess.assessments.models import ControlComment, ControlOwner, ScoreSnapshot
from ztassess.assessments.services import answer_save
from ztassess.assessments.services_notes import comment_add, comment_delete, control_assign
from ztassess.catalog import load_catalog
from ztassess.domain.affected import Failing
from ztassess.domain.facts import Facts
from ztassess.organizations.roles import Role
from ztassess.scans.services.scans import scan_request
from ztassess.scans.work import scan_work

CONTROL = "identity.inventory"
DUE = date(2026, 12, 1)


def assign(organization, actor, owner, *, due=DUE, version=0):
    return control_assign(
        organization=organization, control_id=CONTROL, owner=owner, due=due, version=version, actor=actor
    )


def comment(organization, actor, text):
    return comment_add(organization=organization, control_id=CONTROL, text=text, actor=actor)


def test_owner_and_day_are_kept_and_two_people_do_not_overwrite_each_other(in_scope, owner, editor):
    row = assign(in_scope, owner, editor)
    assert (row.owner, row.due, row.version) == (editor, DUE, 1)
    assert assign(in_scope, owner, editor).version == 1
    for version in (0, 7):
        with pytest.raises(OwnerConflict):
            assign(in_scope, editor, owner, version=version)
    assert assign(in_scope, editor, None, due=None, version=1).owner is None
    assert ControlOwner.objects.count() == 1


def test_mention_is_told_by_mail_without_what_was_written(
    in_scope, owner, editor, viewer, mailoutbox, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        row, unknown = comment(in_scope, owner, "@Edo, ask @nobody. The code is 1234. @Olga @Vera Viewer")
    assert unknown == ("nobody",)
    assert row.mentioned == [str(editor.pk), str(owner.pk), str(viewer.pk)]
    assert [mail.to for mail in mailoutbox] == [[editor.email], [viewer.email]]  # oneself is not told
    assert "1234" not in mailoutbox[0].body
    assert f"/controls/{CONTROL}/#comments" in mailoutbox[0].body


def test_stranger_is_never_mentioned(in_scope, owner, stranger, mailoutbox, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        _, unknown = comment(in_scope, owner, "@Sten Stranger @stranger")
    assert (len(unknown), mailoutbox) == (2, [])


def test_comment_goes_by_its_author_or_an_admin(in_scope, owner, editor, viewer):
    row, _ = comment(in_scope, editor, "First.")
    with pytest.raises(CommentRefused):
        comment_delete(comment=row, actor=viewer, actor_role=Role.VIEWER)
    comment_delete(comment=row, actor=owner, actor_role=Role.OWNER)
    assert not ControlComment.objects.exists()


def test_pages_take_comments_and_owners(as_owner, client, viewer, in_scope, editor, home):
    base = home + f"controls/{CONTROL}/"
    assert as_owner.post(base + "assign/", {"owner": editor.pk, "due": "2026-12-01", "version": 0}).status_code == 302
    stale = as_owner.post(base + "assign/", {"owner": "", "due": "", "version": 0})
    assert stale.status_code == 422
    assert "Somebody else changed owner or day" in stale.content.decode()
    for wrong in ({"owner": viewer.pk}, {"owner": "999999"}, {"due": "9999-12-31"}, {"due": "soon"}):
        assert as_owner.post(base + "assign/", {"version": 1, **wrong}).status_code == 422
    assert as_owner.post(base + "comment/", {"text": " "}).status_code == 422
    assert as_owner.post(base + "comment/", {"text": "<b>Look</b> @Vera"}).status_code == 302
    page = as_owner.get(base).content.decode()
    assert "&lt;b&gt;Look&lt;/b&gt;" in page
    assert "Mentions Vera Viewer" in page
    client.force_login(viewer)
    assert client.post(base + "comment/", {"text": "Mine."}).status_code == 302
    assert client.post(base + "assign/", {"version": 1}).status_code == 403
    theirs = ControlComment.objects.get(text__contains="Look")
    client.post(home + f"comments/{theirs.id}/remove/")
    assert ControlComment.objects.filter(id=theirs.id).exists()


def test_history_says_what_differs(in_scope, owner, editor, connection):
    answer_save(organization=in_scope, control_id=CONTROL, level=1, note="Old.", version=0, actor=owner)
    answer_save(organization=in_scope, control_id=CONTROL, level=2, note="New.", version=1, actor=editor)
    assign(in_scope, owner, editor)
    scan_work(in_scope, scan_request(connection=connection, actor=owner)[0].id, "worker")
    found = history_of(in_scope, CONTROL)
    texts = [entry.text for entry in found]
    assert texts[0] == "Proof became contradicted, was claimed, after a scan"
    assert "Edo Editor claimed Advanced, was Initial" in texts
    differs = {each.name: (each.before, each.after) for entry in found for each in entry.differences}
    assert differs["note"] in (("Old.", "New."), ("", "Old."))
    assert differs["owner"] == ("", "Edo Editor")
    assert [entry.at for entry in found] == sorted((entry.at for entry in found), reverse=True)
    assert history_of(in_scope, "mfa.admins") == []


def test_history_of_a_catalog_that_grew_is_read(in_scope):
    for states in ({}, {CONTROL: "claimed"}, {CONTROL: "stale"}):
        ScoreSnapshot.objects.create(
            organization=in_scope,
            at=timezone.now(),
            day=timezone.now().date(),
            cause="daily",
            catalog_version="1",
            method_version="1",
            proven=0,
            claimed=0,
            ceiling=1,
            states=states,
        )
    assert [entry.text.partition(",")[0] for entry in history_of(in_scope, CONTROL)] == ["Proof became stale"]


def test_control_page_names_the_near_miss_and_whom_the_fix_touches(as_owner, in_scope, owner, connection, home):
    answer_save(organization=in_scope, control_id=CONTROL, level=2, note="", version=0, actor=owner)
    scan_work(in_scope, scan_request(connection=connection, actor=owner)[0].id, "worker")
    page = as_owner.get(home + f"controls/{CONTROL}/").content.decode()
    assert "1 of 2 stands between this control and a pass: back." in page
    assert f"controls/{CONTROL}/exception/?object=back" in page
    assert "Before you enforce it:" in page
    assert "Explain this number" in page
    assert "a = (1 × 0 + 0.6 × 0 × 0) / 2 = 0" in page


def test_fix_cards_put_the_own_stack_first_and_say_whom_each_touches():
    control = load_catalog().control(CONTROL)
    failing = [Failing("okta", "tenant", ("anna", "ben"), seen=9), Failing("doors", "back", seen=3)]
    cards = fix_cards(Facts(identity_providers=("google_workspace",)), control, failing)
    vendors = [card["fix"].vendor for card in cards]
    assert vendors[:3] == ["Okta", "Google Workspace", "Any"]
    by_vendor = {card["fix"].vendor: card for card in cards}
    assert by_vendor["Okta"]["touched"].names == ("anna", "ben")
    assert by_vendor["Any"]["touched"].names == ("back",)
    assert by_vendor["Google Workspace"]["touched"] is None
    assert [card["foreign"] for card in cards[:3]] == [False, False, False]
    assert all(card["foreign"] for card in cards[3:])
    assert touched_without_card(control, failing) is None
    no_general_card = load_catalog().control("mfa.all-humans")
    assert touched_without_card(no_general_card, failing).names == ("back",)
