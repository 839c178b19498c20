#!/usr/bin/env python3
"""The one command of the project: `up`, `test`, and every command of Django."""

# Kept readable for very old interpreters, so that they can print the sentence instead of a syntax error.
import os
import sys

if os.name != "posix":
    sys.exit("ztassess runs on Linux and macOS. On Windows, use it inside WSL.")
if sys.version_info < (3, 11):  # noqa: UP036  # the sentence is for those who run an older one
    sys.exit(
        "ztassess needs Python 3.11 or newer, this is Python %d.%d. "  # noqa: UP031  # old interpreters know no f-strings
        "Run it with a newer one, for example: python3.11 manage.py up" % sys.version_info[:2]
    )

from ztassess.bootstrap.entry import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
