"""Owns reading exports of device managers: a list as CSV, or pages of the vendor's interface, of one system only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from ztassess.connectors.api import distinct
from ztassess.connectors.contract import ReadContext, UploadedFile, UploadFormat
from ztassess.connectors.errors import BadAnswer, InputInvalid
from ztassess.connectors.exports import CLOCK_DRIFT, Export, csv_rows, read_export, taken_at
from ztassess.domain.findings import Part, Unavailable

T = TypeVar("T")
COLUMNS: Final = ("serial", "owner_email", "platform", "os_version", "encrypted", "last_seen")
LIST_SOURCE: Final = "device list (claimed)"
YES, NO = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})
NOT_GIVEN: Final = Unavailable("input_missing", detail="The upload has no file for this.")
INCOMPLETE: Final = 'The export does not say that it is whole: add export.json with {"complete": true}.'
LIST_FORMAT: Final = UploadFormat(
    "device_list",
    "List of devices",
    ",".join(COLUMNS),
    (".csv",),
    note="One device a line; dates such as 2026-11-20, encrypted is yes or no. A list is a claim: it can show what is "
    "wrong, but whether a device is managed is not in it, so nothing passes by it.",
)


@dataclass(frozen=True, slots=True)
class ListedDevice:
    """One line of a list of devices. None means that the cell was empty."""

    serial: str
    owner: str
    platform: str
    os_version: str
    encrypted: bool | None
    last_seen: datetime | None


def device_list(file: UploadedFile, now: datetime) -> tuple[ListedDevice, ...]:
    """The devices of a CSV list.

    Raises:
        InputInvalid: a column, a serial or a value that cannot be read, a serial twice, or a day still to come.
    """
    found: dict[str, ListedDevice] = {}
    for number, row in enumerate(csv_rows(file, needs=COLUMNS), start=2):
        try:
            device = _listed(row, now)
        except ValueError as problem:
            raise InputInvalid(f"{file.name[:80]}, line {number}: {problem} Nothing was judged from it.") from problem
        if device.serial in found:
            raise InputInvalid(f"{file.name[:80]}, line {number}: {device.serial} is listed twice.")
        found[device.serial] = device
    if not found:
        raise InputInvalid(f"{file.name[:80]} lists no device; nothing was judged from it.")
    return tuple(found.values())


def _listed(row: dict[str, str], now: datetime) -> ListedDevice:
    if not row["serial"]:
        raise ValueError("the serial is missing.")
    return ListedDevice(
        serial=row["serial"],
        owner=row["owner_email"].lower(),
        platform=row["platform"],
        os_version=row["os_version"],
        encrypted=_flag(row["encrypted"].lower()),
        last_seen=_day(row["last_seen"], now),
    )


def _flag(text: str) -> bool | None:
    if text and text not in YES | NO:
        raise ValueError(f"encrypted is yes or no, not {text[:20]!r}.")
    return text in YES if text else None


def _day(text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as problem:
        raise ValueError(f"last_seen is a date such as 2026-11-20, not {text[:20]!r}.") from problem
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if moment > now + CLOCK_DRIFT:
        raise ValueError(f"last_seen is {moment:%Y-%m-%d}, which is still to come.")
    return moment


@dataclass(frozen=True, slots=True)
class DeviceUpload:
    """What was uploaded: either a list, or pages.

    Attributes:
        listed: the devices of a list; empty if pages came.
        pages: the JSON documents by name; without any if a list came.
        moment: when it was made.
    """

    listed: tuple[ListedDevice, ...]
    pages: Export
    moment: datetime

    def part(self, name: str, parse: Callable[[Any], Iterable[T]], key: Callable[[T], str]) -> Part[T]:
        """All rows of the pages of one name; `NOT_GIVEN` if there is no such page.

        Parameters:
            parse: gives the rows of one page; `BadAnswer` if it is none.
            key: what no two rows share.

        Raises:
            InputInvalid: a page is of another form, damaged, or came twice.
        """
        if name not in self.pages.documents:
            return NOT_GIVEN
        rows = (row for page in self.pages.documents[name] for row in parse(page))
        try:
            return tuple(distinct(rows, key, "The export"))
        except BadAnswer as problem:
            raise InputInvalid(f"{problem.sentence} Export {name} again; nothing was judged from it.") from problem

    def total(self, name: str, stated: Callable[[Any], int]) -> int | None:
        """How many rows the system says it has, by the pages of one name; None without such a page.

        Parameters:
            stated: gives the number that one page states; `BadAnswer` if it states none.

        Raises:
            InputInvalid: a page is of another form.
        """
        try:
            return max((stated(page) for page in self.pages.documents.get(name, ())), default=None)
        except BadAnswer as problem:
            raise InputInvalid(f"{problem.sentence} Export {name} again; nothing was judged from it.") from problem


def read_device_upload(
    files: Sequence[UploadedFile], context: ReadContext, known: Sequence[str], *, vendor: str, system: str
) -> DeviceUpload:
    """Sort out what came.

    Parameters:
        known: names of the pages, see `read_export`.
        system: which system the connection is to, as ``export.json`` would name it; empty if it is to none yet.

    Raises:
        InputInvalid: no file, a list beside pages, several lists, an unknown file, or files of another system.
    """
    tables = [file for file in files if file.name.lower().endswith(".csv")]
    if not tables:
        pages = read_export(files, known, vendor=vendor)
        _same_system(str(pages.about.get("system") or ""), system)
        return DeviceUpload((), pages, taken_at(context, pages.about.get("taken_at")))
    if len(files) > 1:
        raise InputInvalid("Upload one list of devices, or the pages of the interface, not both together.")
    return DeviceUpload(device_list(tables[0], context.now), Export({}), taken_at(context))


def _same_system(stated: str, connected: str) -> None:
    plain = stated.lower().removeprefix("https://").rstrip("/")
    wanted = connected.lower().removeprefix("https://").rstrip("/")
    if plain and wanted and plain != wanted:
        raise InputInvalid(f"This export is of {plain[:80]}, but this connection is to {wanted}; nothing was judged.")


def whole_or_not(upload: DeviceUpload, part: Part[T], total: int | None) -> Part[T]:
    """The rows of pages, if they are known to be all there are.

    Parameters:
        total: how many there are as the pages say; None if they do not say, then the person must (``complete``).

    Raises:
        InputInvalid: fewer rows than the pages themselves say there are.
    """
    if isinstance(part, Unavailable):
        return part
    if total is not None and len(part) < total:
        raise InputInvalid(
            f"The export has {len(part)} of {total} objects. Export again with every page; nothing was judged from it."
        )
    if total is None and not upload.pages.complete:
        return Unavailable("partial_data", detail=INCOMPLETE, read=part)
    return part
