"""A coded word: the code travels, the French label is shown."""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A coded word with the French label that people read."""

    label: str

    def __new__(cls, code: str, label: str = "") -> Self:
        word = str.__new__(cls, code)
        word._value_ = code
        word.label = label or code
        return word

    @classmethod
    def options(cls) -> list[tuple[str, str]]:
        """(code, label) pairs in the order of the list, for a form."""
        return [(word.value, word.label) for word in cls]
