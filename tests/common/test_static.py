"""What the pages may load: exactly our own files, unchanged, and no style or script inside a template."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import engines

from ztassess.common.finders import PlotlyFinder

ROOT = Path(settings.ROOT)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def test_vendored_files_are_the_ones_the_list_names():
    listed = re.findall(
        r"^\| `([\w.]+)` .*`([0-9a-f]{64})`", (ROOT / "static/vendor/README.md").read_text(), re.MULTILINE
    )
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (ROOT / "static/vendor").glob("*.js")}
    assert dict(listed) == found


def test_plotly_comes_from_its_package_and_nothing_else_of_it():
    finder = PlotlyFinder()
    assert [name for name, _ in finder.list([])] == ["plotly.min.js"]
    assert Path(str(finders.find("vendor/plotly.min.js"))).stat().st_size > 1_000_000
    for path in ("vendor/widgetbundle.js", "plotly.min.js", "vendor/../plotly.min.js"):
        assert finder.find(path) is None
        assert finder.find(path, find_all=True) == []
    assert finder.check() == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_hold_no_inline_style_script_or_handler(path):
    text = path.read_text()
    if path.parent.name == "emails":  # mail programs read styles of elements only, and run nothing
        text = re.sub(r' style="[^"]*"', "", text)
    assert not re.search(r"<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:", text, re.IGNORECASE)
    for tag in re.findall(r"<script[^>]*>", text):
        assert "src=" in tag or 'type="application/json"' in tag


def test_every_stylesheet_and_script_of_our_own_is_linked_somewhere():
    linked = set(
        re.findall(r"static ['\"]([\w/.-]+\.(?:css|js))['\"]", "".join(path.read_text() for path in TEMPLATES))
    )
    ours = {
        str(path.relative_to(ROOT / "static"))
        for pattern in ("css/**/*.css", "js/*.js")
        for path in (ROOT / "static").glob(pattern)
    }
    assert ours <= linked
    assert all(finders.find(name) for name in linked)


def test_every_included_or_extended_template_exists():
    for path in TEMPLATES:
        for name in re.findall(r"{% (?:include|extends) \"([\w/.-]+)\"", path.read_text()):
            assert engines["django"].get_template(name)


def test_every_icon_named_in_a_template_exists():
    for path in TEMPLATES:
        for name in re.findall(r"{% icon \"([\w-]+)\"", path.read_text()):
            assert engines["django"].from_string(f'{{% icon "{name}" %}}').render({})


def test_every_token_a_style_sheet_reads_is_declared():
    tokens = (ROOT / "static/css/tokens.css").read_text()
    names = set(re.findall(r"(--[\w-]+):", tokens))
    for path in (ROOT / "static/css").rglob("*.css"):
        used = set(re.findall(r"var\((--[\w-]+)", path.read_text()))
        assert used <= names, path.name
