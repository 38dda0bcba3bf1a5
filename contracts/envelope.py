"""The base of every fact and every ask, and the envelope in which a fact travels.

Attribute names of the envelope follow CloudEvents 1.0; subjects are derived from class names and never typed by hand.
A fact holds references and coded words only: no name, birth date, phone or free text of a person.
"""

import re
from datetime import datetime
from typing import Any, ClassVar, Generic, Self, TypeVar
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field

STREAM = "FACTS"
_WORD = re.compile(r"[A-Z][a-z0-9]*")
_VERSIONED = re.compile(r"^(?P<name>[A-Za-z]+?)(?:V(?P<version>\d+))?$")

R = TypeVar("R", bound=BaseModel)


class Frozen(BaseModel):
    """A value that does not change once made; an unknown field is ignored, so that a newer sender is understood."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Fact(Frozen):
    """Something that happened, in the past tense: `ReferralSent` is the fact `sent` of the object `referral`.

    `object_words` says how many words of the class name are the object. `ref` is the object's reference, and `version`
    counts the facts of that object from 1 without a gap where the object has one authority; 0 means: not counted.
    """

    object_words: ClassVar[int] = 1
    ref: UUID
    version: int = 0

    @classmethod
    def words(cls) -> tuple[str, str, int]:
        """Object, participle and schema version read off the class name, as ('desk_item', 'delivered', 1)."""
        found = _VERSIONED.match(cls.__name__)
        assert found, cls.__name__
        words = [word.lower() for word in _WORD.findall(found["name"])]
        cut = cls.object_words
        return "_".join(words[:cut]), "_".join(words[cut:]), int(found["version"] or 1)

    @classmethod
    def type_name(cls) -> str:
        """The fact's type, as `referral.sent.v1`."""
        thing, participle, version = cls.words()
        return f"{thing}.{participle}.v{version}"

    @classmethod
    def subject(cls, territory: str) -> str:
        """The bus subject on which this fact is published in that territory."""
        return f"relais.{territory}.{cls.type_name()}"


class Envelope(Frozen):
    """A fact on its way (CloudEvents 1.0 attribute names), plus what correlates it; `data` is the fact's JSON
    object.
    """

    specversion: str = "1.0"
    id: UUID
    source: str
    type: str
    time: datetime
    subject: str
    dataschema: str
    territory: str
    correlation: UUID
    causation: UUID | None = None
    actor_kind: str
    traceparent: str | None = None
    data: dict[str, Any]

    @classmethod
    def of(
        cls,
        fact: Fact,
        *,
        source: str,
        time: datetime,
        territory: str,
        actor_kind: str,
        correlation: UUID | None = None,
        causation: UUID | None = None,
        traceparent: str | None = None,
    ) -> Self:
        """Wrap a fact; `time` is the instant it became true (aware, UTC), `actor_kind` a role's code or `clock`."""
        fact_id = uuid4()
        return cls(
            id=fact_id,
            source=f"relais/{source}",
            type=fact.type_name(),
            time=time,
            subject=str(fact.ref),
            dataschema=f"contracts/schemas/{fact.type_name()}.json",
            territory=territory,
            correlation=correlation or fact_id,
            causation=causation,
            actor_kind=actor_kind,
            traceparent=traceparent,
            data=fact.model_dump(mode="json"),
        )


class Ask(Frozen, Generic[R]):
    """A question or command to one service, answered at once with `Reply` or a named refusal.

    `command_id` makes a repeated command the same command; a plain question ignores it.
    """

    answered_by: ClassVar[str]
    asked_by: ClassVar[tuple[str, ...]]
    reply: ClassVar[type[BaseModel]]
    command_id: UUID = Field(default_factory=uuid4)

    @classmethod
    def slug(cls) -> str:
        """`SendReferral` → `send_referral`; also the name of the handler that answers it."""
        return "_".join(word.lower() for word in _WORD.findall(cls.__name__))

    @classmethod
    def subject(cls, territory: str) -> str:
        """The request subject of this ask in that territory."""
        return f"ask.{territory}.{cls.answered_by}.{cls.slug()}"
