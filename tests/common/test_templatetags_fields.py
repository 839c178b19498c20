"""How a form field meets the design: label, class, help and error belong together."""

from __future__ import annotations

import pytest
from django import forms
from django.template import engines

from ztassess.common.templatetags import fields


class Sample(forms.Form):
    name = forms.CharField(help_text="As people call it", widget=forms.TextInput(attrs={"placeholder": "Name"}))
    host = forms.CharField(
        required=False, widget=forms.TextInput(attrs={"placeholder": "db.internal", "class": "mono"})
    )
    code = forms.CharField(widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}))
    agree = forms.BooleanField()
    region = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    key = forms.CharField(widget=forms.HiddenInput)
    export = forms.FileField()


def render(name: str, form: forms.Form) -> str:
    return engines["django"].from_string('{% include "components/_field.html" %}').render({"field": form[name]})


@pytest.mark.parametrize(
    ("name", "expected"), [("name", "input"), ("agree", "check"), ("region", "choices"), ("export", "file")]
)
def test_shapes(name, expected):
    assert fields.shape(Sample()[name]) == expected


def test_a_placeholder_that_repeats_the_label_is_dropped_and_a_telling_one_stays():
    assert "placeholder" not in fields.control(Sample()["name"])
    html = fields.control(Sample()["host"])
    assert 'placeholder="db.internal"' in html
    assert 'class="mono input"' in html


def test_one_time_codes_are_set_in_their_own_type():
    assert 'class="input code-entry"' in fields.control(Sample()["code"])


def test_help_and_error_are_tied_to_the_field():
    html = render("name", Sample({}))
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_helptext"' in html
    assert 'id="id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert "This field is required." in html


def test_optional_fields_say_so():
    assert "optional" in render("host", Sample())
    assert "optional" not in render("name", Sample())


def test_a_group_of_choices_is_a_fieldset_with_a_legend():
    html = render("region", Sample())
    assert "<legend>Region</legend>" in html
    assert html.count('type="radio"') == 2


def test_a_hidden_field_is_only_its_input():
    assert render("key", Sample()).strip() == '<input type="hidden" name="key" id="id_key">'
