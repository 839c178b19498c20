"""The seven questions: kept as they are answered, back and forward without loss, unknown is an answer."""

from __future__ import annotations

import pytest
from django.test import Client

from ztassess.common.models import organization_scope
from ztassess.organizations.forms import STEPS
from ztassess.organizations.forms_declared import FactSheetForm
from ztassess.organizations.models import FactSheet, OnboardingDraft, Organization
from ztassess.organizations.selectors import organization_facts

FOUNDER = [
    {"perspective": "founder", "company": "Northwind  \u202eLedger", "n_people": "9"},
    {"identity_providers": ["google_workspace"]},
    {"clouds": ["aws"]},
    {"has_vpn": "yes", "has_private_network": "", "n_internal_tools": "5"},
    {"databases": ["postgres"]},
    {"n_services": "7", "n_sensitive_paths": "2", "uses_kubernetes": "no", "mtls_mandate": ""},
    {"ci": ["none"]},
]


@pytest.fixture
def asker(client, stranger):
    client.force_login(stranger)
    return client


def answer(client, number, **changes):
    return client.post(f"/o/new/{number}/", FOUNDER[number - 1] | changes)


def finish(client):
    for number in range(1, len(STEPS) + 1):
        response = answer(client, number)
        assert response.status_code == 302, response.content
    return Organization.objects.latest("created_at"), response


def test_seven_answers_make_an_organization_with_its_facts(asker):
    organization, response = finish(asker)
    assert response["Location"] == f"/o/{organization.slug}/"
    assert organization.name == "Northwind Ledger"  # one mark of direction in it would turn every sentence around it
    with organization_scope(organization):
        facts = organization_facts(organization)
    assert (facts.n_people, facts.has_vpn, facts.clouds) == (9, True, ("aws",))
    assert (facts.has_internal_tools, facts.has_database, facts.has_ci) == (True, True, False)
    assert (facts.has_private_network, facts.mtls_mandate, facts.n_languages) == (None, None, None)
    assert not OnboardingDraft.objects.exists()


def test_second_press_of_the_last_button_makes_no_second_organization(asker, stranger, monkeypatch):
    for number in range(1, len(STEPS)):
        answer(asker, number)
    other_tab = Client()
    other_tab.force_login(stranger)
    usual, presses = STEPS[-1].is_valid, []

    def pressed_meanwhile(form):
        if not presses:
            presses.append(1)
            presses.append(answer(other_tab, len(STEPS)))
        return usual(form)

    monkeypatch.setattr(STEPS[-1], "is_valid", pressed_meanwhile)
    before = Organization.objects.count()
    second = answer(asker, len(STEPS))
    assert presses[1]["Location"].startswith("/o/northwind-ledger-")
    assert (second.status_code, second["Location"]) == (302, "/o/")
    assert Organization.objects.count() == before + 1


def test_new_person_starts_with_the_first_question(asker):
    assert asker.get("/o/")["Location"] == "/o/new/"
    assert "Question 1 of 7" in asker.get("/o/new/").content.decode()


def test_answers_stay_when_going_back_and_coming_again(asker):
    answer(asker, 1)
    answer(asker, 2)
    assert "Question 3 of 7" in asker.get("/o/new/").content.decode()
    assert 'value="Northwind Ledger"' in asker.get("/o/new/1/").content.decode()
    answer(asker, 1, company="Northwind")
    assert OnboardingDraft.objects.get().values["facts"]["identity_providers"] == ["google_workspace"]


def test_skipped_question_leaves_the_facts_unknown(asker):
    answer(asker, 1)
    assert asker.post("/o/new/2/", {"skip": "1"}).status_code == 302
    assert "identity_providers" not in OnboardingDraft.objects.get().values["facts"]


def test_later_question_needs_the_first(asker):
    assert asker.get("/o/new/4/")["Location"] == "/o/new/1/"


@pytest.mark.parametrize("number", [0, 8, 99])
def test_there_are_seven_questions(asker, number):
    answer(asker, 1)
    assert asker.get(f"/o/new/{number}/").status_code == (200 if number == 0 else 404)


@pytest.mark.parametrize("company", ["", "   ", "<>", "x" * 121])
def test_unusable_name_is_told_and_nothing_moves(asker, company):
    assert answer(asker, 1, company=company).status_code == 400
    assert "company" not in OnboardingDraft.objects.get().values


@pytest.mark.parametrize("chosen", [["aws", "none"], ["aws", "unknown"], ["nonsense"]])
def test_none_and_unknown_stand_alone(asker, chosen):
    answer(asker, 1)
    assert answer(asker, 3, clouds=chosen).status_code == 400


def test_known_to_be_none_is_not_unknown(asker):
    answer(asker, 1)
    answer(asker, 3, clouds=["none"])
    answer(asker, 5, databases=["unknown"])
    facts = OnboardingDraft.objects.get().values["facts"]
    assert facts["clouds"] == []
    assert "databases" not in facts


def test_finished_person_goes_straight_to_the_overview(asker):
    organization, _ = finish(asker)
    assert asker.get("/o/")["Location"] == f"/o/{organization.slug}/"
    assert "Northwind Ledger" in asker.get("/o/?all").content.decode()


@pytest.fixture
def sheet(asker):
    organization, _ = finish(asker)
    with organization_scope(organization):
        return FactSheet.objects.get()


def posted(sheet, **changes):
    values = {"n_people": "12", "clouds": ["aws", "google_cloud"], "version": str(sheet.version)}
    return values | {"organization": str(sheet.organization_id)} | changes


def test_settings_save_facts_and_declared_lists(asker, sheet):
    path = f"/o/{sheet.organization.slug}/settings/"
    assert asker.post(path, posted(sheet, break_glass="root\nemergency@acme.example\n\nroot")).status_code == 302
    with organization_scope(sheet.organization):
        fresh = FactSheet.objects.get()
    assert fresh.values["n_people"] == 12
    assert fresh.declared == {"break_glass": ["root", "emergency@acme.example"]}
    assert "has_vpn" not in fresh.values


def test_two_people_saving_the_facts_do_not_overwrite_each_other(asker, sheet):
    path = f"/o/{sheet.organization.slug}/settings/"
    asker.post(path, posted(sheet))
    second = asker.post(path, posted(sheet, n_people="99"))
    assert second.status_code == 400
    assert "99" in second.content.decode()
    with organization_scope(sheet.organization):
        assert FactSheet.objects.get().values["n_people"] == 12


def test_every_fact_can_be_changed_on_the_settings_page():
    from ztassess.domain.facts import FACT_NAMES

    assert set(FACT_NAMES) <= FactSheetForm().answered()


def test_changed_facts_are_a_point_of_the_trend(asker, sheet):
    from ztassess.assessments.models import ScoreSnapshot

    asker.post(f"/o/{sheet.organization.slug}/settings/", posted(sheet))
    with organization_scope(sheet.organization):
        assert ScoreSnapshot.objects.get().cause == "facts"
