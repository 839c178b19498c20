"""Error pages: the 404 tells nobody anything, the others say what was kept and what to do."""

from __future__ import annotations

import pytest
from django.template import engines
from django.template.loader import render_to_string


def test_the_404_is_the_same_bytes_whatever_is_asked(rf):
    plain = render_to_string("404.html")
    told = render_to_string(
        "404.html", {"request_path": "/o/acme/", "exception": "no", "messages": ["x"]}, rf.get("/o/acme/")
    )
    assert plain == told
    assert "<form" not in plain
    assert "nonce" not in plain
    assert plain.count("<a ") == 1
    assert 'href="/"' in plain


@pytest.mark.parametrize("name", ["400.html", "403.html", "403_csrf.html", "404.html", "500.html"])
def test_error_pages_need_no_context_and_say_what_was_kept(name):
    html = render_to_string(name)
    assert html.count("<h1>") == 1
    assert 'lang="en"' in html
    if name != "404.html":
        assert "Nothing was changed" in html or "is kept" in html


def test_a_403_says_which_right_is_lacking_and_escapes_it():
    html = engines["django"].get_template("403.html").render({"exception": "Only an <owner> may."})
    assert "Only an &lt;owner&gt; may." in html
