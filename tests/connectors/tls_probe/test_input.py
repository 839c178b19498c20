"""What people type and upload: targets, certificates, result files, and everything that is none."""

from __future__ import annotations

import base64
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from ztassess.connectors.contract import ReadContext, UploadedFile
from ztassess.connectors.errors import InputInvalid
from ztassess.connectors.netguard import Budget, Guard
from ztassess.connectors.runner import parse_form, read_upload
from ztassess.connectors.tls_probe import CONNECTOR
from ztassess.connectors.tls_probe.certificates import impersonates, read_der, read_pem
from ztassess.connectors.tls_probe.collect import collect
from ztassess.connectors.tls_probe.form import KEY_REFUSED, as_target, parse_targets
from ztassess.connectors.tls_probe.result_file import parse_upload
from ztassess.connectors.tls_probe.runner import stranger_pair

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
CONTEXT = ReadContext({}, Guard(), Budget(), NOW)
SAMPLE: dict[str, Any] = {
    "format": "ztassess-tls-probe/1",
    "taken_at": "2026-11-23T10:00:00Z",
    "vantage": "inside, outside the mesh",
    "targets": [
        {
            "label": "payments",
            "host": "payments.shop.svc",
            "port": 8443,
            "sensitive": True,
            "control": {
                "server_hello": True,
                "protocol": "TLSv1.3",
                "alpn": "h2",
                "certificate": {
                    "not_before": "2026-11-23T00:00:00Z",
                    "not_after": "2026-11-24T00:00:00Z",
                    "issuer": "O=cluster.local",
                    "self_signed": False,
                    "san": ["spiffe://cluster.local/ns/shop/sa/payments"],
                    "key": "EC P-256",
                },
            },
            "attempts": [
                {
                    "variant": "tls13_no_cert",
                    "result": "alert",
                    "alert": 116,
                    "phase": "read",
                    "http_status": None,
                    "body_match": None,
                },
                {
                    "variant": "tls12_no_cert",
                    "result": "alert",
                    "alert": 40,
                    "phase": "handshake",
                    "certificate_requested": True,
                },
                {
                    "variant": "wrong_cert",
                    "result": "alert",
                    "alert": 48,
                    "phase": "read",
                    "http_status": None,
                    "body_match": None,
                },
                {
                    "variant": "plaintext",
                    "result": "reset",
                    "alert": None,
                    "phase": "read",
                    "http_status": None,
                    "body_match": None,
                },
            ],
        }
    ],
}


def _file(document: Any, name: str = "result.json") -> UploadedFile:
    return UploadedFile(name, document if isinstance(document, bytes) else json.dumps(document).encode())


def _changed(path: str, value: Any) -> dict[str, Any]:
    """The sample with one place changed; a path such as ``targets.0.port``."""
    document = json.loads(json.dumps(SAMPLE))
    place: Any = document
    *steps, last = path.split(".")
    for step in steps:
        place = place[int(step)] if step.isdigit() else place[step]
    place[last] = value
    return document  # type: ignore[no-any-return]


def test_documented_sample_passes_every_check() -> None:
    reading = read_upload(CONNECTOR, [_file(SAMPLE)], CONTEXT)
    assert {result.check.partition(".")[2]: result.outcome.value for result in reading.results} == dict.fromkeys(
        (
            "client_certificate_required",
            "wrong_certificate_refused",
            "plaintext_refused",
            "certificate_short_lived",
            "certificate_valid",
            "workload_name_in_certificate",
        ),
        "pass",
    )
    assert reading.results[0].taken_at == dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)


