"""Owns the command line of `up`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass

MAX_PORT = 65535
MAX_WORKERS = 64


@dataclass(frozen=True, slots=True)
class UpOptions:
    """What the person asked for."""

    port: int
    bind: str
    demo: bool
    workers: int


def _number(low: int, high: int, what: str) -> object:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{what} is a number from {low} to {high}, not {text!r}")
        return int(text)

    return parse


def parse_up(arguments: Sequence[str]) -> UpOptions:
    """Parse; argparse ends the process with code 2 and a sentence if it cannot."""
    parser = argparse.ArgumentParser(
        prog="manage.py up",
        description="Start ztassess on this machine: prepares what is missing, then runs until Ctrl-C.",
        allow_abbrev=False,
    )
    parser.add_argument("--port", type=_number(1, MAX_PORT, "a port"), default=8000, help="port of the web page (8000)")  # type: ignore[arg-type]  # a function, as argparse wants
    parser.add_argument("--bind", default="127.0.0.1", help="address to listen on (127.0.0.1: this machine only)")
    parser.add_argument("--no-demo", action="store_true", help="do not make the demo company on the first run")
    parser.add_argument(
        "--workers",
        type=_number(1, MAX_WORKERS, "the number of workers"),  # type: ignore[arg-type]  # a function, as argparse wants
        default=2 if (os.cpu_count() or 1) > 1 else 1,
        help="web processes, and scans at the same time (%(default)s here)",
    )
    read = parser.parse_args(arguments)
    return UpOptions(port=read.port, bind=read.bind, demo=not read.no_demo, workers=read.workers)
