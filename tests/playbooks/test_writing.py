"""A firm writes its playbook: in the editor, from a file, in versions that nobody changes any more."""

from __future__ import annotations

import io
import json

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tests.conftest import member, proven
from tests.playbooks.conftest import document
from ztassess.common.models import organization_scope
from ztassess.domain.playbook_reading import PlaybookWrong
from ztassess.exchange.table import TRAVELS
from ztassess.organizations.roles import Role
from ztassess.playbooks.files import playbook_file, read_file
from ztassess.playbooks.models import Playbook, PlaybookVersion


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 10), "navy").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def home(firm):
    return f"/o/{firm.slug}/playbooks/"


def fields_of(form, **changes):
    """What the browser would post of the form as it is shown, with changes."""
    shown = {name: form[name].value() for name in form.fields if name not in ("logo", "take_away")}
    return {name: value for name, value in (shown | changes).items() if value not in (None, "")}


def test_editor_saves_versions_and_refuses_what_somebody_overtook(firm, playbook, home, as_cora, cora):
    path = f"{home}{playbook.id}/"
    form = as_cora.get(path).context["form"]
    posted = fields_of(form, **{"note_mfa.all-humans": "Everybody.", "weight_mfa.admins": "2"})
    posted["logo"] = SimpleUploadedFile("logo.png", picture())
    assert as_cora.post(path, posted).status_code == 302
    with organization_scope(firm):
        newest, first = PlaybookVersion.objects.filter(playbook=playbook)
        assert (newest.number, newest.by) == (2, cora)
        assert newest.payload["wording"]["notes"]["mfa.all-humans"] == "Everybody."
        assert newest.payload["weights"]["controls"] == {"mfa.admins": 2}
        assert bytes(newest.logo).startswith(b"\x89PNG")
        assert first.payload["weights"]["controls"] == {"mfa.admins": 1}
    refused = as_cora.post(path, fields_of(form, footer="Other"))
    assert refused.status_code == 409
    assert "Version 2 was saved since you opened version 1" in refused.content.decode()
    same = as_cora.post(path, fields_of(as_cora.get(path).context["form"]), follow=True)
    assert "no version was made" in same.content.decode()
    page = as_cora.get(f"{path}versions/2/").content.decode()
    assert "What it changed against version 1" in page
    assert "Everybody." in page
    taken = as_cora.post(path, fields_of(as_cora.get(path).context["form"], take_away="on"), follow=True)
    assert "Version 3 is saved" in taken.content.decode()
    with organization_scope(firm):
        assert not PlaybookVersion.objects.get(playbook=playbook, number=3).logo


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"stage_identity": "60"}, "stage", "add up to 100"),
        ({"accent": "#ffee00"}, "accent", "Choose a darker color"),
        ({"note_mfa.admins": "x" * 601}, "note_mfa.admins", "601 characters"),
        ({"days": "0"}, "days", "greater than or equal to 1"),
        ({"name": " "}, "name", "required"),
    ],
)
def test_editor_says_beside_the_field_what_is_wrong(playbook, home, as_cora, changes, field, sentence):
    path = f"{home}{playbook.id}/"
    answer = as_cora.post(path, fields_of(as_cora.get(path).context["form"], **changes))
    assert answer.status_code == 400
    errors = answer.context["form"].errors
    assert answer.content.count(b" autofocus") == 1, "the focus goes to what is wrong"
    assert sentence in str(errors.get(field, errors.get("__all__")))
    assert answer.context["version"].number == 1


