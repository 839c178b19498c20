"""The browser of the browser tests: Debian's Chromium, or another one on PATH; never one that is downloaded."""

from __future__ import annotations

import atexit
import os
import shutil
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

GIVEN = "ZTASSESS_TEST_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
# The pop-ups of the address bar are two pages of their own per window, and cost more than the pages under test. One
# such list is heeded, so those that Playwright switches off by itself stand here as well.
FEATURES_OFF = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "AimEnabled", "LensOverlay", "MediaRouter", "OptimizationHints"),
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "AvoidCorsURLLoaderRestartOnRedirect"),
    *("HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "PaintHolding", "ThirdPartyStoragePartitioning"),
    *("NetworkTimeServiceQuerying", "PreconnectToSearch"),
)
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
    f"--disable-features={','.join(FEATURES_OFF)}",
)
MISSING = "no Chromium was found: apt-get install -y chromium, or name one in ZTASSESS_TEST_CHROMIUM"


def find_chromium() -> str | None:
    """Path of the browser, None if there is none."""
    given = os.environ.get(GIVEN)
    if given:
        return given if os.access(given, os.X_OK) else None
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@cache
def shared_browser() -> Browser:
    """The one headless browser of this test process, started when first asked for; it reaches out to nobody.

    Playwright runs once per process: a second one beside the first refuses to start. Its driver ends with the process
    and takes the browser along. Each test opens a context of its own and closes it.
    """
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    if path is None:
        raise FileNotFoundError(MISSING)
    playwright = sync_playwright().start()
    atexit.register(playwright.stop)
    return playwright.chromium.launch(executable_path=path, args=list(FLAGS), headless=True)
