"""A name as one line: nothing in it turns or hides what stands around it."""

from __future__ import annotations

import pytest

from ztassess.domain.lines import one_line


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("\u202eevil", "evil"),
        ("  a\tb\u2028c\n d ", "a b c d"),
        ("Ze\u0000ro\u0007", "Zero"),
        ("\u2066Fin\u2069tech\u200f", "Fintech"),
        ("\u061c\u202e", ""),
        ("أمان للتقنية", "أمان للتقنية"),
        ("Zürich 👩\u200d💻 & <b>", "Zürich 👩\u200d💻 & <b>"),
    ],
)
def test_signs_that_nobody_sees_are_left_out(typed, kept):
    assert one_line(typed) == kept
