"""Owns taking a picture from a stranger: recognized by content, decoded within limits, written anew as a plain PNG."""

from __future__ import annotations

import io
import struct
import warnings

from PIL import Image, UnidentifiedImageError

LARGEST_MIB = 2
LARGEST = LARGEST_MIB * 1024 * 1024
MOST_PIXELS = 8_000_000
LONGEST_SIDE = 6_000
KEPT_AS = (900, 360)
"""Width and height in pixels that a logo is brought within: sharp in print at four centimeters."""

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


class PictureRefused(Exception):
    """The picture was not taken; one sentence says why and what to do."""


def logo_png(content: bytes) -> bytes:
    """A logo as a PNG that holds its pixels and nothing else of what was handed in.

    Raises:
        PictureRefused: it is too large, animated, cut off, something else, or something else besides.
    """
    if len(content) > LARGEST:
        raise PictureRefused(f"The picture is larger than {LARGEST_MIB} MiB; nothing was kept, choose a smaller one.")
    kind = _kind(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[kind]) as picture:
                return _written_anew(picture)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as why:
        raise PictureRefused(_too_many_pixels()) from why
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, struct.error) as why:
        raise PictureRefused(
            "The picture is damaged or cut off; nothing was kept, save it anew and try again."
        ) from why


def _kind(content: bytes) -> str:
    """The format by content, where the file ends as the format says: what is hung behind it may be anything."""
    if content.startswith(_PNG):
        found, whole = "PNG", content.endswith(b"IEND\xaeB`\x82") and content.count(b"IEND\xaeB`\x82") == 1
    elif content.startswith(_JPEG):
        found, whole = "JPEG", content.endswith(b"\xff\xd9")
    elif content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        size = int.from_bytes(content[4:8], "little") + 8
        found, whole = "WEBP", len(content) == size
    else:
        raise PictureRefused("This is no PNG, JPEG or WebP picture; nothing was kept, save the logo as one of them.")
    if not whole:
        raise PictureRefused(
            "The file does not end where its picture ends: it is cut off, or something is hung behind it. "
            "Nothing was kept, save it anew and try again."
        )
    return found


def _written_anew(picture: Image.Image) -> bytes:
    width, height = picture.size
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise PictureRefused(_too_many_pixels())
    if getattr(picture, "is_animated", False) or getattr(picture, "n_frames", 1) > 1:
        raise PictureRefused("The picture moves; nothing was kept, choose one that stands still.")
    picture.load()
    plain = picture.convert("RGBA")
    plain.thumbnail(KEPT_AS)
    if not plain.getbbox():
        raise PictureRefused("The picture is empty: every pixel is transparent. Nothing was kept.")
    out = io.BytesIO()
    # Pixels alone: neither text nor color profile nor what else the file held comes along.
    fresh = Image.new("RGBA", plain.size)
    fresh.paste(plain)
    fresh.save(out, "PNG", optimize=True)
    return out.getvalue()


def _too_many_pixels() -> str:
    return (
        f"The picture has more than {MOST_PIXELS // 1_000_000} million pixels, or a side of more than "
        f"{LONGEST_SIDE:,}; nothing was kept, choose a smaller one."
    )
