"""A small server whose answers a test decides, and a browser that looks at its pages under the real policy."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from django.contrib.staticfiles import finders
from django.template import engines

from tests.services.chromium import find_chromium, shared_browser

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; object-src 'none'"
)
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass
class Site:
    """What the server answers, and what it was sent."""

    url: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    replies: list[tuple[int, str]] = field(default_factory=list)
    posts: list[dict[str, list[str]]] = field(default_factory=list)
    asks_who: bool = False

    def page(self, path: str, body: str, scripts: str = "", **context: object) -> str:
        """Serve `body`, a template, inside base.html and give the page's address."""
        source = "{% extends 'base.html' %}{% block title %}Test{% endblock %}{% block body %}" + body
        template = source + "{% endblock %}{% block scripts %}" + scripts + "{% endblock %}"
        self.pages[path] = engines["django"].from_string(template).render(context)
        return self.url + path


def handler_for(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def answer(self, status: int, content: bytes, kind: str = "text/html; charset=utf-8") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            found = finders.find(path.removeprefix("/static/")) if path.startswith("/static/") else None
            if found:
                self.answer(200, Path(str(found)).read_bytes(), TYPES.get(Path(str(found)).suffix, "text/plain"))
            elif path in site.pages:
                self.answer(200, site.pages[path].encode())
            else:
                self.answer(404, b"not found")

        def do_HEAD(self) -> None:
            """A page that needs a fresh proof leads elsewhere while there is none."""
            self.send_response(302 if site.asks_who else 200)
            self.send_header("Location", "/who")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            site.posts.append(parse_qs(body.decode(), keep_blank_values=True))
            status, text = site.replies.pop(0) if site.replies else (200, "<p>done</p>")
            if status:
                self.answer(status, text.encode())
            else:
                self.close_connection = True

    return Handler


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(made))
    made.url = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def browser():
    if find_chromium() is None:
        pytest.skip("no Chromium on this machine")
    return shared_browser()


@pytest.fixture
def refused_styles() -> int:
    """How many style elements the policy refuses on the page of a test."""
    return 0


@pytest.fixture
def tab(browser, refused_styles):
    """A fresh profile's page. What the policy refused or a script threw fails the test."""
    context = browser.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened = context.new_page()
    broken: list[str] = []
    opened.on("pageerror", lambda error: broken.append(str(error)))
    opened.on("console", lambda line: broken.append(line.text) if "Content Security Policy" in line.text else None)
    opened.set_default_timeout(10_000)
    yield opened
    context.close()
    styles = [line for line in broken if "style-src" in line]
    assert len(styles) == refused_styles
    assert [line for line in broken if line not in styles] == []
