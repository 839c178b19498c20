"""A playbook as somebody wrote it: what is taken, and one clear sentence for each thing that is not."""

from __future__ import annotations

import pytest

from ztassess.catalog import load_catalog
from ztassess.domain.playbook_reading import PlaybookWrong, read_playbook
from ztassess.domain.playbook_words import differences, told
from ztassess.domain.playbooks import Part, Payload, payload_from, payload_json

CATALOG = load_catalog()
WHOLE = {
    "playbook": 1,
    "name": "Series\u202e A",
    "preset": {
        "days": 8,
        "weekdays": ["thu", "mon"],
        "hours": 4.5,
        "first": ["mfa.admins"],
        "later": ["mfa.all-humans"],
    },
    "wording": {"opening": "Dear\r\nreader", "notes": {"mfa.admins": "Begin here."}},
    "weights": {"controls": {"mfa.admins": 1}, "stages": {"identity": 40, "mfa": 15}},
    "branding": {"name": "Northgate", "accent": "#003366", "footer": "Confi\u2066dential"},
}


def test_whole_playbook_is_read_stored_and_told():
    written = read_playbook(WHOLE, CATALOG)
    payload = written.payload
    assert (written.name, payload.branding.footer) == ("Series A", "Confidential")
    assert payload.parts == tuple(Part)
    assert payload.preset.weekdays == (0, 3)
    assert payload.wording.opening == "Dear\nreader"
    assert payload.weights.stages == {"identity": 40, "mfa": 15, "proxy": 20, "least-privilege": 25}
    assert payload_from(payload_json(payload)) == payload
    said = {line.about: (line.says, line.usual) for line in told(payload, CATALOG)}
    assert said["Stage Identity"] == ("40 of 100", "30 of 100")
    assert said["Days that are worked on"] == ("Mon and Thu", "Mon to Fri")
    assert payload.only([Part.WORDING]).parts == (Part.WORDING,)


def test_name_alone_is_a_playbook_that_says_nothing():
    payload = read_playbook({"name": "Empty"}, CATALOG).payload
    assert payload == Payload()
    assert payload_json(payload) == {}
    assert not told(payload, CATALOG)


def test_differences_tell_what_is_new_other_and_gone():
    before = read_playbook(WHOLE, CATALOG).payload
    other = {**WHOLE, "weights": {"controls": {"mfa.admins": 2}}, "branding": {}}
    found = {
        each.about: (each.before, each.after)
        for each in differences(before, read_playbook(other, CATALOG).payload, CATALOG)
    }
    assert found[f"Weights: {CATALOG.control('mfa.admins').title}"] == ("1 of 5", "2 of 5")
    assert found["Report branding: Footer"] == ("Confidential", "")
    assert not differences(before, before, CATALOG)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "A playbook needs a name."),
        ({"name": 7}, "name is text, not 7"),
        ({"weight": {}}, '"weight" is not known here, perhaps weights is meant.'),
        ({"playbook": 2}, "The number of the format is 1, not 2."),
        ({"preset": []}, "preset holds names with values, not a list."),
        ({"preset": {"days": 0}}, "days is a whole number from 1 to 60, not 0."),
        ({"preset": {"days": True}}, "days is a whole number from 1 to 60, not true."),
        ({"preset": {"hours": "nan"}}, "hours is a number from 0.5 to 16"),
        ({"preset": {"hours": float("nan")}}, "hours is a number from 0.5 to 16"),
        ({"preset": {"weekdays": ["monday"]}}, '"monday" is no weekday'),
        ({"preset": {"first": ["mfa.admin"]}}, 'There is no control "mfa.admin", perhaps mfa.admins is meant.'),
        ({"preset": {"first": ["mfa.admins"], "later": ["mfa.admins"]}}, "cannot be taken in first and left for later"),
        ({"preset": {"first": ["perimeter.tls"]}}, "There is no control"),
        ({"wording": {"notes": {"mfa.admins": "x" * 601}}}, "has 601 characters, and at most 600 are kept."),
        ({"wording": {"notes": {"nothing": "x"}}}, 'There is no control "nothing".'),
        ({"wording": {"notes": {"mfa.admins": 5}}}, "The note of mfa.admins is text, not 5."),
        (
            {"weights": {"controls": {"mfa.admins": 6}}},
            "The weight of mfa.admins is a whole number from 1 to 5, not 6.",
        ),
        ({"weights": {"controls": {"mfa.admins": 2.5}}}, "not 2.5."),
        ({"weights": {"controls": {"identity.single-idp": 1}}}, "is part of the identity gate, and its weight stays"),
        ({"weights": {"stages": {"identity": 40}}}, "add up to 100; these are 40 + 25 + 20 + 25 = 110."),
        ({"weights": {"stages": {"perimeter": 10}}}, "is a track, and tracks never enter the 80/20"),
        ({"weights": {"stages": {"mesh": 10}}}, "has no control in the 80/20, so its weight stays 0."),
        ({"weights": {"stages": {"idenity": 30}}}, 'There is no stage "idenity", perhaps identity is meant.'),
        ({"branding": {"accent": "#ffee00"}}, "Choose a darker color."),
        ({"branding": {"accent": "red"}}, "six hexadecimal digits"),
        ({"branding": {"logo": 5}}, "logo is the picture as base64 text, not a number."),
    ],
)
def test_wrong_playbook_is_refused_with_a_sentence(changes, sentence):
    with pytest.raises(PlaybookWrong) as refused:
        read_playbook({**WHOLE, **changes}, CATALOG)
    assert sentence in " ".join(refused.value.sentences)


def test_every_problem_is_told_and_the_rest_counted():
    notes = {f"wrong.{number}": "x" for number in range(30)}
    with pytest.raises(PlaybookWrong) as refused:
        read_playbook({"name": "x", "wording": {"notes": notes}}, CATALOG)
    assert len(refused.value.problems) == 30
    assert refused.value.sentences[-1] == "There are 10 more problems."


@pytest.mark.parametrize("data", [None, [], "text", 5])
def test_something_else_than_a_playbook_is_refused(data):
    with pytest.raises(PlaybookWrong):
        read_playbook(data, CATALOG)
