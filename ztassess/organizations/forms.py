"""Owns the seven questions of onboarding, the same facts on one settings page, and the forms about members."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from ztassess.common.fields import LineField
from ztassess.domain.facts import FACT_NAMES
from ztassess.organizations.roles import Role, grantable

YES_NO = [("yes", "Yes"), ("no", "No"), ("", "I do not know")]
NONE, UNKNOWN = "none", "unknown"
MOST = 100_000


class YesNo(forms.ChoiceField):
    """Yes, no, or nobody knows yet."""

    def __init__(self, label: str, help_text: str = "") -> None:
        super().__init__(choices=YES_NO, label=label, help_text=help_text, required=False, widget=forms.RadioSelect)


class Number(forms.IntegerField):
    """How many; empty means nobody knows yet."""

    def __init__(self, label: str, help_text: str = "") -> None:
        super().__init__(label=label, help_text=help_text, required=False, min_value=0, max_value=MOST)
        self.widget.attrs["inputmode"] = "numeric"


class Systems(forms.MultipleChoiceField):
    """Which systems are in use; "none" is an answer, and so is "I do not know"."""

    def __init__(self, label: str, choices: list[tuple[str, str, str]], none: str) -> None:
        self.descriptions = {value: text for value, _, text in choices} | {
            NONE: none,
            UNKNOWN: "Fine. It becomes a task to find out",
        }
        named = [(value, title) for value, title, _ in choices]
        super().__init__(
            choices=[*named, (NONE, "None"), (UNKNOWN, "I do not know")],
            label=label,
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )

    def clean(self, value: Any) -> list[str]:
        chosen: list[str] = super().clean(value)
        if len(chosen) > 1 and (NONE in chosen or UNKNOWN in chosen):
            raise forms.ValidationError(
                "“None” and “I do not know” stand alone. Choose the systems, or one of these two."
            )
        return chosen


class FactForm(forms.Form):
    """Base of a step: fields are named after facts, so that one rule turns them into values."""

    title: ClassVar[str] = ""
    lead: ClassVar[str] = ""
    changes: ClassVar[str] = ""

    def facts(self) -> dict[str, Any]:
        """Fact values by name, of the fields this form has; unknown ones are left out."""
        found: dict[str, Any] = {}
        for name, field in self.fields.items():
            value = self.cleaned_data.get(name)
            if name not in FACT_NAMES:
                continue
            if isinstance(field, YesNo):
                value = {"yes": True, "no": False}.get(value or "")
            elif isinstance(field, Systems):
                value = None if not value or value == [UNKNOWN] else [each for each in value if each != NONE]
            if value is not None:
                found[name] = value
        for whole, part in (
            ("has_database", "databases"),
            ("has_ci", "ci"),
            ("has_internal_tools", "n_internal_tools"),
        ):
            if part in found:
                found[whole] = bool(found[part])
        return found

    def answered(self) -> frozenset[str]:
        """The facts this form asks about, directly or through another one."""
        names = {name for name in self.fields if name in FACT_NAMES}
        asked = {"databases": "has_database", "ci": "has_ci", "n_internal_tools": "has_internal_tools"}
        return frozenset(names | {whole for part, whole in asked.items() if part in names})


def shown(values: dict[str, Any]) -> dict[str, Any]:
    """Stored fact values as a form's initial ones."""
    initial: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, bool):
            initial[name] = "yes" if value else "no"
        elif isinstance(value, list):
            initial[name] = value or [NONE]
        else:
            initial[name] = value
    return initial


class CompanyStep(FactForm):
    """Who asks, about whom."""

    title = "Who are you, and how many people work there?"
    lead = "The head-count decides what counts as everyone. Contractors are people too."
    changes = "“9 of 11 people” needs the 11. Without it, coverage is shown without a denominator."

    perspective = forms.ChoiceField(
        label="You are",
        choices=[("founder", "Founder or part of the team"), ("consultant", "Consultant adding a client")],
        initial="founder",
        widget=forms.RadioSelect,
    )
    company = LineField(label="Company", max_length=120)
    n_people = Number("People, contractors included")

    def clean_company(self) -> str:
        name: str = self.cleaned_data["company"]
        if not any(letter.isalnum() for letter in name):
            raise forms.ValidationError("The name needs at least one letter or digit.")
        return name


