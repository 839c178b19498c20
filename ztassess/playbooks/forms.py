"""Owns the forms of playbooks: the editor, a file, the choice of clients and parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms

from ztassess.catalog import load_catalog
from ztassess.common.fields import LineField
from ztassess.common.pictures import LARGEST_MIB, PictureRefused, logo_png
from ztassess.domain.controls import GATE_CONTROLS, Control
from ztassess.domain.playbook_reading import (
    MOST_DAYS,
    MOST_HOURS,
    NAME_LENGTH,
    NOTE_LENGTH,
    OPENING_LENGTH,
    PlaybookWrong,
    Written,
    read_playbook,
)
from ztassess.domain.playbooks import WEEKDAYS, Part, Payload
from ztassess.playbooks.files import LARGEST, read_file
from ztassess.playbooks.files import LARGEST_MIB as FILE_MIB
from ztassess.playbooks.selectors import Candidate

FIRST, LATER = "first", "later"
ORDERS = [("", "As computed"), (FIRST, "Take in first"), (LATER, "Leave for later")]
PREFIXES = {"notes": "note", "controls": "weight", "stages": "stage", FIRST: "order", LATER: "order"}


class NewForm(forms.Form):
    """A name for an empty playbook."""

    name = LineField(label="Name", max_length=NAME_LENGTH)


class FileForm(forms.Form):
    """A file that holds a playbook. ``file`` is cleaned to what it holds, and its logo.

    Parameters:
        refusal: why the file did not even arrive.
    """

    file = forms.FileField(
        label="File",
        help_text=f"YAML or JSON as written here, at most {FILE_MIB} MiB.",
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml,.json"}),
    )

    def __init__(self, *args: Any, refusal: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._refusal = refusal

    def clean_file(self) -> tuple[Written, bytes]:
        if self._refusal:
            raise forms.ValidationError(self._refusal)
        upload = self.cleaned_data["file"]
        try:
            return read_file(upload.read(LARGEST + 1))
        except PlaybookWrong as problem:
            raise forms.ValidationError(list(problem.sentences)) from problem


class PlaybookForm(forms.Form):
    """Everything a playbook says: ``note_``, ``weight_`` and ``order_`` of each control, ``stage_`` of each stage.

    Parameters:
        written: what is edited; ``number`` its version.
    """

    use_required_attribute = False

    name = LineField(label="Name", max_length=NAME_LENGTH)
    days = forms.IntegerField(label="Working days of a sprint", required=False, min_value=1, max_value=MOST_DAYS)
    hours = forms.FloatField(
        label="Hours a day of each person",
        required=False,
        min_value=0.5,
        max_value=MOST_HOURS,
        widget=forms.NumberInput(attrs={"step": "0.5"}),
    )
    weekdays = forms.MultipleChoiceField(
        label="Days that are worked on",
        required=False,
        choices=[(day, day.title()) for day in WEEKDAYS],
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: Monday to Friday.",
    )
    opening = forms.CharField(
        label="Opening of reports",
        required=False,
        max_length=OPENING_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=f"A paragraph at the beginning, at most {OPENING_LENGTH:,} characters.",
    )
    brand_name = LineField(label="Name on reports", required=False, help_text="Empty: the name of this organization.")
    accent = forms.CharField(
        label="Accent color",
        required=False,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "off"}),
        help_text="Such as #4540c6, dark enough for words on white paper.",
    )
    footer = LineField(label="Footer line", required=False)
    logo = forms.FileField(
        label="Logo",
        required=False,
        help_text=f"PNG, JPEG or WebP, at most {LARGEST_MIB} MiB. It is written anew: pixels alone are kept.",
        widget=forms.FileInput(attrs={"accept": ".png,.jpg,.jpeg,.webp"}),
    )
    take_away = forms.BooleanField(label="Take the logo away", required=False)
    seen = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, name: str, payload: Payload, number: int, refusal: str = "", **kwargs: Any) -> None:
        kwargs["initial"] = _initial(name, payload, number)
        super().__init__(*args, **kwargs)
        self._refusal, self._catalog = refusal, load_catalog()
        self._written: Written | None = None
        for control in self._catalog.controls:
            self._add(control)
        for stage in self._catalog.stages:
            if not stage.is_track and any(each.in_80_20 for each in self._catalog.of_stage(stage.id)):
                field = forms.IntegerField(
                    label=stage.title, required=False, help_text=f"The catalog says {stage.weight_80_20}."
                )
                self.fields[f"stage_{stage.id}"] = field
        if not payload.branding.logo:
            del self.fields["take_away"]

    def _add(self, control: Control) -> None:
        widget = forms.Textarea(attrs={"rows": 2, "maxlength": NOTE_LENGTH})
        self.fields[f"note_{control.id}"] = forms.CharField(
            label=f"Note on {control.title}", required=False, widget=widget
        )
        if control.id not in GATE_CONTROLS:
            weights = [
                (str(each), f"{each}, as the catalog" if each == control.weight else str(each)) for each in range(1, 6)
            ]
            self.fields[f"weight_{control.id}"] = forms.ChoiceField(
                label=f"Weight of {control.title}", required=False, choices=weights
            )
            self.initial.setdefault(f"weight_{control.id}", str(control.weight))
        if control.in_80_20:
            self.fields[f"order_{control.id}"] = forms.ChoiceField(
                label=f"{control.title} in the plan", required=False, choices=ORDERS
            )

    def groups(self) -> list[dict[str, Any]]:
        """The controls by stage, each with its fields and whether the playbook says something of it."""
        groups = []
        for stage in self._catalog.stages:
            rows = [self._row(control) for control in self._catalog.of_stage(stage.id)]
            said = [row for row in rows if row["said"]]
            groups.append({"stage": stage, "rows": rows, "said": len(said), "open": any(row["wrong"] for row in rows)})
        return groups

    def _row(self, control: Control) -> dict[str, Any]:
        names = {kind: f"{kind}_{control.id}" for kind in ("note", "weight", "order")}
        fields = {kind: self[name] if name in self.fields else None for kind, name in names.items()}
        weight = fields["weight"]
        said = any(fields[kind] and fields[kind].value() for kind in ("note", "order")) or (  # type: ignore[union-attr]  # asked
            weight is not None and str(weight.value() or control.weight) != str(control.weight)
        )
        wrong = any(field.errors for field in fields.values() if field)
        return {"control": control, **fields, "said": said, "wrong": wrong}

    @property
    def stages(self) -> list[Any]:
        """The fields of the stages' weights."""
        return [self[name] for name in self.fields if name.startswith("stage_")]

    def clean_logo(self) -> bytes | None:
        upload = self.cleaned_data.get("logo")
        if self._refusal:
            raise forms.ValidationError(self._refusal)
        if not upload:
            return None
        try:
            return logo_png(upload.read(LARGEST_MIB * 1024 * 1024 + 1))
        except PictureRefused as problem:
            raise forms.ValidationError(str(problem)) from problem

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            try:
                self._written = read_playbook(_document(data), self._catalog)
            except PlaybookWrong as wrong:
                for problem in wrong.problems:
                    self.add_error(self._field_of(problem.path), problem.sentence)
        return data

    def _field_of(self, path: tuple[Any, ...]) -> str | None:
        """The field that a place of the document came from; None for the form as a whole."""
        if path == (Part.BRANDING, "name"):
            return "brand_name"
        if len(path) > 2 and path[1] in PREFIXES:  # noqa: PLR2004  part, list, id
            name = f"{PREFIXES[path[1]]}_{path[2]}"
            return name if name in self.fields else None
        return path[-1] if path and path[-1] in self.fields else None

    def payload(self) -> Payload:
        """What was written; call it on a valid form only."""
        assert self._written is not None  # noqa: S101  clean read it
        return self._written.payload

    def new_logo(self) -> bytes | None:
        """The new logo; empty takes it away, None keeps what is there."""
        chosen: bytes | None = self.cleaned_data["logo"]
        return b"" if chosen is None and self.cleaned_data.get("take_away") else chosen


