"""Documents are what their bytes are: good ones of each kind are taken, and everything that lies or acts is refused."""

from __future__ import annotations

import io
import zipfile
import zlib

import pytest

from ztassess.domain.file_kinds import LARGEST, LONGEST_NAME, FileRefused, recognize
from ztassess.domain.office_files import MOST_ENTRIES

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20 + b"IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0" + b"\1" * 30 + b"\xff\xd9"
WEBP = b"RIFF" + (16).to_bytes(4, "little") + b"WEBPVP8 " + b"\0" * 8
PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n%%EOF\n"
MAIN = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/presentation.xml"}


def short(value: object) -> str:
    """An id for a test: names and words, never thousands of bytes."""
    return value[:40] if isinstance(value, str) else ""


def office(suffix: str = "docx", **more: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as document:
        document.writestr("[Content_Types].xml", "<Types/>")
        document.writestr(MAIN[suffix], "<document/>")
        for name, content in more.items():
            document.writestr(name, content)
    return stream.getvalue()


def relationship(kind: str) -> bytes:
    return f'<Relationship Id="a" Type="x/{kind}" Target="https://evil.example" TargetMode="External"/>'.encode()


def pdf_with(stream: bytes, head: bytes = b"<< /Type /ObjStm /Filter /FlateDecode >>") -> bytes:
    return b"%PDF-1.7\n1 0 obj " + head + b"\nstream\n" + stream + b"\nendstream endobj\n%%EOF"


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("policy.pdf", PDF, "application/pdf"),
        ("screen.png", PNG, "image/png"),
        ("photo.JPG", JPEG, "image/jpeg"),
        ("shot.webp", WEBP, "image/webp"),
        ("list.csv", b"name,factor\nanna,key\n", "text/csv"),
        ("notes.md", "Geprüft am 3. März\n".encode(), "text/markdown"),
        ("sshd.log", b"Nov 23 sshd[1]: a < b && c > d\n", "text/plain"),
        ("export.json", b'{"users": []}', "application/json"),
        ("plan.docx", office(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("list.xlsx", office("xlsx"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("linked.docx", office(**{"word/_rels/document.xml.rels": relationship("hyperlink")}), None),
        ("packed.pdf", pdf_with(zlib.compress(b"<< /Type /Font >>")), "application/pdf"),
        ("noise.pdf", pdf_with(b"/JS /JavaScript", b"<< /Subtype /Image >>"), "application/pdf"),
    ],
    ids=short,
)
def test_good_document_of_each_kind_is_taken(name, content, media_type):
    found = recognize(name, content)
    assert found.name == name
    assert media_type in (None, found.media_type)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("policy.pdf", PNG, "its content is a PNG picture"),
        ("screen.png", PDF, "its content is a PDF"),
        ("screen.png", b"<svg onload=alert(1)>", "a web page, a drawing or a script"),
        ("screen.png", PNG + b"<script>alert(1)</script>", "something else"),
        ("photo.jpg", JPEG + b"PK\x03\x04", "something else"),
        ("policy.pdf", PDF + office(), "something else"),
        ("shot.webp", WEBP + b"more", "something else"),
        ("notes.txt", b"<html><body>Hi</body></html>", "a web page, a drawing or a script"),
        ("notes.txt", b"  <!DOCTYPE html>", "a web page, a drawing or a script"),
        ("notes.md", b"Look: <script>alert(1)</script>", "a web page, a drawing or a script"),
        ("notes.txt", b"#!/bin/sh\nrm -rf /", "a web page, a drawing or a script"),
        ("notes.txt", b"MZ\x90\x00", "a program"),
        ("notes.txt", b"a\x00b", "something else"),
        ("notes.txt", b"\xff\xfe\x00", "something else"),
        ("notes.csv", office(), "an archive or an Office document"),
        ("data.json", b"{broken", "plain text"),
        ("data.json", b"[" * 100_000, "plain text"),
        ("plan.docx", PDF, "its content is a PDF"),
        ("plan.docx", b"\xd0\xcf\x11\xe0old", "an old Office document"),
        ("plan.xlsx", office("docx"), "an archive of something else"),
        ("page.html", b"Hello", "of a kind that is not taken"),
        ("drawing.svg", b"<svg/>", "of a kind that is not taken"),
        ("run.sh", b"echo", "of a kind that is not taken"),
        ("all.zip", office(), "of a kind that is not taken"),
        ("plan.docm", office(), "of a kind that is not taken"),
        ("README", b"Hello", "of a kind that is not taken"),
        ("policy.pdf.exe", PDF, "of a kind that is not taken"),
        ("empty.pdf", b"", "is empty"),
        ("large.txt", b"a" * (LARGEST + 1), "is larger than 25 MiB"),
        ("script.pdf", b"%PDF-1.7\n<< /OpenAction << /S /JavaScript >> >>\n%%EOF", "runs something"),
        ("hidden.pdf", b"%PDF-1.7\n<< /S /J#61vaScript >>\n%%EOF", "runs something"),
        ("carrier.pdf", b"%PDF-1.7\n<< /EmbeddedFiles 3 0 R >>\n%%EOF", "carries other files"),
        ("packed.pdf", pdf_with(zlib.compress(b"<< /S /JavaScript /JS (app.alert(1)) >>")), "runs something"),
        ("opaque.pdf", pdf_with(b"not packed"), "runs something"),
        ("macro.docx", office(**{"word/vbaProject.bin": b"x"}), "carries macros or other files"),
        ("embedded.xlsx", office("xlsx", **{"xl/embeddings/a.bin": b"x"}), "carries macros or other files"),
        ("template.docx", office(**{"word/_rels/settings.xml.rels": relationship("attachedTemplate")}), "fetches"),
        ("entity.docx", office(**{"word/_rels/a.xml.rels": b"<!DOCTYPE a [<!ENTITY b 'c'>]>"}), "fetches"),
        ("climbs.docx", office(**{"../../etc/passwd": b"x"}), "outside its own folder"),
        ("bomb.docx", office(**{"word/media/a.png": b"\0" * 8_000_000}), "expands to far more"),
        ("many.docx", office(**{f"word/{n}.xml": b"x" for n in range(MOST_ENTRIES)}), "expands to far more"),
        ("cut.docx", office()[:80], "damaged or protected"),
    ],
    ids=short,
)
def test_what_lies_or_acts_is_refused_in_one_sentence(name, content, words):
    with pytest.raises(FileRefused) as refused:
        recognize(name, content)
    sentence = str(refused.value)
    assert words in sentence
    assert "nothing was kept" in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("..\\..\\evil.pdf", "evil.pdf"),
        ("/etc/policy.pdf", "policy.pdf"),
        ("a\r\nSet-Cookie: b.pdf", "aSet-Cookie: b.pdf"),
        ("x" * 400 + ".pdf", "x" * (LONGEST_NAME - 4) + ".pdf"),
    ],
    ids=short,
)
def test_names_lose_folders_and_what_a_header_could_trip_over(name, kept):
    assert recognize(name, PDF).name == kept