@pytest.mark.parametrize("as_json", [False, True])
def test_file_comes_back_as_the_same_playbook(firm, playbook, home, as_cora, as_json):
    path = f"{home}{playbook.id}/"
    logo = SimpleUploadedFile("logo.png", picture())
    as_cora.post(path, {**fields_of(as_cora.get(path).context["form"]), "logo": logo, "footer": "“Ünïcode” 🚀"})
    with organization_scope(firm):
        newest = PlaybookVersion.objects.get(playbook=playbook, number=2)
    answer = as_cora.get(f"{path}versions/2/file/" + ("?as=json" if as_json else ""))
    assert answer.content == playbook_file(newest, as_json=as_json)
    assert "series-a-2." in answer["Content-Disposition"]
    written, png = read_file(answer.content)
    assert written.name == "Series A"
    assert png == bytes(newest.logo)
    again = as_cora.post(f"{path}file/", {"file": SimpleUploadedFile("p", answer.content)}, follow=True)
    assert "no version was made" in again.content.decode()
    copied = answer.content.replace(b"Series A", b"Series B")
    made = as_cora.post(home, {"from_file": "1", "file": SimpleUploadedFile("p", copied)}, follow=True)
    assert "The playbook Series B is made" in made.content.decode()
    doubled = as_cora.post(home, {"from_file": "1", "file": SimpleUploadedFile("p", copied)})
    assert "There is a playbook Series B already" in doubled.content.decode()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"name: x\nweights:\n  controls:\n    mfa.admins: 9\n", "Line 4: The weight of mfa.admins"),
        (b"name: x\npreset:\n  first:\n  - mfa.admins\n  - mfa.admin\n", "Line 5: There is no control"),
        (b'{\n\t"name": "x",\n\t"presets": {}\n}', 'Line 3: "presets" is not known here'),
        (b"name: x\nname: y\n", "Line 2: name stands twice"),
        (b"name: x\nwording: {\n", "is not valid YAML or JSON"),
        (b"name: &a x\nwording:\n  opening: *a\n", "Line 3: References"),
        (b"name: !!python/object/apply:os.system [true]\n", "Line 1: name is text, not a list"),
        (b"name: !!python/name:os.system x\n", "Line 1: The file is not valid YAML"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"name: x\nbranding:\n  logo: '***'\n", "Line 3: The logo is no base64 text."),
        (b"name: x\nbranding:\n  logo: aGVsbG8=\n", "Line 3: This is no PNG, JPEG or WebP picture"),
        (b"[" * 50, "far more than a playbook"),
        (b"a: [" + b"1," * 6000 + b"]", "far more than a playbook"),
        (b"", "A playbook holds"),
        (b" " * (2 * 1024 * 1024 + 1), "larger than 2 MiB"),
        (b"name: x\n? [a, b]\n: c\n", "Line 2: A name is short text."),
        (b'{"name": "\\ud83d"}\n{"name": 1}', "is not valid YAML or JSON"),
    ],
)
def test_file_that_is_no_playbook_is_refused_with_its_line(content, sentence):
    with pytest.raises(PlaybookWrong) as refused:
        read_file(content)
    assert sentence in " ".join(refused.value.sentences)


def test_json_with_letters_beyond_the_first_plane_and_tabs():
    told = document(wording={"opening": "🚀"})
    written, _ = read_file(json.dumps(told, indent="\t").encode())
    assert written.payload.wording.opening == "🚀"
    assert read_file(yaml.safe_dump(told).encode())[0].payload == written.payload


def test_viewers_see_no_playbooks_and_a_removed_one_is_gone(firm, playbook, home, as_cora, client):
    path = f"{home}{playbook.id}/"
    assert "Series A" in as_cora.get(home).content.decode()
    assert "Remove Series A" in as_cora.get(f"{path}remove/").content.decode()
    viewer = member(firm, Role.VIEWER, "vic@firm.example", "Vic Viewer")
    assert proven(type(client)(), viewer).get(home).status_code == 403
    assert "Clients keep" in as_cora.post(f"{path}remove/", follow=True).content.decode()
    assert as_cora.get(path).status_code == 404
    with organization_scope(firm):
        assert Playbook.objects.get().removed_at is not None
    assert as_cora.post(home, {"name": "Series A"}).status_code == 302


@pytest.mark.parametrize(
    ("payload", "kept"),
    [
        ({"weights": {"controls": {"mfa.admins": 1}}, "branding": {"footer": "F", "logo": "ab"}}, True),
        ({"weights": {"controls": {"mfa.admins": "much"}}}, False),
        ({"preset": {"weekdays": [9]}}, False),
        ("text", False),
    ],
)
def test_playbook_that_arrives_in_an_archive_is_read_like_a_file(payload, kept):
    row = {"payload": payload}
    TRAVELS["playbooks.AppliedPlaybook"].arrives(row, None)
    assert row["payload"] == ({"weights": payload["weights"], "branding": {"footer": "F"}} if kept else {})
