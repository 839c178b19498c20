"""Every table of an organization has a place in an archive, or a reason why it has none."""

from __future__ import annotations

from ztassess.exchange.table import STAYS, TRAVELS, Travels, tenant_models, travelling, unplaced
from ztassess.exchange.values import unclear
from ztassess.scans.models import ConnectionSecret, Scan, UploadedExport


def test_every_tenant_model_is_in_the_table_once():
    assert unplaced() == []
    assert not TRAVELS.keys() & STAYS.keys()
    assert {model._meta.label for model in tenant_models()} == TRAVELS.keys() | STAYS.keys()


def test_new_model_without_a_line_is_named_with_what_to_do(monkeypatch):
    monkeypatch.delitem(TRAVELS, "scans.Finding")
    (sentence,) = unplaced()
    assert sentence.startswith("scans.Finding has no place in an archive: write one line for it in ")


def test_every_field_that_travels_can_be_written_and_read():
    assert [sentence for label, model in travelling().items() for sentence in unclear(model, TRAVELS[label])] == []


def test_sealed_field_and_reference_to_what_stays_are_noticed(monkeypatch):
    assert any("ciphertext" in sentence for sentence in unclear(ConnectionSecret, Travels("x")))
    monkeypatch.delitem(TRAVELS, "scans.Scan")
    assert any("UploadedExport.scan " in sentence for sentence in unclear(UploadedExport, Travels("x")))
    assert unclear(Scan, Travels("x")) == []


def test_no_sealed_bytes_travel():
    sealed = {
        (model._meta.label, field.name)
        for model in tenant_models()
        for field in model._meta.concrete_fields
        if field.get_internal_type() == "BinaryField"
    }
    assert sealed
    travel = [(label, name) for label, name in sealed if label in TRAVELS and name not in TRAVELS[label].left_out]
    assert travel == []
