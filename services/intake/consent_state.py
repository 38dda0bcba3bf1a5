"""The events of an agreement as they are kept, and the one rule that says from them where it stands at an instant.

Shaped after ISO/IEC TS 27560: what was presented, agreed to, narrowed, renewed, taken back, ended, and handed out.
Pure: what only concerns the person (who was there, who represents her) is ciphertext beside these details, not in them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from contracts.consent import MAX_GRANT_AGE
from contracts.envelope import Frozen
from contracts.vocabulary import Representation, Word


class EventKind(Word):
    """What can happen to an agreement, in the order in which it can at one instant."""

    PRESENTED = "presented", "Notice présentée"
    REFUSED = "refused", "Refus"
    GIVEN = "given", "Accord donné"
    NARROWED = "narrowed", "Accord réduit"
    RENEWED = "renewed", "Accord renouvelé"
    RECEIPT_GIVEN = "receipt_given", "Reçu remis"
    PROXY_ENDED = "proxy_ended", "Fin de la représentation"
    EXPIRED = "expired", "Accord arrivé à son terme"
    WITHDRAWN = "withdrawn", "Accord retiré"


class ReceiptWay(Word):
    """How the person got her receipt."""

    PRINTED = "printed", "Imprimé et remis"
    FILE = "file", "Envoyé en fichier"


class EventDetails(Frozen):
    """What one event says, in codes, references and instants; what it does not concern is None.

    `categories` and `rights` are what is agreed to after the event; `evidence_sha256` is the hash of a paper or a
    message that the referent keeps elsewhere. `with_proxy` and `represented_until` say who spoke, and how long she may.
    """

    purpose: str | None = None
    categories: tuple[str, ...] | None = None
    rights: tuple[str, ...] | None = None
    contact: UUID | None = None
    expires_at: datetime | None = None
    method: str | None = None
    language: str | None = None
    notice: str | None = None
    notice_sha256: str | None = None
    interpreter: bool | None = None
    read_back: bool | None = None
    with_proxy: Representation | None = None
    represented_until: datetime | None = None
    proxy_paper_seen: bool | None = None
    evidence_sha256: str | None = None
    epoch: int | None = None
    renews: UUID | None = None
    renewed_by: UUID | None = None
    receipt: ReceiptWay | None = None

    def stored(self) -> dict[str, object]:
        """The JSON form that is kept: nothing that was not said."""
        return self.model_dump(mode="json", exclude_none=True)


class Standing(Word):
    """Where an agreement stands."""

    NOT_GIVEN = "not_given", "Pas donné"
    LIVE = "live", "En cours"
    WITHDRAWN = "withdrawn", "Retiré"
    EXPIRED = "expired", "Terminé"
    PROXY_ENDED = "proxy_ended", "Représentation terminée"


class Kept(Protocol):
    """A kept event, as the table has it."""

    @property
    def kind(self) -> str: ...

    @property
    def at(self) -> datetime: ...

    @property
    def details(self) -> dict[str, object]: ...


@dataclass(frozen=True)
class GrantState:
    """An agreement at an instant, as its events tell it; `categories` and `rights` are None in records made before
    events held them.
    """

    standing: Standing = Standing.NOT_GIVEN
    categories: frozenset[str] | None = None
    rights: frozenset[str] | None = None
    given_at: datetime | None = None
    expires_at: datetime | None = None
    represented_until: datetime | None = None
    withdrawn_at: datetime | None = None
    receipt_at: datetime | None = None
    renewed_by: UUID | None = None
    epoch: int = 0


_ORDER = {kind.value: place for place, kind in enumerate(EventKind)}


def in_order(events: Iterable[Kept]) -> list[Kept]:
    """Events as they happened; of one instant, in the order of the kinds."""
    return sorted(events, key=lambda one: (one.at, _ORDER.get(one.kind, len(_ORDER))))


def state_of(events: Iterable[Kept], at: datetime) -> GrantState:
    """Where one agreement stands at that instant, from its events alone: later ones are not looked at.

    An end is true from its instant on, whether or not the clock has written its event yet.
    """
    state = GrantState()
    for event in in_order(events):
        if event.at <= at:
            state = _after(state, event, EventDetails.model_validate(event.details))
    return replace(state, standing=_standing(state, at))


def _after(state: GrantState, event: Kept, said: EventDetails) -> GrantState:
    if event.kind == EventKind.GIVEN:
        state = replace(state, given_at=event.at, epoch=1, represented_until=said.represented_until)
    elif event.kind == EventKind.WITHDRAWN:
        state = replace(state, withdrawn_at=state.withdrawn_at or event.at)
    elif event.kind == EventKind.RENEWED:
        state = replace(state, renewed_by=said.renewed_by)
    elif event.kind == EventKind.RECEIPT_GIVEN:
        state = replace(state, receipt_at=event.at)
    if event.kind in (EventKind.GIVEN, EventKind.NARROWED):
        state = replace(
            state,
            categories=state.categories if said.categories is None else frozenset(said.categories),
            rights=state.rights if said.rights is None else frozenset(said.rights),
            expires_at=said.expires_at or state.expires_at,
        )
    return replace(state, epoch=max(state.epoch, said.epoch or 0))


def _standing(state: GrantState, at: datetime) -> Standing:
    if state.given_at is None:
        return Standing.NOT_GIVEN
    if state.withdrawn_at is not None:
        return Standing.WITHDRAWN
    end = state.given_at + MAX_GRANT_AGE
    if min(state.expires_at or end, end) <= at:
        return Standing.EXPIRED
    if state.represented_until is not None and state.represented_until <= at:
        return Standing.PROXY_ENDED
    return Standing.LIVE
