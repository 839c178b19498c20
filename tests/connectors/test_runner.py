"""The connect form's text becomes values; each mistake is told by field; one reading becomes levels."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from tests.fakes.doors import Building, DoorSnapshot, make_connector
from ztassess.connectors.contract import FieldKind, FormField
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.runner import control_levels, judge, parse_field, parse_form
from ztassess.domain.findings import Unavailable

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (FieldKind.TEXT, "  a b ", "a b"),
        (FieldKind.PORT, "5432", 5432),
        (FieldKind.BOOL, "yes", True),
        (FieldKind.BOOL, "", False),
        (FieldKind.LINES, "a\n b,c\n\na", ("a", "b", "c")),
        (FieldKind.LINES, "", ()),
    ],
)
def test_text_becomes_the_value_of_its_kind(kind, text, value):
    assert parse_field(FormField("f", "Field", kind), text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (FieldKind.PORT, "0"),
        (FieldKind.PORT, "65536"),
        (FieldKind.PORT, "x"),
        (FieldKind.PORT, "-1"),
        (FieldKind.BOOL, "maybe"),
    ],
)
def test_text_that_does_not_fit_names_the_field(kind, text):
    with pytest.raises(InputInvalid, match=r"^Field "):
        parse_field(FormField("f", "Field", kind), text)


@pytest.mark.parametrize("kind", [FieldKind.CHOICE, FieldKind.MULTICHOICE])
def test_unknown_choice_is_named_with_what_is_taken(kind):
    field = FormField("f", "Region", kind, choices=(("eu", "Europe"), ("us", "America")))
    with pytest.raises(InputInvalid, match=r"Region does not know mars; it takes eu, us"):
        parse_field(field, "mars")


def test_missing_fields_are_all_told_at_once():
    _, problems = parse_form(make_connector(Building()), {}, {})
    assert problems == {"address": "Address is needed.", "key": "Key is needed."}


def test_upload_needs_no_target_and_still_refuses_what_is_wrong():
    connector = make_connector(Building())
    assert parse_form(connector, {}, {}, for_upload=True)[1] == {}
    port = FormField("port", "Port", FieldKind.PORT, required=True)
    odd = SimpleNamespace(fields=(port,), validate=None)
    assert parse_form(odd, {}, {}, for_upload=True) == ({"port": None}, {})
    assert "Port is a number" in parse_form(odd, {"port": "x"}, {}, for_upload=True)[1]["port"]


def levels(doors):
    connector = make_connector(Building())
    return control_levels(connector, judge(connector, DoorSnapshot(NOW, doors)))


@pytest.mark.parametrize(
    ("doors", "level", "most"),
    [
        ((("front", True),), 2, 2),
        ((("front", False),), 0, 2),
        ((), None, None),
        (Unavailable("missing_scope", "doors:read"), None, None),
    ],
)
def test_one_reading_becomes_levels(doors, level, most):
    (found,) = levels(doors)
    assert (found.control, found.level, found.max_level) == ("identity.inventory", level, most)
    assert found.checks == ("doors.all_locked",)
