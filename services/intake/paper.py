"""A paper for the person: large type, a picture beside each heading, few words. Her summary and her letter are papers.

Pure. It is printed from the page, or as a PDF (`paper_pdf`) in languages that the standard fonts can write.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Item:
    """One line; `small` says more under it, `done` None where there is nothing to tick, `strong` where it is a name."""

    text: str
    small: str = ""
    strong: bool = False
    done: bool | None = None


@dataclass(frozen=True)
class Section:
    """A heading with its picture (an icon of lucide) and what stands under it."""

    title: str
    picture: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Paper:
    """Everything that stands on it, in its language. `ref` is a random reference; `kind` names the file."""

    kind: str
    ref: UUID
    lang: str
    direction: str
    title: str
    person: str
    intro: str
    sections: tuple[Section, ...]
    closing: tuple[str, ...]
    made_on: str
    ticks: tuple[str, str] = ("fait", "à faire")

    def file_name(self, ending: str) -> str:
        """The name under which it is saved: it says nothing of anybody."""
        return f"{self.kind}-{str(self.ref)[:8]}.{ending}"

    def texts(self) -> Iterable[str]:
        """Every text of it."""
        yield from (self.title, self.person, self.intro, self.made_on, *self.closing, *self.ticks)
        for section in self.sections:
            yield section.title
            for item in section.items:
                yield from (item.text, item.small)


def section(title: str, picture: str, *items: Item | str | None) -> Section | None:
    """A section of what there is to say; None when there is nothing."""
    said = tuple(Item(one) if isinstance(one, str) else one for one in items if one)
    return Section(title, picture, said) if said else None


def sections(*found: Section | None) -> tuple[Section, ...]:
    """Those that have something to say."""
    return tuple(one for one in found if one is not None)
