"""The demo company for reports, made once for the module that asks for it."""

from __future__ import annotations

from tests.demo.conftest import demo, seeded

__all__ = ["demo", "seeded"]
