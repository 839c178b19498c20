"""Documents by what they must survive: hostile names, any script, any brand; and by what PDF/UA asks for."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
import typst
from PIL import Image
from pypdf import PdfReader

from tests.reports.sample import NOW, report
from ztassess.common.pictures import logo_png
from ztassess.domain.branding import Branding, Paper
from ztassess.reports import documents
from ztassess.reports.documents import KINDS, document, pages, templates
from ztassess.reports.errors import DocumentFailed
from ztassess.reports.glyphs import COVERED, displayable
from ztassess.reports.values import ReportData, as_json

BRAND = Branding("Harbor Security")
HOSTILE = (
    '#panic("pwned") $x^2$ \\ *bold* _it_ <script>alert(1)</script> @label `raw` //c /*c*/ "q" '
    '#read("/etc/passwd") #import "@preview/x:1.0.0": * {{ x }} {% y %} %PDF <label> ]#{ \u202egnp.exe\u202c'
)


def text_of(content: bytes) -> str:
    """All text of a document, spaces made one, break marks of long names taken out."""
    reader = PdfReader(io.BytesIO(content))
    whole = " ".join(page.extract_text() for page in reader.pages).replace("\u200b", "").replace("\u00a0", " ")
    return re.sub(r"\s+", " ", whole)


@pytest.mark.parametrize("kind", KINDS)
def test_document_obeys_pdf_ua_in_what_can_be_read_from_it(kind):
    reader = PdfReader(io.BytesIO(document(kind, report(), BRAND)))
    root, info = reader.trailer["/Root"], reader.metadata
    assert root["/MarkInfo"]["/Marked"] is True or root["/MarkInfo"]["/Marked"]
    assert str(root["/Lang"]).lower().startswith("en")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert "/StructTreeRoot" in root
    assert info.title.endswith("of Acme")
    assert info.author == BRAND.name
    assert b"pdfuaid" in root["/Metadata"].get_data()
    alternatives = [str(each["/Alt"]) for each in structure(root["/StructTreeRoot"]) if "/Alt" in each]
    assert all(each.strip() for each in alternatives)
    if kind != "evidence":
        assert any("Bars of each stage" in each and "40 % proven" in each for each in alternatives)
        assert any("went from 20 % to 40 %" in each for each in alternatives)
    figures = [each for each in structure(root["/StructTreeRoot"]) if each.get("/S") == "/Figure"]
    assert all("/Alt" in each for each in figures)
    heads = [each for each in structure(root["/StructTreeRoot"]) if each.get("/S") == "/TH"]
    assert kind == "summary" or len(heads) > 5


def structure(element):
    """Every structure element below one."""
    yield element
    children = element.get("/K", [])
    for child in children if isinstance(children, list) else [children]:
        child = child.get_object() if hasattr(child, "get_object") else child  # noqa: PLW2901
        if isinstance(child, dict) and ("/S" in child or "/K" in child):
            yield from structure(child)


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_names_are_shown_as_text_and_run_nothing(kind):
    brand = Branding(HOSTILE[:70], footer=HOSTILE[:110])
    content = document(kind, report(HOSTILE), brand)
    text = text_of(content)
    assert '#panic("pwned") $x^2$ \\ *bold*' in text
    assert "<script>alert(1)</script>" in text
    assert "root:x:0" not in text
    assert "[U+202E]gnp.exe" in text, "a name that turns the direction around is unmasked"
    assert b"/JavaScript" not in content
    assert b"/URI" not in content


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Rocket \U0001f680 GmbH", "Rocket [rocket] GmbH"),
        ("日本 KK", "[U+65E5][U+672C] KK"),
        ("Zoë Ångström Łódź Ωmega Жук", "Zoë Ångström Łódź Ωmega Жук"),
        ("a\x00b\x07c", "a[U+0000]b[U+0007]c"),
        ("two\nlines\tand\u2028more", "two lines and more"),
        ("\ud800 half", "[U+D800] half"),
        ("👩‍💻", "[woman][personal computer]"),
        ("e\u0301", "é"),
    ],
)
def test_no_character_vanishes(name, shown):
    assert displayable(name) == shown
    assert shown in text_of(document("summary", replace(report(), organization=name), BRAND))


@pytest.mark.parametrize("name", ["שלום בע״מ", "شركة السلام", "Mixed שלום and English", "नमस्ते", "ไทย", "한국"])
def test_other_scripts_are_set_or_named(name):
    data = replace(report(name), organization=name)
    assert document("client", data, BRAND).startswith(b"%PDF-1.7")


def test_every_covered_character_has_a_glyph():
    """In PDF/UA a character without one is refused, so that typefaces cannot lose one unnoticed."""
    covered = "".join(
        chr(code) for first, last in COVERED for code in range(first, last + 1) if chr(code).isprintable()
    )
    data = {"report": {**as_json(report()), "organization": "Acme"}, "brand": documents._brand(BRAND)}
    for start in range(0, len(covered), 400):
        data["report"]["headline"]["sentences"] = [" ".join(covered[start : start + 400])]
        assert documents._set("client", data, picture=False)


def test_text_that_no_typeface_can_shape_is_set_again_in_ascii(monkeypatch):
    calls = []

    def refusing(files, **options):
        calls.append(files["data.json"])
        if len(calls) == 1:
            raise typst.TypstError("could not be displayed")
        return b"%PDF-1.7"

    monkeypatch.setattr(documents.typst, "compile", refusing)
    assert document("summary", report("Zoë"), BRAND) == b"%PDF-1.7"
    assert b"Zo[U+00EB]" in calls[1]


class PanicException(BaseException):
    """What the library raises where its own code panics."""


def test_a_panic_of_the_library_is_a_failure_and_no_end_of_the_worker(monkeypatch):
    def panicking(*args, **options):
        raise PanicException

    monkeypatch.setattr(documents.typst, "compile", panicking)
    with pytest.raises(DocumentFailed):
        document("summary", report(), BRAND)
    monkeypatch.setattr(documents.typst, "compile", lambda *args, **options: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        document("summary", report(), BRAND)


def test_unknown_kind_is_refused():
    with pytest.raises(DocumentFailed):
        document("../settings", report(), BRAND)


def test_templates_import_nothing_from_elsewhere():
    for path in templates().glob("*.typ"):
        source = path.read_text()
        assert "@preview" not in source
        assert "eval(" not in source
        assert set(re.findall(r'(?:import|include|json|read|image)\s*\(?"([^"]+)"', source)) <= {
            "theme.typ",
            "method.typ",
            "data.json",
        }


def test_same_values_give_the_same_bytes_and_another_moment_does_not():
    one = document("client", report(), BRAND)
    assert one == document("client", report(), BRAND)
    assert one != document("client", replace(report(), prepared_at=NOW.replace(day=24)), BRAND)


@pytest.mark.parametrize(("paper", "size"), [(Paper.A4, (595, 842)), (Paper.LETTER, (612, 792))])
def test_paper_and_logo_are_the_branding(paper, size):
    drawn = io.BytesIO()
    Image.new("RGB", (300, 100), "#0b6e4f").save(drawn, "PNG")
    brand = Branding("Harbor", "#0b6e4f", "Confidential", Paper.A4, logo_png(drawn.getvalue()))
    content = document("client", report(), brand, paper=paper)
    reader = PdfReader(io.BytesIO(content))
    assert tuple(round(float(each)) for each in reader.pages[0].mediabox[2:]) == size
    assert len(reader.pages[0].images) == 1
    assert "Confidential" in text_of(content)
    assert f"Page 2 of {len(reader.pages)}" in text_of(content)


def test_summary_is_one_page_however_much_there_is():
    data = report("A name that is rather long for what it is. " * 12, controls=55, findings=500)
    many = replace(data, contradictions=data.contradictions * 12, first_steps=data.first_steps * 3)
    for paper in Paper:
        assert len(PdfReader(io.BytesIO(document("summary", many, BRAND, paper=paper))).pages) == 1


def test_summary_counts_systems_and_not_what_joins_them():
    coverage = report().coverage
    joined = replace(coverage, connections=(*coverage.connections, replace(coverage.connections[0], joint=True)))
    assert "We read 1 system of the company" in text_of(document("summary", replace(report(), coverage=joined), BRAND))


def test_empty_report_can_be_made_and_says_so():
    data = replace(
        report(findings=0),
        before=None,
        trend=None,
        contradictions=(),
        changes=(),
        first_steps=(),
        exceptions=(),
        radius=None,
        outcomes={},
        coverage=replace(report().coverage, connections=(), gaps=(), states={}),
        plan=replace(report().plan, tasks=(), later=(), first=None, last=None, later_count=0),
    )
    text = text_of(document("client", data, BRAND))
    assert "No claim is contradicted" in text
    assert "No exception is in force" in text
    assert "No system is connected" in text
    for kind in ("summary", "evidence"):
        assert document(kind, data, BRAND)


def test_frozen_json_can_be_set_later():
    frozen = as_json(report())
    assert frozen["format"] == 1
    assert pages("client", frozen, BRAND) == document("client", report(), BRAND)
    assert isinstance(report(), ReportData)
