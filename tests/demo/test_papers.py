"""What no connector sees in the demo company: evidence with its review, an exception, an emergency account."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from ztassess.assessments.models_evidence import Artifact, ArtifactContent, ArtifactVersion
from ztassess.assessments.models_exceptions import BreakGlassAccount, ControlException
from ztassess.assessments.selectors import checks_by_control, read_organization
from ztassess.demo.papers import CONTRACTOR, MAPPED
from ztassess.domain.proof_state import ProofState
from ztassess.scans.models import Finding


@pytest.fixture(autouse=True)
def shown(settings):
    settings.DEMO_AT = True


@pytest.fixture
def judged(demo):
    return read_organization(demo.organization, now=demo.anchor).assessment


def test_second_person_accepted_what_no_check_can_prove(demo, judged):
    version = ArtifactVersion.objects.select_related("filed_by", "reviewed_by", "artifact").get()
    assert version.artifact == Artifact.objects.get(control_id=MAPPED)
    assert MAPPED not in checks_by_control()
    assert judged.control(MAPPED).state is ProofState.ATTESTED
    assert (version.decision, version.filed_by.name, version.reviewed_by.name) == (
        "accepted",
        "Lena Fischer",
        "Marcus Bell",
    )
    assert version.filed_at < version.reviewed_at < demo.anchor
    assert b"caller" not in bytes(ArtifactContent.objects.get().ciphertext)
    assert "Who calls whom" in Client().get(f"/demo/controls/{MAPPED}/").content.decode()


def test_one_exception_is_active_for_one_contractor_and_the_other_still_fails(demo, judged):
    row = ControlException.objects.get()
    assert row.standing(demo.anchor.date()) == "active"
    assert row.requested_by != row.decided_by
    assert row.compensating
    assert CONTRACTOR in Client().get("/demo/exceptions/").content.decode()
    assert row.requested_at < row.decided_at < demo.anchor
    failing = Finding.objects.filter(check_id=row.check_id, outcome="fail").values_list("resource", flat=True)
    assert set(failing) == {CONTRACTOR, CONTRACTOR.replace("kim", "jules")}


def test_emergency_account_was_tested_forty_days_ago_and_is_left_out_by_name(demo):
    account = BreakGlassAccount.objects.get()
    assert account.last_tested_on == demo.anchor.date() - timedelta(days=40)
    assert account.created_at < demo.anchor - timedelta(days=40)
    assert account.name in Client().get("/demo/break-glass/").content.decode()
    said = Finding.objects.filter(check_id="google_workspace.account_inventory", outcome="pass")
    assert said.exists()
    assert all(account.name in row.reason for row in said)