def test_several_files_take_the_oldest_time() -> None:
    later = _changed("taken_at", "2026-11-23T11:00:00+00:00")
    later["targets"][0]["host"] = "orders.shop.svc"
    snapshot = parse_upload([_file(later), _file(SAMPLE)], CONTEXT)
    assert snapshot.taken_at == dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)
    assert isinstance(snapshot.targets, tuple)
    assert len(snapshot.targets) == 2


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{}", b"[]", b"null", b"PK\x03\x04", b"\xff\xfe{\x00}", b"<html>", b"[" * 10_000, b'{"format":1}'),
        json.dumps(SAMPLE).encode()[:-200],
        json.dumps(SAMPLE).replace("tls-probe/1", "http-probe/1").encode(),
        json.dumps(SAMPLE).replace('"port": 8443', '"port": 8443, "port": 1').encode(),
        json.dumps(SAMPLE).replace("8443", "NaN").encode(),
    ],
)
def test_other_or_cut_file_is_refused_with_its_name(content: bytes) -> None:
    with pytest.raises(InputInvalid, match=r"result\.json"):
        parse_upload([_file(content)], CONTEXT)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        *(("taken_at", value) for value in (None, 5, "yesterday", "2027-01-01T00:00:00Z")),
        *(("vantage", value) for value in (5, ["x"], "x" * 200, "a\nb")),
        *(("targets", value) for value in (None, [], {}, "x", [5], [{}], [None] * 2000)),
        *(("targets.0.host", value) for value in (None, 5, "", "a b", "x" * 300, "<script>", "a\n")),
        *(("targets.0.port", value) for value in (None, 0, 65536, "8443", True, 1.5)),
        *(("targets.0.label", value) for value in (5, "x" * 200, "a\x00b")),
        *(("targets.0.sensitive", value) for value in (1, "yes")),
        *(("targets.0.control", value) for value in (None, [], "x")),
        *(("targets.0.control.server_hello", value) for value in ("true", 1)),
        *(("targets.0.control.error", value) for value in ("because", 5)),
        *(("targets.0.control.certificate", value) for value in ([], "x", {}, {"der": "?"}, {"der": 5})),
        *(("targets.0.control.certificate.not_after", value) for value in (None, 5, "soon")),
        *(("targets.0.control.certificate.san", value) for value in ("x", [5], None, {})),
        *(("targets.0.attempts", value) for value in (None, {}, [5], [{}] * 9)),
        *(("targets.0.attempts.0.variant", value) for value in (None, "other", 5)),
        *(("targets.0.attempts.0.result", value) for value in (None, "pass", True)),
        *(("targets.0.attempts.0.alert", value) for value in ("116", 999, -1, True)),
        *(("targets.0.attempts.0.http_status", value) for value in ("200", 20000, 1)),
    ],
)
def test_changed_field_is_refused_with_a_sentence(path: str, value: Any) -> None:
    with pytest.raises(InputInvalid) as caught:
        parse_upload([_file(_changed(path, value))], CONTEXT)
    assert caught.value.sentence.endswith(".")
    assert len(caught.value.sentence) < 200


def test_same_service_twice_is_refused() -> None:
    with pytest.raises(InputInvalid, match="probed twice"):
        parse_upload([_file(SAMPLE), _file(SAMPLE)], CONTEXT)


def test_files_of_two_places_are_refused() -> None:
    with pytest.raises(InputInvalid, match="different places"):
        parse_upload([_file(SAMPLE), _file(_changed("vantage", "inside the mesh"))], CONTEXT)


def test_no_file_is_refused() -> None:
    with pytest.raises(InputInvalid):
        parse_upload([], CONTEXT)


@given(st.binary(max_size=300))
def test_damaged_certificate_of_a_server_is_none_never_a_crash(der: bytes) -> None:
    document = _changed("targets.0.control.certificate", {"der": base64.b64encode(der).decode()})
    snapshot = parse_upload([_file(document)], CONTEXT)
    assert isinstance(snapshot.targets, tuple)
    assert snapshot.targets[0].control.certificate is None


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_certificate_with_one_byte_changed_never_crashes(at: int, byte: int) -> None:
    der = bytearray(_DER)
    der[at % len(der)] = byte
    read_der(bytes(der))


