"""The environment of every test process, set before Django reads its settings (loaded by ``-p``)."""

import atexit
import base64
import gc
import os
import shutil
import tempfile
from typing import Any

import pytest


def own_folder(variable: str, prefix: str) -> None:
    """A folder that the first process of a run makes, names to all the others, and takes away at its end."""
    if variable not in os.environ:
        made, owner = tempfile.mkdtemp(prefix=prefix), os.getpid()
        os.environ[variable] = made
        atexit.register(lambda: shutil.rmtree(made, ignore_errors=True) if os.getpid() == owner else None)


own_folder("ZTASSESS_DATA_DIR", "zt-test-")
own_folder("ZTASSESS_TEST_RUN", "zt-run-")
os.environ.setdefault("ZTASSESS_SECRET_KEY", "only-for-tests")
os.environ.setdefault("ZTASSESS_ENCRYPTION_KEYS", "k1:" + base64.b64encode(bytes(range(32))).decode())
# Playwright's event loop makes Django think that it runs inside an asynchronous view.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


LONGEST_NAME = 60
OBJECTS_BEFORE_A_SWEEP = 20_000


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case by its argument where the value is long: it may be a key made in this process, known to no other."""
    return argname if isinstance(val, str | bytes) and len(val) > LONGEST_NAME else None


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Sweep for cycles less often, and never through what was collected: it lives as long as the process.

    A page or a migration makes tens of thousands of objects; looking through them all again every 700 is an eighth of
    the whole run. What a sweep finds is told all the same, at the end at the latest.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BEFORE_A_SWEEP, 20, 20)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Ours for load groups: theirs takes as long as two hundred tests of a run as large as this one."""
    from tests.services.scheduling import scheduler

    return scheduler(config, log)
