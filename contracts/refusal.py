"""Every expected refusal: a class, a slug for machines, a French sentence for people and an HTTP status.

A refusal is raised where the rule is, crosses the bus by its slug, and is shown or returned at the edge; only surprises
are a 500. A sentence never contains anything of a person.
"""

import re
from typing import ClassVar

_REGISTRY: dict[str, type["Refusal"]] = {}


class Refusal(Exception):
    """An answer that is no. `details` hold codes and instants only; the sentence may quote them with {name}."""

    status: ClassVar[int] = 409
    sentence: ClassVar[str] = "Cette action n’est pas possible."
    slug: ClassVar[str] = "refusal"
    # Of the two locks of a disclosure: `grant` or `route`, and in French what would open it.
    lock: ClassVar[str | None] = None
    opened_by: ClassVar[str | None] = None
    # The page on which what is missing can be given; it quotes the details with {name}, as the sentence does.
    page: ClassVar[str | None] = None
    # After how many seconds it may be tried again, where waiting helps.
    wait: ClassVar[int | None] = None

    def __init__(self, field: str | None = None, **details: str) -> None:
        self.field = field
        self.details = details
        super().__init__(self.slug)

    def __init_subclass__(cls) -> None:
        cls.slug = "-".join(word.lower() for word in re.findall(r"[A-Z][a-z0-9]*", cls.__name__))
        _REGISTRY[cls.slug] = cls

    def __str__(self) -> str:
        try:
            return self.sentence.format(**self.details)
        except KeyError:
            return self.sentence

    def wire(self) -> dict[str, object]:
        """JSON form: slug, sentence, details, the form field it is about, and which lock is closed and who opens it."""
        locked = {"lock": self.lock, "opened_by": self.opened_by} if self.lock else {}
        return {"slug": self.slug, "sentence": str(self), "details": self.details, "field": self.field, **locked}


def from_wire(body: dict[str, object]) -> Refusal:
    """The refusal that `wire()` wrote; an unknown slug (a newer service) becomes the base class."""
    details = body.get("details")
    kind = _REGISTRY.get(str(body.get("slug")), Refusal)
    field = body.get("field")
    return kind(field=str(field) if field else None, **(details if isinstance(details, dict) else {}))


def every_refusal() -> dict[str, type[Refusal]]:
    """All refusals by slug, for the docs and the tests."""
    return dict(_REGISTRY)
