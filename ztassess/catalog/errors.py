"""Owns the error of the catalog floor."""

from __future__ import annotations


class CatalogError(Exception):
    """The catalog's files cannot be used.

    Parameters:
        sentence: one sentence for a person, with file and line: what is wrong and what was expected.

    Attributes:
        retryable: always False; the files must be changed first.
    """

    retryable = False

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
