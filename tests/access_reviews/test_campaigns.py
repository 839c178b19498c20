"""Campaigns: what they ask for, who decides, how far they are, and the evidence that they leave."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.access_reviews.telling import person, service, tell, tell_nothing
from tests.access_reviews.test_decisions import KEEP, REMOVE, decide, everything
from ztassess.access_reviews.errors import CampaignChanged, CampaignRefused, DecisionRefused
from ztassess.access_reviews.models import AccessCampaign, CampaignAccount
from ztassess.access_reviews.selectors import read_access
from ztassess.access_reviews.selectors_campaigns import progress_of
from ztassess.access_reviews.services.campaigns import campaign_change, campaign_close, campaign_start
from ztassess.audit.models import AuditEvent
from ztassess.domain.findings import Unavailable

DUE = timezone.localdate() + timedelta(days=21)


def start(organization, owner, *reviewers) -> AccessCampaign:
    return campaign_start(
        organization=organization, name="Q4", due_on=DUE, reviewers=reviewers or (owner,), actor=owner
    )


def asked(campaign) -> dict[str, str]:
    """Account -> why, of what a campaign asks for."""
    rows = CampaignAccount.objects.filter(campaign=campaign).exclude(why__in=("unchanged", "inactive"))
    return {f"{row.connection.name}/{row.account_id}": row.why for row in rows}


def test_first_campaign_asks_for_everybody_who_can_sign_in(told, owner):
    campaign = start(told, owner)
    assert set(asked(campaign)) == {"Directory/anna", "Directory/ben", "Cloud/anna", "Cloud/zoe", "Cloud/deployer"}
    assert CampaignAccount.objects.filter(campaign=campaign).count() == 6
    assert campaign.told == {"new": 5, "inactive": 1}
    assert "5 of 6 accounts to decide" in AuditEvent.objects.get(action="access.campaign_start").detail.summary


def test_next_campaign_asks_only_for_what_is_new_or_changed(told, owner, cloud):
    first = start(told, owner)
    everything(told, owner, REMOVE)
    campaign_close(campaign=first, left=0, reason="", actor=owner)
    tell(
        cloud,
        person("anna", admin=True, second_factor=False),
        person("zoe", admin=True),
        service("deployer"),
        service("new-one"),
    )
    assert asked(start(told, owner)) == {"Cloud/zoe": "changed", "Cloud/new-one": "new"}
    words = CampaignAccount.objects.get(account_id="zoe", why="changed").why_words
    assert "became an administrator" in words


def test_progress_has_its_denominators(told, owner, cloud):
    campaign = start(told, owner)
    decide(told, owner, cloud, "zoe", REMOVE)
    tell(cloud, person("anna", admin=True), person("zoe"))
    found = progress_of(campaign, read_access(told))
    assert (found.asked, found.decided, found.gone, found.left, found.inactive) == (5, 1, 1, 3, 1)


def test_a_connection_that_could_not_be_read_makes_nobody_gone(told, owner, cloud):
    campaign = start(told, owner)
    tell_nothing(cloud, Unavailable("missing_scope"))
    assert progress_of(campaign, read_access(told)).gone == 0


def test_its_accounts_are_decided_by_its_reviewers(told, owner, editor, cloud):
    start(told, owner, owner)
    with pytest.raises(DecisionRefused, match="its reviewers decide: Olga Owner"):
        decide(told, editor, cloud, "deployer", KEEP)
    assert decide(told, owner, cloud, "deployer", KEEP).campaign is not None
    recorded = everything(told, editor, REMOVE)
    assert recorded.done == ()


def test_removing_is_due_with_the_campaign(told, owner, cloud):
    start(told, owner)
    assert decide(told, owner, cloud, "zoe", REMOVE).due_on == DUE


def test_one_campaign_runs_at_a_time(told, owner):
    start(told, owner)
    with pytest.raises(CampaignRefused, match="still open"):
        start(told, owner)


def test_campaign_needs_a_day_a_reviewer_who_may_decide_and_somebody_to_review(told, owner, viewer, cloud, idp):
    with pytest.raises(CampaignRefused, match="at least one reviewer"):
        start(told, owner, viewer)
    with pytest.raises(CampaignRefused, match="passed already"):
        campaign_start(
            organization=told,
            name="Q4",
            due_on=timezone.localdate() - timedelta(days=1),
            reviewers=[owner],
            actor=owner,
        )
    tell(cloud)
    tell(idp)
    with pytest.raises(CampaignRefused, match="No connection has told any account"):
        start(told, owner)


def test_two_people_never_overwrite_each_others_settings(told, owner, admin):
    campaign = start(told, owner)
    change = {"name": "Q4 late", "due_on": DUE, "reviewers": [owner, admin], "version": 1}
    assert campaign_change(campaign=campaign, actor=admin, **change).name == "Q4 late"
    with pytest.raises(CampaignChanged):
        campaign_change(campaign=campaign, actor=owner, **change | {"name": "Q4 early"})
    assert AccessCampaign.objects.get().name == "Q4 late"


def test_closing_with_something_left_needs_a_reason(told, owner, as_owner):
    campaign = start(told, owner)
    path = f"/o/{told.slug}/access/campaigns/{campaign.id}/close/"
    answer = as_owner.post(path, {"reason": ""})
    assert answer.status_code == 409
    assert "5 accounts are not decided" in answer.content.decode()
    assert as_owner.post(path, {"reason": "The auditor came early."}).status_code == 302
    campaign.refresh_from_db()
    assert campaign.close_reason == "The auditor came early."
    assert as_owner.post(path, {"reason": "Again."}).status_code == 409


def test_campaign_is_started_and_decided_on_its_page(told, as_owner, owner, cloud):
    form = {"name": "Q4 2026", "due_on": DUE.isoformat(), "reviewers": [str(owner.pk)]}
    answer = as_owner.post(f"/o/{told.slug}/access/campaigns/", form, follow=True)
    shown = answer.content.decode()
    assert "0 of 5 decided" in shown
    assert "gone@x.io" not in shown
    campaign = AccessCampaign.objects.get()
    many = {
        "scope": "fitting",
        "q": "zoe",
        "campaign": str(campaign.id),
        "decided": "asks",
        "decision": "remove",
        "reason": "Left.",
        "seen_at": timezone.now().isoformat(),
    }
    answer = as_owner.post(f"/o/{told.slug}/access/decide/", many, follow=True)
    assert "1 of 5 decided" in answer.content.decode()
    answer = as_owner.get(f"/o/{told.slug}/access/campaigns/{campaign.id}/?decided=asks")
    names = [entry.line.account.id for group in answer.context["groups"] for entry in group.entries]
    assert "zoe" not in names
    assert len(names) == 4


def test_evidence_holds_every_account_as_it_was_with_its_decision(told, as_owner, owner, cloud):
    campaign = start(told, owner)
    decide(told, owner, cloud, "zoe", REMOVE)
    tell(cloud, person("anna"))
    answer = as_owner.get(f"/o/{told.slug}/access/campaigns/{campaign.id}/evidence.csv")
    rows = {(row["System"], row["Account id"]): row for row in csv.DictReader(io.StringIO(answer.content.decode()))}
    assert len(rows) == 6
    zoe = rows["Cloud", "zoe"]
    assert (zoe["Active"], zoe["Administrator"], zoe["Decision"], zoe["Decided by"]) == (
        *("yes", "not told", "Remove"),
        str(owner),
    )
    assert zoe["What readings say"] == "Done"
    assert rows["Cloud", "gone"]["Asked because"] == "Inactive"


def test_editor_decides_but_starts_no_campaign(told, client, editor):
    client.force_login(editor)
    path = f"/o/{told.slug}/access/campaigns/"
    assert "Start a campaign" not in client.get(path).content.decode()
    assert (
        client.post(path, {"name": "Q4", "due_on": DUE.isoformat(), "reviewers": [str(editor.pk)]}).status_code == 403
    )


def test_campaign_page_costs_the_same_for_few_and_many(told, owner, as_owner, cloud):
    def cost(path: str) -> int:
        with CaptureQueriesContext(database) as captured:
            assert as_owner.get(path).status_code == 200
        return len(captured)

    first = start(told, owner)
    paths = [f"/o/{told.slug}/access/campaigns/", f"/o/{told.slug}/access/campaigns/{first.id}/"]
    as_owner.get(paths[0])
    few = [cost(path) for path in paths]
    campaign_close(campaign=first, left=5, reason="Too few.", actor=owner)
    tell(cloud, *(service(f"s{number}") for number in range(300)))
    second = start(told, owner)
    assert cost(paths[0]) == few[0]
    assert cost(f"/o/{told.slug}/access/campaigns/{second.id}/") == few[1]
