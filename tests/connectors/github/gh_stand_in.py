"""A stand-in for the gh command: asks the fake GitHub as an owner, prints what ``gh api`` prints, and its exit code.

Of ``--jq`` it knows the expressions of our script, so that a changed one must be looked at.
"""

from __future__ import annotations

import json
import os
import re
import ssl
import sys
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

PICK: dict[str, Any] = {
    '.[] | select(.archived | not) | .name + " " + (.default_branch | @uri)': lambda page: [
        f"{each['name']} {quote(each['default_branch'], safe='')}" for each in page if not each["archived"]
    ],
    '.[] | select(.type == "pull_request") | .ruleset_id': lambda page: [
        each["ruleset_id"] for each in page if each["type"] == "pull_request"
    ],
    ".environments[].name | @uri": lambda page: [quote(each["name"], safe="") for each in page["environments"]],
    '.[] | select(.type == "file") | .name | select(endswith(".yml") or endswith(".yaml")) | @uri': lambda page: [
        quote(each["name"], safe="")
        for each in page
        if each["type"] == "file" and each["name"].endswith((".yml", ".yaml"))
    ],
}


def ask(url: str, body: bytes | None = None) -> tuple[int, Any, str]:
    request = urllib.request.Request(url, body, {"authorization": f"Bearer {os.environ['GH_TOKEN']}"})  # noqa: S310
    context = ssl.create_default_context(cafile=os.environ["FAKE_CA"])
    try:
        with urllib.request.urlopen(request, context=context) as answer:  # noqa: S310
            return answer.status, json.load(answer), answer.headers.get("link") or ""
    except urllib.error.HTTPError as problem:
        return problem.code, json.load(problem), ""


def main(arguments: list[str]) -> int:
    assert arguments.pop(0) == "api"
    flags: dict[str, str] = {}
    fields: dict[str, str] = {}
    path = ""
    while arguments:
        word = arguments.pop(0)
        if word in ("--paginate", "--slurp"):
            flags[word] = "yes"
        elif word == "--jq":
            flags[word] = arguments.pop(0)
        elif word == "-f":
            name, _, value = arguments.pop(0).partition("=")
            fields[name] = value
        else:
            path = word
    assert not ("--slurp" in flags and "--jq" in flags), "gh refuses this"
    base, pages = os.environ["FAKE_BASE"], []
    url, after = f"{base}/{path}", None
    while True:
        body = None
        if path == "graphql":
            query = fields.get("query", "")
            variables = {name: value for name, value in fields.items() if name != "query"} | {"endCursor": after}
            body = json.dumps({"query": query, "variables": variables}).encode()
        status, value, link = ask(url, body)
        if status >= 400:
            print(json.dumps(value))  # noqa: T201
            return 1
        pages.append(value)
        found = re.search(r'<([^>]+)>; rel="next"', link)
        info = re.search(r'"hasNextPage": true, "endCursor": "(\w+)"', json.dumps(value))
        if "--paginate" not in flags or not (found or info):
            break
        url, after = (found[1], None) if found else (url, info[1] if info else None)
    if "--jq" in flags:
        print("\n".join(str(line) for page in pages for line in PICK[flags["--jq"]](page)))  # noqa: T201
    else:
        print(json.dumps(pages if "--slurp" in flags else pages[0]))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