class IdentityStep(FactForm):
    """Where accounts live."""

    title = "Where do your people have their accounts?"
    lead = "Choose every directory that decides who someone is. Two are common, and worth knowing."
    changes = "Fix steps are written for what you choose, and its connector comes first."

    identity_providers = Systems(
        "Identity providers",
        [
            ("google_workspace", "Google Workspace", "Mail and sign-in with Google"),
            ("entra", "Microsoft Entra", "Microsoft 365 accounts"),
            ("okta", "Okta", "Okta for employees"),
            ("auth0", "Auth0", "Also used for your own people"),
            ("keycloak", "Keycloak", "Self-hosted"),
            ("jumpcloud", "JumpCloud", "Directory and devices"),
        ],
        "Each tool has its own password",
    )


class CloudStep(FactForm):
    """Where things run."""

    title = "Where does your product run?"
    lead = "Every cloud account with production or customer data."
    changes = "Cloud roles, keys and firewalls are judged there, and their fix steps are written for it."

    clouds = Systems(
        "Clouds",
        [
            ("aws", "AWS", "One account or several"),
            ("google_cloud", "Google Cloud", "Projects with production in them"),
            ("azure", "Azure", "Subscriptions with production in them"),
        ],
        "Own servers, or a platform that hides the cloud",
    )


class NetworkStep(FactForm):
    """What network location still grants."""

    title = "What opens when somebody is on your network?"
    lead = "A VPN or a private network that grants access by location is what the proxy stage replaces."
    changes = (
        "Without internal tools, VPN or private network, the proxy stage does not apply and its weight goes elsewhere."
    )

    has_vpn = YesNo("Is there a VPN?")
    has_private_network = YesNo("Is there a private network with services in it?")
    n_internal_tools = Number(
        "Internal tools", "Admin panels, dashboards, wikis, queues: what only your people should open."
    )


class DatabaseStep(FactForm):
    """Where the data is."""

    title = "Where is your customers’ data?"
    lead = "The databases your services write to."
    changes = "One database user per service, and grants that fit, are the least-privilege half that IAM does not see."

    databases = Systems(
        "Databases",
        [
            ("postgres", "PostgreSQL", "Managed ones too"),
            ("mysql", "MySQL or MariaDB", "Managed ones too"),
            ("mongodb", "MongoDB", "Atlas too"),
            ("dynamodb", "DynamoDB", "Judged through IAM"),
        ],
        "No database of your own",
    )


class ServiceStep(FactForm):
    """Whether a mesh can be worth it."""

    title = "How many services call each other?"
    lead = "A mesh is worth its cost only when the services justify it. These numbers decide, by a rule that is shown."
    changes = (
        "Below about five services, signed tokens and least privilege do the job, and the mesh stage does not apply."
    )

    n_services = Number("Separately deployed services")
    n_languages = Number("Programming languages they are written in")
    n_sensitive_paths = Number(
        "Calls that carry payments or personal data", "From one service to another, or to a store."
    )
    n_trust_zones = Number("Zones that should not trust each other", "Networks, accounts or clusters. One is common.")
    uses_kubernetes = YesNo("Do they run on Kubernetes?")
    n_platform_people = Number("People who could be on call for a mesh")
    mtls_mandate = YesNo("Does a customer or regulator demand mutual TLS?")


class PipelineStep(FactForm):
    """What deploys."""

    title = "What builds and deploys?"
    lead = "A pipeline with standing rights is the account attackers like best."
    changes = "Its tokens and roles are judged like a person’s."

    ci = Systems(
        "Pipelines",
        [
            ("github", "GitHub Actions", "With or without OIDC"),
            ("gitlab", "GitLab CI", "Hosted or your own"),
            ("jenkins", "Jenkins", "Your own"),
        ],
        "Deploys are made by hand",
    )


STEPS: tuple[type[FactForm], ...] = (
    CompanyStep,
    IdentityStep,
    CloudStep,
    NetworkStep,
    DatabaseStep,
    ServiceStep,
    PipelineStep,
)


class InviteForm(forms.Form):
    """Whom to invite, as what. The choices are the roles the inviter may give."""

    email = forms.EmailField(label="E-mail address")
    role = forms.ChoiceField(label="Role")

    def __init__(self, inviter: Role, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)  # noqa: S101  declared above
        role.choices = [(each.value, each.value.title()) for each in grantable(inviter)]
        role.initial = Role.EDITOR.value


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(choices=[(role.value, role.value.title()) for role in Role])