_DER = base64.b64decode(
    "".join(trustme.CA().issue_cert("a.example").cert_chain_pems[0].bytes().decode().split("\n")[1:-2])
)


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ("payments.shop.svc:8443", ("payments.shop.svc:8443", "payments.shop.svc", 8443, False, "payments.shop.svc")),
        ("Shop.Example:443 label=shop sensitive", ("shop", "shop.example", 443, True, "shop.example")),
        ("10.1.2.3:443 name=Origin.Example", ("10.1.2.3:443", "10.1.2.3", 443, False, "origin.example")),
        ("[fd00::1]:8443", ("[fd00::1]:8443", "fd00::1", 8443, False, "fd00::1")),
    ],
)
def test_line_becomes_a_target(line: str, target: tuple[Any, ...]) -> None:
    assert tuple(as_target(line)) == target


@pytest.mark.parametrize(
    "line",
    [
        *(
            "shop",
            "shop:",
            ":443",
            "shop:0",
            "shop:99999",
            "shop:443:443",
            "https://shop:443",
            "shop:443/x",
            "user@shop:443",
        ),
        *(
            "shop:443 label=",
            "shop:443 label",
            "shop:443 secret=x",
            "shop:443 name=a/b",
            "shop:443 Sensitive",
            "sh op:443",
            "*:443",
        ),
    ],
)
def test_line_that_is_no_target_is_refused(line: str) -> None:
    with pytest.raises(InputInvalid):
        parse_targets(line)


def test_lines_and_commas_separate_targets() -> None:
    assert parse_targets("a.example:443 sensitive, b.example:443\n\n  c.example:443   label=c\n") == (
        "a.example:443 sensitive",
        "b.example:443",
        "c.example:443 label=c",
    )


def test_twice_and_too_many_are_refused() -> None:
    with pytest.raises(InputInvalid, match="twice"):
        parse_targets("a.example:443\nA.example:443 label=x")
    with pytest.raises(InputInvalid, match="At most 50"):
        parse_targets("\n".join(f"a{n}.example:443" for n in range(51)))


def _key_and_certificate() -> tuple[str, str]:
    issued = trustme.CA().issue_cert("payments.example")
    return issued.private_key_pem.bytes().decode(), issued.cert_chain_pems[0].bytes().decode()


@pytest.mark.parametrize("field", ["client_certificate", "trusted_ca"])
def test_private_key_is_refused_and_not_repeated(field: str) -> None:
    key, certificate = _key_and_certificate()
    _, problems = parse_form(CONNECTOR, {"targets": "a.example:443", field: certificate + key}, {})
    assert problems == {field: KEY_REFUSED}


def test_secret_given_on_the_command_line_is_refused() -> None:
    key, _ = _key_and_certificate()
    _, problems = parse_form(CONNECTOR, {"targets": "a.example:443"}, {"client_key": key})
    assert problems == {"": KEY_REFUSED}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("trusted_ca", "hello"),
        ("http_path", "x"),
        ("http_path", "/a b"),
        ("http_path", "/\r\nX: y"),
        ("server_name", "a b"),
        ("targets", ""),
    ],
)
def test_bad_field_is_named(field: str, text: str) -> None:
    _, problems = parse_form(CONNECTOR, {"targets": "a.example:443", field: text}, {})
    assert set(problems) == {field}


def test_good_form_has_typed_values() -> None:
    _, certificate = _key_and_certificate()
    values, problems = parse_form(
        CONNECTOR, {"targets": "a.example:443", "trusted_ca": certificate, "server_name": "B.Example"}, {}
    )
    assert problems == {}
    assert (values["targets"], values["http_path"], values["server_name"]) == (("a.example:443",), "/", "b.example")


def test_without_targets_nothing_is_probed() -> None:
    with pytest.raises(InputInvalid):
        collect(CONTEXT)


def test_certificate_for_the_probe_alone_is_not_warned_about(tmp_path: Path) -> None:
    pair = stranger_pair(tmp_path)
    assert pair is not None
    assert impersonates(read_pem(Path(pair[0]).read_text())) == ""
    strong = read_pem(_key_and_certificate()[1])
    assert impersonates(strong).startswith("This certificate can impersonate payments.example.")
