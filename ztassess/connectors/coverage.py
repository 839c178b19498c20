"""Owns the coverage table: which connector can verify which control, up to which level, from the registry alone."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ztassess.catalog import load_catalog
from ztassess.connectors.contract import Connector
from ztassess.connectors.registry import connectors
from ztassess.domain.controls import Catalog, Level

PAGE: Final = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- coverage: made by `python3 -m ztassess.connectors.coverage` -->", "<!-- end of coverage -->"
LETTERS: Final = 2


def levels_of(connector: Connector) -> dict[str, tuple[int, bool]]:
    """By control: the highest level this connector can verify, and whether it only supports it."""
    found: dict[str, tuple[int, bool]] = {}
    for check in connector.checks:
        for verifies in check.verifies:
            level, supporting = found.get(verifies.control, (0, True))
            if verifies.supporting:
                found[verifies.control] = (level, supporting)
            else:
                found[verifies.control] = (max(level, verifies.level), False)
    return found


def short_names(slugs: Sequence[str]) -> dict[str, str]:
    """Two capital letters for each slug, no two alike: its initials, else its first letter and a later one."""
    taken: dict[str, str] = {}
    for slug in slugs:
        words = slug.split("_")
        choices = [f"{words[0][0]}{words[1][0]}"] if len(words) > 1 else []
        choices += [f"{slug[0]}{letter}" for letter in slug[1:] if letter != "_"]
        choices += [f"{slug[0]}{number}" for number in range(10)]
        taken[slug] = next(name.upper() for name in choices if name.upper() not in taken.values())
    return taken


def coverage_table(catalog: Catalog, listed: Sequence[Connector]) -> str:
    """The table as Markdown: a row for each control, a column for each connector, the reason where there is none.

    Example:
        ``| `identity.inventory` | 2 |  | s |``: the first verifies Advanced, the third only supports.
    """
    short = short_names([each.slug for each in listed])
    by_connector = [levels_of(each) for each in listed]
    lines = [", ".join(f"{name} `{slug}`" for slug, name in short.items()) + ".", ""]
    lines += ["| Control | " + " | ".join(short.values()) + " | best |"]
    lines += ["|---|" + "---|" * (len(listed) + 1)]
    for control in catalog.controls:
        words = [_word(levels.get(control.id)) for levels in by_connector]
        best = max(
            (level for levels in by_connector for level, only in [levels.get(control.id, (0, True))] if not only),
            default=0,
        )
        last = Level(best).name.title() if best else f"attestation: {control.attest_only}"
        lines.append(f"| `{control.id}` | " + " | ".join(words) + f" | {last} |")
    return "\n".join(lines)


def _word(found: tuple[int, bool] | None) -> str:
    if found is None:
        return ""
    level, supporting = found
    return "s" if supporting else str(level)


def unverifiable(catalog: Catalog, listed: Sequence[Connector]) -> list[str]:
    """Controls that no connector verifies and that do not say why."""
    seen = {control for each in listed for control, (_, only) in levels_of(each).items() if not only}
    return [control.id for control in catalog.controls if control.id not in seen and not control.attest_only]


def wrongly_attested(catalog: Catalog, listed: Sequence[Connector]) -> list[str]:
    """Controls that say no connector can verify them, although one does."""
    seen = {control for each in listed for control, (_, only) in levels_of(each).items() if not only}
    return [control.id for control in catalog.controls if control.id in seen and control.attest_only]


def page_with_table(page: str, table: str) -> str:
    """The page with the table between its marks.

    Raises:
        ValueError: the page has not both marks.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has no place for the table")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def main() -> int:
    """Write the table into the page; exit code 1 if it changed, so that a script notices."""
    old = PAGE.read_text()
    new = page_with_table(old, coverage_table(load_catalog(), connectors()))
    PAGE.write_text(new)
    return int(new != old)


if __name__ == "__main__":
    sys.exit(main())
