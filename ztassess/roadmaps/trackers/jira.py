"""Owns issues in Jira Cloud (platform REST API v3: "Search for issues using JQL enhanced search", "Create issue")."""

from __future__ import annotations

import base64
import re
from typing import Any

from ztassess.roadmaps.trackers.asking import Line
from ztassess.roadmaps.trackers.issues import TITLE_LIMIT, Created, Issue, TrackerError

SITE = re.compile(r"https://[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.atlassian\.net")
PROJECT = re.compile(r"[A-Z][A-Z0-9_]{1,9}")
CREATE = "/rest/api/3/issue"
SEARCH = "/rest/api/3/search/jql"
POSTS = (re.escape(CREATE),)
LABEL = "ztassess"
PER_PAGE = 100


def headers(email: str, token: str) -> dict[str, str]:
    """What every request to Jira carries: basic authentication with an API token."""
    pair = base64.b64encode(f"{email}:{token}".encode()).decode()
    return {"authorization": f"Basic {pair}", "accept": "application/json"}


def label_of(mark: str) -> str:
    """The mark as a label: they hold no spaces, and a search finds them."""
    return mark.replace(":", "-")


def payload(issue: Issue, project: str, kind: str) -> dict[str, Any]:
    """The body of "Create issue"; the description is an Atlassian document."""
    paragraphs = [_paragraph(line) for line in (*issue.lines, issue.url)]
    return {
        "fields": {
            "project": {"key": project},
            "issuetype": {"name": kind},
            "summary": issue.title[:TITLE_LIMIT],
            "description": {"type": "doc", "version": 1, "content": paragraphs},
            "labels": [LABEL, label_of(issue.mark)],
        }
    }


def _paragraph(text: str) -> dict[str, Any]:
    return {"type": "paragraph", "content": [{"type": "text", "text": text}]}


class Jira:
    """One project of one site, for one push.

    Parameters:
        site: as people see it, ``https://name.atlassian.net``; links lead there.
        kind: name of the issue type.
    """

    def __init__(self, line: Line, site: str, project: str, kind: str) -> None:
        self._line, self._site, self._project, self._kind = line, site, project, kind

    def existing(self) -> dict[str, Created]:
        """Issues of the project with our label. Jira's index may be some seconds behind."""
        found: dict[str, Created] = {}
        query: dict[str, str | int] = {
            "jql": f'project = "{self._project}" AND labels = "{LABEL}"',
            "fields": "labels",
            "maxResults": PER_PAGE,
        }
        while True:
            reply = self._line.get(SEARCH, query)
            if not isinstance(reply, dict) or not isinstance(reply.get("issues"), list):
                raise TrackerError("Jira did not send a list of issues.")
            for row in reply["issues"]:
                for label in row.get("fields", {}).get("labels", []):
                    if str(label).startswith(f"{LABEL}-"):
                        found[str(label).replace("-", ":", 1)] = self._created(row)
            token = reply.get("nextPageToken")
            if reply.get("isLast", True) or not token:
                return found
            query["nextPageToken"] = str(token)

    def create(self, issue: Issue) -> Created:
        return self._created(self._line.post(CREATE, payload(issue, self._project, self._kind)))

    def _created(self, row: Any) -> Created:
        key = str(row.get("key", "")) if isinstance(row, dict) else ""
        if not re.fullmatch(r"[A-Z][A-Z0-9_]*-\d+", key):
            raise TrackerError("Jira described an issue in a form we do not know.", unknown=True)
        return Created(key, f"{self._site}/browse/{key}")
