"""Logos by a table of what strangers hand in; what is taken is written anew."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from ztassess.common.pictures import KEPT_AS, LARGEST, PictureRefused, logo_png


def picture(kind: str, size: tuple[int, int] = (300, 100), **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#0b6e4f").save(out, kind, **options)
    return out.getvalue()


def animated(kind: str) -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), color) for color in ("red", "blue")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    return out.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims any size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def noted() -> bytes:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "<script>alert(1)</script>", zip=False)
    return picture("PNG", pnginfo=notes)


@pytest.mark.parametrize("content", [picture("PNG"), picture("JPEG"), picture("WEBP"), noted()])
def test_pictures_are_written_anew_without_what_they_carried(content):
    written = logo_png(content)
    with Image.open(io.BytesIO(written)) as taken:
        assert taken.format == "PNG"
        assert taken.size == (300, 100)
        assert taken.info == {}
    assert b"script" not in written


def test_large_pictures_are_brought_within_print_size():
    with Image.open(io.BytesIO(logo_png(picture("JPEG", (3000, 2000))))) as taken:
        assert taken.width <= KEPT_AS[0]
        assert taken.height <= KEPT_AS[1]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "no PNG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no PNG"),
        (b"<html><script>alert(1)</script>", "no PNG"),
        (b"%PDF-1.7", "no PNG"),
        (b"GIF89a" + b"\0" * 20, "no PNG"),
        (picture("BMP"), "no PNG"),
        (picture("PNG")[:-40], "does not end"),
        (picture("JPEG")[:-40], "does not end"),
        (picture("WEBP")[:-4], "does not end"),
        (picture("PNG") + b"<script>alert(1)</script>", "does not end"),
        (picture("JPEG") + b"PK\x03\x04", "does not end"),
        (picture("WEBP") + b"<html>", "does not end"),
        (picture("PNG") + picture("PNG"), "does not end"),
        (picture("PNG")[:60] + b"\0" * 30 + picture("PNG")[-12:], "damaged"),
        (b"\xff\xd8\xff" + b"\0" * 50 + b"\xff\xd9", "damaged"),
        (animated("PNG"), "moves"),
        (animated("WEBP"), "moves"),
        (bomb(50_000, 50_000), "million pixels"),
        (bomb(200_000, 10), "million pixels"),
        (bomb(0, 0), "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * LARGEST, "larger than 2 MiB"),
    ],
)
def test_everything_else_is_refused_in_a_sentence(content, word):
    with pytest.raises(PictureRefused, match=word) as refused:
        logo_png(content)
    assert str(refused.value).endswith(("again.", "one.", "kept.", "still.", "them."))


def test_empty_picture_is_refused():
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(out, "PNG")
    with pytest.raises(PictureRefused, match="transparent"):
        logo_png(out.getvalue())
