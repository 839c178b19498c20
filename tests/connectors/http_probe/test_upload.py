"""Uploaded results: the runner's file gives the same snapshot; anything else is refused with nothing judged."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.connectors.http_probe.lab import NOW, PASS, unsure, words
from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.http_probe import CONNECTOR, probe
from ztassess.connectors.http_probe.snapshot import HttpProbeSnapshot
from ztassess.connectors.http_probe.upload import parse_upload
from ztassess.connectors.netguard import Budget, Guard
from ztassess.connectors.runner import read_upload

LOGIN = "https://acme.cloudflareaccess.com/cdn-cgi/access/login/admin.example.com?kid=7376"


def said(n: int, variant: str, **more: Any) -> dict[str, Any]:
    """One request as the runner writes it."""
    usual = {"status": 302, "location": LOGIN, "headers": {"server": "cloudflare"}, "cookie_names": ["CF_AppSession"]}
    usual |= {"www_authenticate": None, "body_length": 0, "title_sha256": None, "error": None}
    return {"n": n, "variant": variant, **usual, **more}


def result(**more: Any) -> dict[str, Any]:
    """The sample result of the connector's page, complete in its requests."""
    requests = [said(1, "anonymous_html"), said(2, "anonymous_json")]
    requests += [said(3, f"forged:{name}", cookie_names=[]) for name, _ in probe.FORGED]
    requests += [said(4, f"path:{path}") for path in probe.PATHS]
    return {
        "format": "ztassess-http-probe/1",
        "taken_at": "2026-11-23T09:00:00Z",
        "vantage": "internet",
        "targets": [{"url": "https://admin.example.com/", "resolved": "203.0.113.10", "requests": requests}],
        "sockets": [{"host": "db.example.com", "port": 5432, "result": "timeout"}],
        **more,
    }


def read(content: Any, *, name: str = "result.json", **config: Any) -> HttpProbeSnapshot:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    context = ReadContext(config=config, guard=Guard(), budget=Budget(), now=NOW)
    return parse_upload([UploadedFile(name, text)], context)


def test_a_result_is_judged_like_a_live_run() -> None:
    snapshot = read(result())
    assert snapshot.taken_at == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    for check in ("anonymous_request_refused", "no_public_path", "forged_headers_refused"):
        assert words(snapshot, check) == PASS, check
    assert words(snapshot, "data_stores_closed") == unsure("unreachable")  # no control connection in this file


def test_a_control_connection_makes_a_closed_store_count() -> None:
    sockets = result()["sockets"] + [{"purpose": "control", "host": "admin.example.com", "port": 443, "result": "open"}]
    assert words(read(result(sockets=sockets)), "data_stores_closed") == PASS
    assert words(read(result(sockets=sockets, vantage="inside")), "data_stores_closed") == unsure("unreachable")


def test_names_of_the_form_and_of_the_file_both_count() -> None:
    requests = [
        said(n, v, location="https://login.example.com/x") for n, v in ((1, "anonymous_html"), (2, "anonymous_json"))
    ]
    content = result(targets=[{"url": "https://admin.example.com/", "requests": requests}])
    assert words(read(content), "anonymous_request_refused") == unsure("unknown_redirect")
    assert words(read(content, identity_hosts=("login.example.com",)), "anonymous_request_refused") == PASS
    content["declared"] = {"identity_hosts": ["Login.example.com"], "sensitive": ["https://admin.example.com/"]}
    snapshot = read(content)
    assert words(snapshot, "anonymous_request_refused") == PASS
    assert snapshot.targets[0].is_sensitive  # type: ignore[index]


def test_a_request_that_is_not_in_the_file_is_not_passed() -> None:
    content = result()
    content["targets"][0]["requests"] = content["targets"][0]["requests"][:1]
    assert words(read(content), "anonymous_request_refused") == unsure("partial_data")


def test_an_origin_of_a_file_is_compared_with_what_answered() -> None:
    silent = {"n": 5, "variant": "origin", "status": None, "error": "timeout"}
    control = {"purpose": "control", "host": "admin.example.com", "port": 443, "result": "open"}
    origins = [{"origin": "203.0.113.99:443", "serves": "admin.example.com", "requests": [silent]}]
    assert words(read(result(origins=origins, sockets=[control])), "origin_unreachable") == PASS
    origins[0]["origin"] = "203.0.113.10:443"
    assert words(read(result(origins=origins, sockets=[control])), "origin_unreachable") == unsure("input_missing")
    origins[0]["origin"] = "lb.example.net:443"
    assert words(read(result(origins=origins, sockets=[control])), "origin_unreachable") == unsure("partial_data")


def test_a_result_from_the_future_counts_as_taken_now() -> None:
    assert read(result(taken_at="2031-01-01T00:00:00Z")).taken_at == NOW


