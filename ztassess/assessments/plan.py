"""Owns the page of the two-week plan: what to do on which day, computed from the facts and from what is left."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from ztassess.assessments.selectors import read_organization
from ztassess.domain.facts import Facts
from ztassess.domain.planning import HOURS_PER_PERSON, TEAM, plan_sprint
from ztassess.organizations.access import OrgRequest
from ztassess.organizations.links import org_url
from ztassess.organizations.selectors import organization_facts

MOST_PEOPLE = 50
LATER_SHOWN = 12
FIRST_YEAR, LAST_YEAR = 2000, 2100


class PlanForm(forms.Form):
    """When the two weeks start, who works on them and for how long each day. The address keeps the choice."""

    start = forms.DateField(label="First day", widget=forms.DateInput(attrs={"type": "date"}))
    people = forms.IntegerField(label="People", min_value=1, max_value=MOST_PEOPLE)
    hours = forms.FloatField(label="Hours a day each", min_value=0.5, max_value=10)

    def clean_start(self) -> date:
        start: date = self.cleaned_data["start"]
        if not FIRST_YEAR <= start.year <= LAST_YEAR:
            raise forms.ValidationError(f"Choose a day between {FIRST_YEAR} and {LAST_YEAR}.")
        return start


def _usual(facts: Facts) -> dict[str, Any]:
    people = min(TEAM, facts.n_people) if facts.n_people else TEAM
    return {"start": timezone.now().date(), "people": people, "hours": HOURS_PER_PERSON}


def plan_page(request: OrgRequest) -> HttpResponse:
    """The plan by day. A wrong choice keeps the usual one and says why."""
    reading = read_organization(request.organization)
    usual = _usual(organization_facts(request.organization))
    form = PlanForm(request.GET or None, initial=usual)
    chosen = form.cleaned_data if form.is_bound and form.is_valid() else usual
    start: date = chosen["start"]
    plan = plan_sprint(reading.assessment, start=start, people=chosen["people"], hours_per_person=chosen["hours"])
    context = {
        "form": form,
        "plan": plan,
        "days": [
            {
                "day": day,
                "work": [
                    {"work": work, "url": org_url(request, "control", control_id=work.control)} for work in day.work
                ],
            }
            for day in plan.days
        ],
        "later": [
            {"work": work, "url": org_url(request, "control", control_id=work.control)}
            for work in plan.later[:LATER_SHOWN]
        ],
        "missing_answers": reading.assessment.missing_answers,
        "later_count": len(plan.later),
    }
    return render(request, "assessments/plan.html", context)