def _initial(name: str, payload: Payload, number: int) -> dict[str, Any]:
    preset, brand, weights = payload.preset, payload.branding, payload.weights
    return {
        "name": name,
        "seen": number,
        "days": preset.days,
        "hours": preset.hours,
        "weekdays": [WEEKDAYS[day] for day in preset.weekdays],
        "opening": payload.wording.opening,
        "brand_name": brand.name,
        "accent": brand.accent,
        "footer": brand.footer,
        **{f"note_{control}": note for control, note in payload.wording.notes.items()},
        **{f"weight_{control}": str(weight) for control, weight in weights.controls.items()},
        **{
            f"stage_{stage.id}": weights.stages.get(stage.id, 0) if weights.stages else stage.weight_80_20
            for stage in load_catalog().stages
        },
        **{f"order_{control}": FIRST for control in preset.first},
        **{f"order_{control}": LATER for control in preset.later},
    }


def _document(data: Mapping[str, Any]) -> dict[str, Any]:
    """What was entered as the document that a file would hold."""

    def of(kind: str) -> dict[str, Any]:
        start = f"{kind}_"
        return {name.removeprefix(start): value for name, value in data.items() if name.startswith(start) and value}

    order = of("order")
    stages = {name.removeprefix("stage_"): value for name, value in data.items() if name.startswith("stage_")}
    return {
        "name": data["name"],
        "preset": {
            "days": data["days"],
            "hours": data["hours"],
            "weekdays": data["weekdays"],
            **{wanted: [name for name, value in order.items() if value == wanted] for wanted in (FIRST, LATER)},
        },
        "wording": {"opening": data["opening"], "notes": of("note")},
        "weights": {
            "controls": {name: int(value) for name, value in of("weight").items()},
            "stages": {name: value for name, value in stages.items() if value is not None},
        },
        "branding": {"name": data["brand_name"], "accent": data["accent"], "footer": data["footer"]},
    }


class ApplyForm(forms.Form):
    """Which parts go to which clients.

    Parameters:
        parts: those that the version says something in; candidates: the person's organizations.
    """

    parts = forms.MultipleChoiceField(
        label="Parts", widget=forms.CheckboxSelectMultiple, error_messages={"required": "Choose at least one part."}
    )
    clients = forms.TypedMultipleChoiceField(
        label="Clients",
        coerce=UUID,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one client."},
    )

    def __init__(self, *args: Any, parts: Sequence[Part], candidates: Sequence[Candidate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parts"].choices = [(str(part), part.words) for part in parts]  # type: ignore[attr-defined]  # a choice field
        self.fields["clients"].choices = [  # type: ignore[attr-defined]  # a choice field
            (str(each.organization.id), each.organization.name) for each in candidates
        ]

    def chosen(self) -> tuple[list[Part], list[UUID]]:
        """Parts and ids of clients; call it on a valid form only."""
        return [Part(part) for part in self.cleaned_data["parts"]], self.cleaned_data["clients"]
