"""What each connector is shown to work against: a real server, or the stateful fake of its vendor.

``tests/connectors/<slug>/counterpart.py`` has ``counterpart()``, a context manager that gives one of a system
that is not in order. The command line, the browser and the benchmarks use the same one.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib import import_module

from ztassess.connectors.contract import UploadedFile


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A running system and how a person connects it.

    Attributes:
        entered: what the person types, by name of the field.
        secrets: the secrets among it.
        endpoints: what is asked instead of the vendor's fixed addresses (``ZTASSESS_VENDOR_ENDPOINTS``).
        fails: id of a check that fails there; empty if it can show nothing by itself.
        passes: id of a check that passes there; empty if this system has nothing in order.
        uploads: instead of a live reading, for connectors that ask nobody.
        settings: of the installation, such as ``AWS_ENDPOINT_URL``.
        real: it is the vendor's own software, no fake.
        half_open: a part of it answers anybody, so that a wrong secret ends in less proof, not in none.
    """

    fails: str = ""
    passes: str = ""
    entered: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    endpoints: Mapping[str, str] = field(default_factory=dict)
    uploads: tuple[UploadedFile, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    real: bool = False
    half_open: bool = False


def fixed_addresses(slug: str) -> set[str]:
    """The vendor's fixed addresses, of which the installation must be told before it starts (``ADDRESSES``)."""
    return set(getattr(import_module(f"tests.connectors.{slug}.counterpart"), "ADDRESSES", ()))


def counterpart_of(slug: str) -> AbstractContextManager[Counterpart]:
    """The counterpart of one connector, running for the block.

    Raises:
        ModuleNotFoundError: the connector has none; every connector needs one.
    """
    found: AbstractContextManager[Counterpart] = import_module(f"tests.connectors.{slug}.counterpart").counterpart()
    return found
