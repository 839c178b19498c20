"""Makes the pictures of README.md: the demo company of a fresh installation, as Chromium shows it.

    .venv/bin/python docs/screenshots.py [--out docs] [--url http://localhost:8000]

Needs Chromium and the packages of requirements-dev.txt. With --url the demo of a running installation is taken; without
it, `manage.py up` is started in a folder of its own, which is removed afterwards.
"""

from __future__ import annotations

import argparse
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.services.chromium import shared_browser  # noqa: E402  the path is set above
from tests.services.installation import Up, clean_environment  # noqa: E402  the path is set above

SIZE = {"width": 1440, "height": 1000}
MOST_BYTES = 300_000
CONTRADICTED = "section:has(> .card-head > h2:text-is('Contradictions')) .list a.title"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextmanager
def installation() -> Iterator[str]:
    """A fresh installation with the demo company; its address."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="zt-pictures-") as data:
        environment = clean_environment(ZTASSESS_DATA_DIR=data, ZTASSESS_VENV=sys.prefix)
        up = Up(ROOT, "--port", str(port), env=environment)
        try:
            up.line(r"Stop\s+Ctrl-C")
            yield f"http://localhost:{port}"
        finally:
            up.end(within=30)


def visitor(scheme: str) -> Page:
    """A fresh page without an account, in one of the two themes."""
    return shared_browser().new_context(viewport=SIZE, color_scheme=scheme, reduced_motion="reduce").new_page()  # type: ignore[arg-type]  # light or dark


def picture(page: Page, path: Path) -> None:
    """What the window shows. Raises ValueError if the file would be too large for a README."""
    page.wait_for_load_state("networkidle")
    content = page.screenshot(type="png", animations="disabled")
    if len(content) > MOST_BYTES:
        raise ValueError(f"{path.name} would have {len(content)} bytes, more than {MOST_BYTES}.")
    path.write_bytes(content)
    sys.stdout.write(f"{path}: {len(content) // 1024} KiB\n")


def take(url: str, out: Path) -> None:
    """The overview in the light theme, and the first contradicted control in the dark one."""
    page = visitor("light")
    page.goto(f"{url}/demo/")
    link = page.locator(CONTRADICTED).first.get_attribute("href")
    picture(page, out / "overview-light.png")
    page.context.close()
    page = visitor("dark")
    page.goto(f"{url}{link}")
    picture(page, out / "control-dark.png")
    page.context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="folder of the pictures (docs)")
    parser.add_argument("--url", default="", help="a running installation, such as http://localhost:8000")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    if chosen.url:
        take(chosen.url.rstrip("/"), chosen.out)
        return
    with installation() as url:
        take(url, chosen.out)


if __name__ == "__main__":
    main()
