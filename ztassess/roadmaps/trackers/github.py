"""Owns issues on GitHub (REST API 2022-11-28: "List repository issues", "Create an issue")."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from ztassess.roadmaps.trackers.asking import Line
from ztassess.roadmaps.trackers.issues import TITLE_LIMIT, Created, Issue, TrackerError

BASE = "https://api.github.com"
REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.\.?(?:/|$))[A-Za-z0-9._-]{1,100}")
POSTS = (rf"/repos/{REPOSITORY.pattern}/issues",)
MARK = re.compile(r"<!-- (ztassess:[0-9a-f-]{36}) -->")
LABEL = "ztassess"
PER_PAGE = 100


def headers(token: str) -> dict[str, str]:
    """What every request to GitHub carries."""
    return {
        "authorization": f"Bearer {token}",
        "accept": "application/vnd.github+json",
        "x-github-api-version": "2022-11-28",
    }


def payload(issue: Issue) -> dict[str, Any]:
    """The body of "Create an issue". The mark is a comment: labels are dropped where a token may not set them."""
    text = "\n\n".join((*issue.lines, issue.url, f"<!-- {issue.mark} -->"))
    return {"title": issue.title[:TITLE_LIMIT], "body": text, "labels": [LABEL]}


class GitHub:
    """One repository, for one push.

    Parameters:
        since: no issue of ours is older; the list begins there.
    """

    def __init__(self, line: Line, repository: str, since: datetime) -> None:
        self._line, self._path = line, f"/repos/{repository}/issues"
        self._since = since.strftime("%Y-%m-%dT%H:%M:%SZ")

    def existing(self) -> dict[str, Created]:
        """Issues changed since then that carry a mark; the list holds pull requests too, which have none."""
        found: dict[str, Created] = {}
        page = 1
        while True:
            query: dict[str, str | int] = {"state": "all", "since": self._since, "per_page": PER_PAGE, "page": page}
            rows = self._line.get(self._path, query)
            if not isinstance(rows, list):
                raise TrackerError("GitHub did not send a list of issues.")
            for row in rows:
                mark = MARK.search(str(row.get("body") or "")) if isinstance(row, dict) else None
                if mark:
                    found[mark[1]] = _created(row)
            if len(rows) < PER_PAGE:
                return found
            page += 1

    def create(self, issue: Issue) -> Created:
        return _created(self._line.post(self._path, payload(issue)))


def _created(row: Any) -> Created:
    try:
        number, url = int(row["number"]), str(row["html_url"])
    except (KeyError, TypeError, ValueError) as problem:
        raise TrackerError("GitHub described an issue in a form we do not know.", unknown=True) from problem
    return Created(f"#{number}", url if url.startswith("https://") else "")
