"""Owns the forms of the sprint: when it is, who works on it, who has a task, where it is pushed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from ztassess.domain.planning import HOURS_PER_PERSON, SPRINT_DAYS, TEAM
from ztassess.domain.playbooks import Advice, Preset
from ztassess.domain.sprints import TaskState
from ztassess.domain.teams import TeamMember
from ztassess.organizations.models import Membership
from ztassess.roadmaps.models import Sprint, SprintPerson
from ztassess.roadmaps.proposing import Choice
from ztassess.roadmaps.trackers import github, jira

WEEKDAYS = [(0, "Mon"), (1, "Tue"), (2, "Wed"), (3, "Thu"), (4, "Fri"), (5, "Sat"), (6, "Sun")]
USUAL_WEEKDAYS = (0, 1, 2, 3, 4)
MOST_DAYS = 60
MOST_HOURS = 16
FARTHEST = timedelta(days=366)


class SprintForm(forms.Form):
    """First day, working days, and the hours a day of each member. A member without hours does not take part.

    Parameters:
        advice: of the playbook that is applied; where it says what comes first or later, the person says whether the
            plan follows it.
    """

    start = forms.DateField(label="First day", widget=forms.DateInput(attrs={"type": "date"}))
    days = forms.IntegerField(label="Working days", min_value=1, max_value=MOST_DAYS)
    weekdays = forms.TypedMultipleChoiceField(
        label="Days that are worked on", choices=WEEKDAYS, coerce=int, widget=forms.CheckboxSelectMultiple
    )

    order = forms.BooleanField(required=False)

    def __init__(self, *args: Any, team: Sequence[Membership], advice: Advice | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.team = team
        self._preset = advice.payload.preset if advice and advice.has_order else None
        if advice and self._preset:
            self.fields["order"].label = f"In the order of {advice.firm}’s playbook"
            self.fields["order"].help_text = _order_words(self._preset)
        else:
            del self.fields["order"]
        for membership in team:
            self.fields[f"hours_{membership.user_id}"] = forms.FloatField(
                label=membership.user.get_full_name(),
                min_value=0,
                max_value=MOST_HOURS,
                required=False,
                widget=forms.NumberInput(attrs={"step": "0.5"}),
            )

    @property
    def people(self) -> list[Any]:
        """The fields of the members' hours."""
        return [self[name] for name in self.fields if name.startswith("hours_")]

    def clean_start(self) -> date:
        start: date = self.cleaned_data["start"]
        if abs(start - timezone.localdate()) > FARTHEST:
            raise forms.ValidationError("Choose a day within a year from today.")
        return start

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        hours = [data.get(f"hours_{membership.user_id}") or 0 for membership in self.team]
        if not self.errors and not any(hours):
            raise forms.ValidationError("Give at least one person some hours a day; a plan without people is none.")
        return data

    def choice(self) -> Choice:
        """What was chosen, for the planner."""
        data = self.cleaned_data
        team = [(str(each.user_id), data.get(f"hours_{each.user_id}") or 0.0) for each in self.team]
        members = tuple(TeamMember(person, hours) for person, hours in team if hours > 0)
        weekdays = tuple(sorted(data["weekdays"]))
        if self._preset and data.get("order"):
            return Choice(data["start"], data["days"], weekdays, members, self._preset.first, self._preset.later)
        return Choice(data["start"], data["days"], weekdays, members)


def usual(team: Sequence[Membership], advice: Advice | None = None) -> dict[str, Any]:
    """A first choice: today, ten working days, up to five members with three hours each, or as the playbook says."""
    preset = advice.payload.preset if advice else Preset()
    hours = {f"hours_{each.user_id}": f"{preset.hours or HOURS_PER_PERSON:g}" for each in _workers(team)}
    return {
        "start": timezone.localdate(),
        "days": preset.days or SPRINT_DAYS,
        "weekdays": list(preset.weekdays or USUAL_WEEKDAYS),
        "order": bool(advice and advice.has_order),
    } | hours


def _order_words(preset: Preset) -> str:
    said = []
    if preset.first:
        said.append(f"{len(preset.first)} taken in first")
    if preset.later:
        said.append(f"{len(preset.later)} left for later unless another one needs them")
    return f"Of its controls, {' and '.join(said)}."


def _workers(team: Sequence[Membership]) -> list[Membership]:
    """Who does the work: those who may change things, up to five; in a company of viewers nobody is left out."""
    writing = [each for each in team if each.role != "viewer"]
    return list(writing or team)[:TEAM]


def chosen(sprint: Sprint, people: Sequence[SprintPerson], *, in_order: bool = False) -> dict[str, Any]:
    """What a running sprint was planned with."""
    hours = {f"hours_{person.user_id}": f"{person.hours:g}" for person in people}
    first = {"start": sprint.start, "days": sprint.days, "weekdays": sprint.weekdays}
    return first | ({"order": "on"} if in_order else {}) | hours


class TaskForm(forms.Form):
    """The version of the task that the person saw, and one of: a new state, a new owner with a day."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    to = forms.ChoiceField(choices=[(state.value, state.words) for state in TaskState], required=False)
    owner = forms.CharField(required=False)
    due = forms.DateField(required=False)

    def clean_due(self) -> date | None:
        due: date | None = self.cleaned_data["due"]
        if due is not None and abs(due - timezone.localdate()) > FARTHEST:
            raise forms.ValidationError("Choose a day within a year from today.")
        return due


class GitHubPlace(forms.Form):
    """A repository."""

    place = forms.CharField(label="Repository", max_length=140, help_text="Owner and name, such as acme/security.")

    def clean_place(self) -> str:
        place = str(self.cleaned_data["place"]).strip()
        if not github.REPOSITORY.fullmatch(place):
            raise forms.ValidationError("Enter owner and name with one slash between them, such as acme/security.")
        return place


class GitHubForm(GitHubPlace):
    """A repository, and a token that is used once."""

    token = forms.CharField(
        label="Token",
        max_length=300,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="A fine-grained token for this repository alone, with Issues: read and write. It is used for this "
        "push and not stored.",
    )


class JiraPlace(forms.Form):
    """A project of a Jira Cloud site."""

    site = forms.CharField(label="Site", max_length=120, help_text="Such as https://acme.atlassian.net.")
    project = forms.CharField(label="Project key", max_length=10, help_text="Such as SEC.")
    kind = forms.CharField(label="Issue type", max_length=60, initial="Task")

    def clean_site(self) -> str:
        site = str(self.cleaned_data["site"]).strip().rstrip("/").lower()
        site = site if "://" in site else f"https://{site}"
        if not jira.SITE.fullmatch(site):
            raise forms.ValidationError("Enter the address of a Jira Cloud site, such as https://acme.atlassian.net.")
        return site

    def clean_project(self) -> str:
        project = str(self.cleaned_data["project"]).strip().upper()
        if not jira.PROJECT.fullmatch(project):
            raise forms.ValidationError("A project key has 2 to 10 letters and digits, such as SEC.")
        return project


class JiraForm(JiraPlace):
    """A project, and an API token that is used once."""

    email = forms.EmailField(label="Your Atlassian e-mail", max_length=200)
    token = forms.CharField(
        label="API token",
        max_length=400,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Made in your Atlassian account. It is used for this push and not stored.",
    )
