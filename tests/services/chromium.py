"""The browser of the browser tests: Debian's Chromium, or another one on PATH; never one that is downloaded."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

GIVEN = "ZTASSESS_TEST_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
FLAGS = (
    "--no-sandbox",  # the tests may run as root, where its sandbox refuses to start
    "--disable-gpu",
    "--disable-dev-shm-usage",  # containers give /dev/shm 64 MB
    # It must talk to the test server only.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MISSING = "no Chromium was found: apt-get install -y chromium, or name one in ZTASSESS_TEST_CHROMIUM"


def find_chromium() -> str | None:
    """Path of the browser, None if there is none."""
    given = os.environ.get(GIVEN)
    if given:
        return given if os.access(given, os.X_OK) else None
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def launch_chromium(playwright: Playwright) -> Browser:
    """A headless browser that reaches out to nobody; the caller closes it."""
    path = find_chromium()
    if path is None:
        raise FileNotFoundError(MISSING)
    return playwright.chromium.launch(executable_path=path, args=list(FLAGS), headless=True)
