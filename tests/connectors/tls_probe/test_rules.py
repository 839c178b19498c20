"""The six checks by tables: what was seen, what it means, and what must never pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ztassess.connectors.tls_probe.rules import CHECKS
from ztassess.connectors.tls_probe.snapshot import Attempt, Certificate, Control, ProbedTarget, TlsSnapshot
from ztassess.domain.checks import evaluate, fold
from ztassess.domain.findings import Outcome, Unavailable, Verdict

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
OUTSIDE = "inside, outside the mesh"
PASS, FAIL, NONE, UNCHECKED = Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE, Outcome.NOT_CHECKED
SPIFFE = "spiffe://cluster.local/ns/shop/sa/payments"


def _certificate(hours: float = 24, **other: Any) -> Certificate:
    begun = NOW - timedelta(hours=1)
    made = Certificate(begun, begun + timedelta(hours=hours), "O=cluster.local", False, (SPIFFE,), "EC P-256", "1f")
    return replace(made, **other)


def _target(*attempts: Attempt, label: str = "payments", **other: Any) -> ProbedTarget:
    control = Control(server_hello=True, protocol="TLSv1.3", alpn="h2", certificate=_certificate())
    made = ProbedTarget(label, f"{label}.shop.svc", 8443, sensitive=True, control=control, attempts=attempts)
    return replace(made, **other)


def _snapshot(*targets: ProbedTarget, vantage: str = OUTSIDE) -> TlsSnapshot:
    return TlsSnapshot(NOW, vantage, targets)


def _verdicts(check: str, snapshot: TlsSnapshot) -> list[Verdict]:
    return [finding.verdict for finding in evaluate([CHECKS[f"tls_probe.{check}"]], snapshot)]


def _outcome(check: str, snapshot: TlsSnapshot) -> Outcome:
    return fold(check, evaluate([CHECKS[f"tls_probe.{check}"]], snapshot)).outcome


def _alert(variant: str, number: int, **other: Any) -> Attempt:
    return Attempt(variant, "alert", number, "read", **other)


def _http(variant: str, status: int, said: str = "") -> Attempt:
    return Attempt(variant, "http", None, "read", status, said)


REFUSING = (_alert("tls13_no_cert", 116), _alert("tls12_no_cert", 42))
UNREACHED = Control(server_hello=False, protocol="", alpn="", certificate=None, error="unreachable")
TWELVE = Control(server_hello=True, protocol="TLSv1.2", alpn="", certificate=_certificate())


@pytest.mark.parametrize(
    ("thirteen", "twelve", "outcome"),
    [
        # the refusals of Envoy, Caddy and nginx
        (_alert("tls13_no_cert", 116), _alert("tls12_no_cert", 40, server_hello=True), PASS),
        (_alert("tls13_no_cert", 42), _alert("tls12_no_cert", 42), PASS),
        (_alert("tls13_no_cert", 49), _alert("tls12_no_cert", 49), PASS),
        (_http("tls13_no_cert", 400, "no_certificate"), _http("tls12_no_cert", 400, "no_certificate"), PASS),
        # one version is not offered
        (_alert("tls13_no_cert", 116), Attempt("tls12_no_cert", "not_offered"), PASS),
        (Attempt("tls13_no_cert", "not_offered"), _alert("tls12_no_cert", 42), PASS),
        (Attempt("tls13_no_cert", "not_offered"), Attempt("tls12_no_cert", "not_offered"), UNCHECKED),
        # handshake_failure counts only where it cannot be a mismatch
        (_alert("tls13_no_cert", 116), _alert("tls12_no_cert", 40, certificate_requested=True), PASS),
        (_alert("tls13_no_cert", 116), _alert("tls12_no_cert", 40, server_hello=False), UNCHECKED),
        (_alert("tls13_no_cert", 116), _alert("tls12_no_cert", 40), UNCHECKED),
        (_alert("tls13_no_cert", 40), _alert("tls12_no_cert", 42), PASS),
        # served: any answer of the application
        (_http("tls13_no_cert", 200), _http("tls12_no_cert", 200), FAIL),
        (_alert("tls13_no_cert", 116), _http("tls12_no_cert", 200), FAIL),
        (_http("tls13_no_cert", 302), _alert("tls12_no_cert", 42), FAIL),
        (_http("tls13_no_cert", 200), Attempt("tls12_no_cert", "reset"), FAIL),
        # must not pass
        (_http("tls13_no_cert", 400), _http("tls12_no_cert", 400), FAIL),
        (_http("tls13_no_cert", 400, "plain_text"), _alert("tls12_no_cert", 42), UNCHECKED),
        (_http("tls13_no_cert", 401), _http("tls12_no_cert", 401), FAIL),
        (_http("tls13_no_cert", 403), _http("tls12_no_cert", 403), FAIL),
        (_http("tls13_no_cert", 503), _alert("tls12_no_cert", 42), UNCHECKED),
        (Attempt("tls13_no_cert", "eof"), _alert("tls12_no_cert", 42), UNCHECKED),
        (Attempt("tls13_no_cert", "reset"), Attempt("tls12_no_cert", "reset"), UNCHECKED),
        (Attempt("tls13_no_cert", "timeout"), _alert("tls12_no_cert", 42), UNCHECKED),
        (Attempt("tls13_no_cert", "data"), _alert("tls12_no_cert", 42), UNCHECKED),
        (_alert("tls13_no_cert", 70), _alert("tls12_no_cert", 42), UNCHECKED),
        (_alert("tls13_no_cert", 80), _alert("tls12_no_cert", 42), UNCHECKED),
    ],
)
def test_client_certificate_required(thirteen: Attempt, twelve: Attempt, outcome: Outcome) -> None:
    assert _outcome("client_certificate_required", _snapshot(_target(thirteen, twelve))) is outcome


def test_handshake_failure_in_the_controls_own_protocol_is_a_refusal() -> None:
    target = _target(Attempt("tls13_no_cert", "not_offered"), _alert("tls12_no_cert", 40), control=TWELVE)
    assert _outcome("client_certificate_required", _snapshot(target)) is PASS


@pytest.mark.parametrize("attempts", [(), (REFUSING[0],), (REFUSING[1],)])
def test_both_versions_must_have_been_tried(attempts: tuple[Attempt, ...]) -> None:
    (verdict,) = _verdicts("client_certificate_required", _snapshot(_target(*attempts)))
    assert (verdict.outcome, verdict.reason_code) == (UNCHECKED, "partial_data")


def test_optional_mode_is_a_near_miss_only_if_the_request_was_seen() -> None:
    asked = replace(_http("tls12_no_cert", 200), certificate_requested=True)
    (verdict,) = _verdicts("client_certificate_required", _snapshot(_target(_http("tls13_no_cert", 200), asked)))
    assert verdict.near_miss == "payments asks for a certificate but serves callers who have none (optional mode)."
    (verdict,) = _verdicts(
        "client_certificate_required", _snapshot(_target(_http("tls13_no_cert", 200), _http("tls12_no_cert", 200)))
    )
    assert verdict.near_miss == ""


@pytest.mark.parametrize(
    ("wrong", "outcome"),
    [
        *((_alert("wrong_cert", number), PASS) for number in (42, 46, 48, 51)),
        (_http("wrong_cert", 400, "bad_certificate"), PASS),
        (_http("wrong_cert", 200), FAIL),
        (_http("wrong_cert", 403), FAIL),
        (_http("wrong_cert", 400), FAIL),
        # it said that none was shown, so the stranger's was not judged at all
        (_alert("wrong_cert", 116), UNCHECKED),
        (_http("wrong_cert", 400, "no_certificate"), UNCHECKED),
        (_alert("wrong_cert", 40, server_hello=True, certificate_requested=True), UNCHECKED),
        (Attempt("wrong_cert", "eof"), UNCHECKED),
        (Attempt("wrong_cert", "reset"), UNCHECKED),
        (Attempt("wrong_cert", "timeout"), UNCHECKED),
        (_http("wrong_cert", 502), UNCHECKED),
        (None, UNCHECKED),
    ],
)
def test_wrong_certificate_refused(wrong: Attempt | None, outcome: Outcome) -> None:
    attempts = (*REFUSING, wrong) if wrong else REFUSING
    assert _outcome("wrong_certificate_refused", _snapshot(_target(*attempts))) is outcome


def test_wrong_certificate_does_not_apply_where_none_is_demanded() -> None:
    target = _target(_http("tls13_no_cert", 200), _http("tls12_no_cert", 200), _http("wrong_cert", 200))
    (verdict,) = _verdicts("wrong_certificate_refused", _snapshot(target))
    assert verdict.outcome is NONE


def test_unclear_demand_leaves_the_wrong_certificate_unchecked() -> None:
    target = _target(Attempt("tls13_no_cert", "reset"), REFUSING[1], _alert("wrong_cert", 48))
    assert _outcome("wrong_certificate_refused", _snapshot(target)) is UNCHECKED


def test_any_certificate_accepted_is_a_near_miss() -> None:
    (verdict,) = _verdicts("wrong_certificate_refused", _snapshot(_target(*REFUSING, _http("wrong_cert", 200))))
    assert verdict.near_miss == "payments demands a certificate but accepts one that nobody issued."


@pytest.mark.parametrize(
    ("plain", "outcome"),
    [
        (_http("plaintext", 400, "plain_text"), PASS),
        (Attempt("plaintext", "alert", 80, "read"), PASS),
        (Attempt("plaintext", "reset"), PASS),
        (Attempt("plaintext", "eof"), PASS),
        (Attempt("plaintext", "data"), PASS),
        (_http("plaintext", 200), FAIL),
        (_http("plaintext", 404), FAIL),
        (_http("plaintext", 400), FAIL),
        (_http("plaintext", 301), FAIL),
        (_http("plaintext", 500), FAIL),
        (Attempt("plaintext", "timeout"), UNCHECKED),
        (Attempt("plaintext", "unreachable"), UNCHECKED),
        (None, UNCHECKED),
    ],
)
def test_plaintext_refused(plain: Attempt | None, outcome: Outcome) -> None:
    assert _outcome("plaintext_refused", _snapshot(_target(*((plain,) if plain else ())))) is outcome


@pytest.mark.parametrize("result", ["reset", "eof", "data", "alert"])
def test_silence_in_plain_text_is_no_pass_without_tls_on_the_port(result: str) -> None:
    target = _target(Attempt("plaintext", result, 40, "read"), control=UNREACHED)
    assert _outcome("plaintext_refused", _snapshot(target)) is UNCHECKED


def test_port_that_only_speaks_plain_text_fails() -> None:
    target = _target(_http("plaintext", 200), control=replace(UNREACHED, error="not_tls"))
    (verdict,) = _verdicts("plaintext_refused", _snapshot(target))
    assert (verdict.outcome, verdict.near_miss) == (FAIL, "")


def test_permissive_port_is_a_near_miss() -> None:
    (verdict,) = _verdicts("plaintext_refused", _snapshot(_target(_http("plaintext", 200))))
    assert verdict.near_miss == "payments accepts mutual TLS and plain text on the same port (permissive)."


@pytest.mark.parametrize("plain", [_http("plaintext", 200), Attempt("plaintext", "reset")])
def test_plain_text_is_not_judged_from_inside_the_mesh(plain: Attempt) -> None:
    assert _outcome("plaintext_refused", _snapshot(_target(plain), vantage="inside the mesh")) is UNCHECKED


@pytest.mark.parametrize(
    ("hours", "outcome", "severity"),
    [
        (1, PASS, None),
        (24, PASS, None),
        (72, PASS, None),
        (73, FAIL, None),
        (90 * 24, FAIL, None),
        (397 * 24, FAIL, None),
        (399 * 24, FAIL, "high"),
    ],
)
def test_certificate_short_lived(hours: int, outcome: Outcome, severity: str | None) -> None:
    control = Control(server_hello=True, protocol="TLSv1.3", alpn="", certificate=_certificate(hours))
    (verdict,) = _verdicts("certificate_short_lived", _snapshot(_target(control=control)))
    assert (verdict.outcome, verdict.severity) == (outcome, severity)


def test_life_of_a_public_front_door_is_not_judged() -> None:
    control = Control(server_hello=True, protocol="TLSv1.3", alpn="", certificate=_certificate(24 * 90))
    assert _outcome("certificate_short_lived", _snapshot(_target(control=control, sensitive=False))) is NONE


def test_three_days_pass_with_a_note() -> None:
    control = Control(server_hello=True, protocol="TLSv1.3", alpn="", certificate=_certificate(72))
    (verdict,) = _verdicts("certificate_short_lived", _snapshot(_target(control=control)))
    assert "72 h; 24 h would be better" in verdict.reason


@pytest.mark.parametrize(
    ("begins", "ends", "outcome"),
    [
        (-1, 23, PASS),
        (0, 1, PASS),
        (-24, 0, FAIL),
        (-48, -24, FAIL),
        (1, 24, FAIL),
    ],
)
def test_certificate_valid_by_the_clock_of_the_probing(begins: int, ends: int, outcome: Outcome) -> None:
    hour = timedelta(hours=1)
    shown = _certificate(not_before=NOW + begins * hour, not_after=NOW + ends * hour, self_signed=True, issuer="CN=own")
    control = Control(server_hello=True, protocol="TLSv1.3", alpn="", certificate=shown)
    assert _outcome("certificate_valid", _snapshot(_target(control=control))) is outcome


def test_late_rotation_is_said() -> None:
    shown = _certificate(not_before=NOW - timedelta(days=89), not_after=NOW + timedelta(hours=5))
    control = Control(server_hello=True, protocol="TLSv1.3", alpn="", certificate=shown)
    (verdict,) = _verdicts("certificate_valid", _snapshot(_target(control=control)))
    assert "payments expires in 5 h and its life is 89 days: rotation may have stopped." in verdict.reason


@pytest.mark.parametrize(
    ("names", "outcome", "near_miss"),
    [
        ((SPIFFE,), PASS, ""),
        (("payments.shop.svc", SPIFFE), PASS, ""),
        (("payments.shop.svc",), UNCHECKED, ""),
        (("*.svc",), UNCHECKED, "The certificate names *.svc: one identity for many services."),
        (("spiffe://cluster.local",), UNCHECKED, ""),
        ((), UNCHECKED, ""),
    ],
)
def test_workload_name_in_certificate(names: tuple[str, ...], outcome: Outcome, near_miss: str) -> None:
    control = Control(server_hello=True, protocol="TLSv1.3", alpn="", certificate=_certificate(san=names))
    (verdict,) = _verdicts("workload_name_in_certificate", _snapshot(_target(control=control)))
    assert (verdict.outcome, verdict.near_miss) == (outcome, near_miss)


def test_one_certificate_behind_two_labels_is_a_shared_identity() -> None:
    verdicts = _verdicts("workload_name_in_certificate", _snapshot(_target(), _target(label="orders")))
    assert [verdict.outcome for verdict in verdicts] == [FAIL, FAIL]
    assert "orders and payments show the same certificate" in verdicts[0].reason


def test_same_serial_of_another_issuer_is_not_shared() -> None:
    other = Control(server_hello=True, protocol="TLSv1.3", alpn="", certificate=_certificate(issuer="O=other"))
    snapshot = _snapshot(_target(), _target(label="orders", control=other))
    assert _outcome("workload_name_in_certificate", snapshot) is PASS


@pytest.mark.parametrize("check", [each.id.partition(".")[2] for each in CHECKS])
def test_service_that_was_not_reached_passes_nothing(check: str) -> None:
    (verdict,) = _verdicts(check, _snapshot(_target(control=UNREACHED, detail="Not reached.")))
    assert (verdict.outcome, verdict.reason_code, verdict.reason) == (UNCHECKED, "unreachable", "Not reached.")


@pytest.mark.parametrize("check", [each.id.partition(".")[2] for each in CHECKS])
def test_end_of_the_budget_is_said(check: str) -> None:
    control = replace(UNREACHED, error="partial_data")
    assert _verdicts(check, _snapshot(_target(control=control)))[0].reason_code == "partial_data"


@pytest.mark.parametrize("check", ["certificate_short_lived", "certificate_valid", "workload_name_in_certificate"])
def test_certificate_that_cannot_be_read_passes_nothing(check: str) -> None:
    control = Control(server_hello=True, protocol="TLSv1.3", alpn="", certificate=None)
    assert _outcome(check, _snapshot(_target(*REFUSING, control=control))) is UNCHECKED


@pytest.mark.parametrize("check", [each.id.partition(".")[2] for each in CHECKS])
def test_no_target_is_not_checked(check: str) -> None:
    for targets in ((), Unavailable("input_missing")):
        (verdict,) = _verdicts(check, TlsSnapshot(NOW, OUTSIDE, targets))
        assert (verdict.outcome, verdict.reason_code) == (UNCHECKED, "input_missing")


def test_one_unreached_service_lowers_the_pass_of_the_others() -> None:
    snapshot = _snapshot(_target(*REFUSING), _target(label="orders", control=UNREACHED))
    verdicts = _verdicts("client_certificate_required", snapshot)
    assert [(verdict.outcome, verdict.resource) for verdict in verdicts] == [
        (UNCHECKED, "orders.shop.svc:8443"),
        (PASS, "all services"),
    ]
    assert verdicts[1].reason == "1 of 2 services refuse a caller without a certificate."
    assert (verdicts[1].seen, len(verdicts[1].evidence)) == (1, 2)
    assert _outcome("client_certificate_required", snapshot) is UNCHECKED


def test_one_failing_service_is_named_and_nothing_passes_beside_it() -> None:
    open_target = _target(_http("tls13_no_cert", 200), _http("tls12_no_cert", 200), label="orders")
    verdicts = _verdicts("client_certificate_required", _snapshot(_target(*REFUSING), open_target))
    assert [(verdict.outcome, verdict.resource, verdict.seen) for verdict in verdicts] == [
        (FAIL, "orders.shop.svc:8443", 2)
    ]
    assert verdicts[0].reason == "orders answered a caller without a certificate over TLS 1.3 and TLS 1.2."


def test_checks_speak_about_the_controls_of_their_page() -> None:
    spoken = {each.id.partition(".")[2]: [(v.control, v.level, v.supporting) for v in each.verifies] for each in CHECKS}
    assert spoken == {
        "client_certificate_required": [
            ("mesh.sensitive-path-mtls", 2, False),
            ("mesh.service-auth", 2, False),
            ("proxy.no-direct-origin", 2, False),
        ],
        "wrong_certificate_refused": [("mesh.sensitive-path-mtls", 2, False), ("mesh.service-auth", 2, False)],
        "plaintext_refused": [("mesh.sensitive-path-mtls", 2, False), ("mesh.strict-everywhere", 2, False)],
        "certificate_short_lived": [("mesh.sensitive-path-mtls", 2, False), ("mesh.strict-everywhere", 2, False)],
        "certificate_valid": [("mesh.strict-everywhere", 2, True)],
        "workload_name_in_certificate": [("identity.workload-identity", 2, True)],
    }
