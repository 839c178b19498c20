"""Reading a vendor's HTTP interface: sessions that sign in, wait and retry, pages, typed fields, parts side by side.

One way for all connectors, so that a throttled, refused or broken answer means the same everywhere.
"""

from ztassess.connectors.api.asking import asked_row, without_it
from ztassess.connectors.api.pace import Pace
from ztassess.connectors.api.paging import by_link, by_number, by_offset, by_token, by_url, distinct, whole
from ztassess.connectors.api.parts import fan_out, read_parts, unavailable_of
from ztassess.connectors.api.rows import Row, row_of, rows_of
from ztassess.connectors.api.session import ApiSession, Prover, Reply, api_session, origin

__all__ = [
    "ApiSession",
    "Pace",
    "Prover",
    "Reply",
    "Row",
    "api_session",
    "asked_row",
    "by_link",
    "by_number",
    "by_offset",
    "by_token",
    "by_url",
    "distinct",
    "fan_out",
    "origin",
    "read_parts",
    "row_of",
    "rows_of",
    "unavailable_of",
    "whole",
    "without_it",
]
