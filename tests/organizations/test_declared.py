"""Lists for every connector are checked line by line, and "none" is not the same as nothing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from ztassess.connectors.contract import Declared, ResourceException
from ztassess.organizations.forms_declared import DECLARED, KEPT, FactSheetForm
from ztassess.organizations.models import FactSheet
from ztassess.organizations.selectors import declared_from, organization_declared

SOON = (timezone.now().date() + timedelta(days=30)).isoformat()


def form(**lists: str) -> FactSheetForm:
    return FactSheetForm({"version": "1", **lists})


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("aliases", "anna-k", "is not name = address"),
        ("aliases", "anna-k = anna", "is not name = address"),
        ("aliases", "= anna@x.io", "is not name = address"),
        ("people", "anna@x.io\nNone", "“none” stands alone"),
    ],
)
def test_a_line_that_says_something_else_is_named(name, text, words):
    given = form(**{name: text})
    assert not given.is_valid()
    assert words in given.errors[name][0]


def test_every_list_reaches_the_connectors(client, owner, organization, in_scope):
    client.force_login(owner)
    line = f"sync@x.io | {SOON} | ends with the migration | aws.no_access_keys"
    FactSheet.objects.update(declared={"exceptions": [line]})
    lists = {
        "people": "anna@x.io\nben@x.io",
        "leavers": "none",
        "aliases": "Anna-K = Anna@x.io",
        "break_glass": "glass-1",
        "tools": "grafana.x.io",
        "sensitive_tools": "grafana.x.io",
        "internal_hosts": "admin.x.io",
        "approved_apps": "calendar",
        "exceptions": line,
    }
    assert set(lists) == {*DECLARED, KEPT}
    sheet = FactSheet.objects.get()
    page = client.post(f"/o/{organization.slug}/settings/", {"version": sheet.version, **lists})
    assert page.status_code == 302
    assert organization_declared(organization) == Declared(
        people=("anna@x.io", "ben@x.io"),
        leavers=(),
        aliases=(("anna-k", "anna@x.io"),),
        break_glass=("glass-1",),
        tools=("grafana.x.io",),
        sensitive_tools=("grafana.x.io",),
        internal_hosts=("admin.x.io",),
        approved_apps=("calendar",),
        exceptions=(
            ResourceException("sync@x.io", "ends with the migration", date.fromisoformat(SOON), "aws.no_access_keys"),
        ),
    )
    shown = client.get(f"/o/{organization.slug}/settings/").content.decode()
    for text in ("Anna-K = Anna@x.io", "glass-1", "aws.no_access_keys"):
        assert text in shown


def test_lines_of_exceptions_stay_or_go_and_none_comes_new(client, owner, organization, in_scope):
    client.force_login(owner)
    settings = f"/o/{organization.slug}/settings/"
    assert "Exceptions written here before" not in client.get(settings).content.decode()
    old = [f"{name}@x.io | {SOON} | ends with the migration" for name in ("sync", "mail")]
    FactSheet.objects.update(declared={"exceptions": old})
    new = {"version": FactSheet.objects.get().version, "exceptions": f"root | {SOON} | because I say so"}
    refused = client.post(settings, new)
    assert refused.status_code == 400
    assert "Ask for an exception at its control" in refused.content.decode()
    assert client.post(settings, new | {"exceptions": old[1]}).status_code == 302
    assert FactSheet.objects.get().declared == {"exceptions": [old[1]]}
    assert [each.object for each in organization_declared(organization).exceptions] == ["mail@x.io"]


def test_a_list_that_nobody_wrote_is_unknown():
    assert declared_from({}) == Declared()
    assert declared_from({"people": ["none"]}).people == ()