def test_powershell_and_windows_spellings_are_read() -> None:
    text = json.dumps(result())
    for content in (text.encode("utf-16"), b"\xef\xbb\xbf" + text.encode(), f"  {text}\r\n".encode()):
        assert words(read(content), "anonymous_request_refused") == PASS


WRONG: dict[str, tuple[Any, str]] = {
    "empty": (b"", "not a result of probe.py"),
    "a table": (b"user,mfa\nanna,=cmd()", "not a result of probe.py"),
    "a list": (b"[]", "not a result of probe.py"),
    "cut off": (json.dumps(result()).encode()[:-40], "was cut off before its end"),
    "damaged": (b'{"format": "ztassess-http-probe/1", "targets": }', "damaged or was changed"),
    "a key twice": (b'{"format":"ztassess-http-probe/1","format":"x"}', "damaged or was changed"),
    "ten thousand deep": (b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "damaged or was changed"),
    "another probe": ({"format": "ztassess-tls-probe/1"}, "not a result of probe.py"),
    "no vantage": (result(vantage=None), "vantage is not a text"),
    "another vantage": (result(vantage="moon"), "vantage is neither internet nor inside"),
    "no date": (result(taken_at=None), "does not say when it was taken"),
    "another date": (result(taken_at="yesterday"), "does not say when it was taken"),
    "targets as text": (result(targets="all"), "targets is not a list"),
    "target as number": (result(targets=[7]), "is not an object"),
    "target without address": (result(targets=[{"requests": []}]), "url is not a text"),
    "target nowhere": (result(targets=[{"url": "https:///x", "requests": []}]), "is not an address"),
    "status as text": (
        result(targets=[{"url": "https://a.test/", "requests": [said(1, "x", status="302")]}]),
        "status is not a number",
    ),
    "status that is none": (
        result(targets=[{"url": "https://a.test/", "requests": [said(1, "x", status=7)]}]),
        "status is not a number",
    ),
    "status as flag": (
        result(targets=[{"url": "https://a.test/", "requests": [said(1, "x", status=True)]}]),
        "status is not a number",
    ),
    "neither status nor error": (
        result(targets=[{"url": "https://a.test/", "requests": [said(1, "x", status=None)]}]),
        "neither status nor error",
    ),
    "status and error": (
        result(targets=[{"url": "https://a.test/", "requests": [said(1, "x", error="timeout")]}]),
        "neither status nor error",
    ),
    "headers as list": (
        result(targets=[{"url": "https://a.test/", "requests": [said(1, "x", headers=[1])]}]),
        "is not an object",
    ),
    "socket that is ajar": (result(sockets=[{"host": "a.test", "port": 1, "result": "ajar"}]), "which we do not know"),
    "socket without port": (result(sockets=[{"host": "a.test", "result": "open"}]), "which we do not know"),
    "socket for fun": (
        result(sockets=[{"host": "a.test", "port": 1, "result": "open", "purpose": "fun"}]),
        "which we do not know",
    ),
    "too many": (result(sockets=[{"host": "a.test", "port": 1, "result": "open"}] * 10_001), "at most 10000"),
}


@pytest.mark.parametrize("case", WRONG)
def test_another_file_is_refused_with_nothing_judged(case: str) -> None:
    content, sentence = WRONG[case]
    with pytest.raises(InputInvalid, match=sentence):
        read(content)


@pytest.mark.parametrize("count", [0, 2])
def test_one_result_is_taken_at_a_time(count: int) -> None:
    files = [UploadedFile("result.json", json.dumps(result()).encode())] * count
    with pytest.raises(InputInvalid, match=r"one result of probe\.py at a time"):
        parse_upload(files, ReadContext(config={}, guard=Guard(), budget=Budget(), now=NOW))


def test_what_a_file_adds_never_enters_the_snapshot() -> None:
    content = result(note="CANARY-SECRET")
    request = content["targets"][0]["requests"][0]
    request.update(
        body="CANARY-SECRET", location=f"{LOGIN}&meta=CANARY-SECRET", cookies={"CF_AppSession": "CANARY-SECRET"}
    )
    assert "CANARY-SECRET" not in repr(read(content))


def test_the_page_of_uploads_shows_how_to_make_one() -> None:
    (upload,) = CONNECTOR.uploads
    assert (upload.download, upload.suffixes) == ("probe.py", (".json",))
    assert upload.commands == "python3 probe.py targets.txt > result.json"


def test_a_whole_reading_comes_of_an_upload(context_of: Callable[..., ReadContext]) -> None:
    file = UploadedFile("result.json", json.dumps(result()).encode())
    reading = read_upload(CONNECTOR, [file], context_of(internal_hosts="https://admin.example.com/"))
    outcome = {each.check: each.outcome.value for each in reading.results}
    assert outcome["http_probe.anonymous_request_refused"] == "pass"
    assert outcome["http_probe.admin_ports_closed"] == "not_checked"
    assert "error" not in outcome.values()
