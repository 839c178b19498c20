"""GitHub and Jira on loopback: they keep what was created, check the token and page as their documentation says."""

from __future__ import annotations

import base64
from typing import Any

from tests.fakes.vendor import Answer, Request, Vendor

TOKEN = "github_pat_never-kept-anywhere"
EMAIL = "olga@acme.example"


def fake_github(repository: str = "acme/security", *, labels: bool = True) -> Vendor:
    """REST API 2022-11-28. `vendor.issues` is what it holds; without `labels` it drops them, as for a weak token."""
    vendor = Vendor()
    issues: list[dict[str, Any]] = []
    vendor.issues = issues  # type: ignore[attr-defined]
    path = f"/repos/{repository}/issues"

    def refused(request: Request) -> Answer | None:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer({"message": "Bad credentials"}, 401)
        assert request.headers["x-github-api-version"] == "2022-11-28"
        assert request.headers["accept"] == "application/vnd.github+json"
        return None

    @vendor.route("GET", path)
    def listed(request: Request) -> Answer:
        page, size = int(request.query.get("page", 1)), int(request.query.get("per_page", 30))
        assert request.query["state"] == "all"
        assert request.query["since"].endswith("Z")
        return refused(request) or Answer(list(reversed(issues))[(page - 1) * size : page * size])

    @vendor.route("POST", path)
    def create(request: Request) -> Answer:
        if (no := refused(request)) is not None:
            return no
        value = request.json()
        if not isinstance(value.get("title"), str) or not value["title"] or not isinstance(value.get("body"), str):
            return Answer({"message": "Validation Failed", "errors": [{"field": "title", "code": "missing"}]}, 422)
        number = len(issues) + 1
        made = {"number": number, "title": value["title"], "body": value["body"], "state": "open"}
        made["labels"] = [{"name": name} for name in value["labels"]] if labels else []
        made["html_url"] = f"https://github.com/{repository}/issues/{number}"
        issues.append(made)
        return Answer(made, 201)

    return vendor


def fake_jira(project: str = "SEC") -> Vendor:
    """Platform REST API v3 with the enhanced search, two issues a page."""
    vendor = Vendor()
    issues: list[dict[str, Any]] = []
    vendor.issues = issues  # type: ignore[attr-defined]
    good = base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()

    @vendor.route("GET", "/rest/api/3/search/jql")
    def search(request: Request) -> Answer:
        if request.headers.get("authorization") != f"Basic {good}":
            return Answer({"errorMessages": ["no"]}, 401)
        assert request.query["jql"] == f'project = "{project}" AND labels = "ztassess"'
        at = int(request.query.get("nextPageToken", "0"))
        rows = [
            {"id": each["id"], "key": each["key"], "fields": {"labels": each["fields"]["labels"]}}
            for each in issues[at : at + 2]
        ]
        last = at + 2 >= len(issues)
        return Answer({"issues": rows, "isLast": last} | ({} if last else {"nextPageToken": str(at + 2)}))

    @vendor.route("POST", "/rest/api/3/issue")
    def create(request: Request) -> Answer:
        if request.headers.get("authorization") != f"Basic {good}":
            return Answer({"errorMessages": ["no"]}, 401)
        fields = request.json()["fields"]
        wrong = {}
        if fields["project"] != {"key": project}:
            wrong["project"] = "valid project is required"
        if fields["issuetype"] != {"name": "Task"}:
            wrong["issuetype"] = "Specify a valid issue type"
        if fields["description"]["type"] != "doc" or any(" " in label for label in fields["labels"]):
            wrong["description"] = "must be a document"
        if wrong:
            return Answer({"errorMessages": [], "errors": wrong}, 400)
        number = len(issues) + 1
        issues.append({"id": str(10000 + number), "key": f"{project}-{number}", "fields": fields})
        return Answer({"id": str(10000 + number), "key": f"{project}-{number}", "self": request.base}, 201)

    return vendor
