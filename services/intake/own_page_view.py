"""What a person's own page shows, read in one transaction: who may read what today, who read it, her referrals, and
what she asked about her data.

The transaction is her own, or her referent's who prints the page: each shows the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from contracts.consent import Category
from contracts.lifecycle import State
from contracts.replies import Network
from contracts.rights import right_name
from contracts.viewer import Viewer
from contracts.vocabulary import Purpose
from services.intake import handover_store, store
from services.intake.consent_rules import is_live
from services.intake.data_request_rules import Kind as Asked
from services.intake.data_request_tables import DataRequest
from services.intake.dossier import end_of, full_name
from services.intake.journal_disclosures import DisclosedTo, Reading, disclosures_of, fields_of
from services.intake.journal_kinds import Kind
from services.intake.own_page_words import ASKED, DONE_TO_HER, FOR_HER, WORKED, request_state, times, where_it_is
from services.intake.tables import ConsentGrant, Handover, Person
from services.runtime.database import Work
from services.runtime.web.dates import PARIS

MOST_SHOWN = 20


@dataclass(frozen=True)
class OwnPage:
    """Everything of the page, in the words of the page; `now` is the instant at which it was read."""

    person: Person
    now: datetime
    may_read: list[dict[str, Any]]
    over: list[dict[str, Any]]
    seen: list[dict[str, Any]]
    referrals: list[dict[str, Any]]
    requests: list[dict[str, Any]]

    @property
    def hello(self) -> str:
        """Her name, as one says it to her."""
        civility = {"mme": "Madame ", "m": "Monsieur "}.get(self.person.civility, "")
        return f"{civility}{self.person.last_name}" if civility else full_name(self.person)


async def own_page(viewer: Viewer, work: Work, person: UUID, network: Network | None) -> OwnPage:
    """The page of one file of a person. Refusal: NotFound."""
    found = await store.person_of(viewer, work, person, merged=True)
    grants = await _rows(ConsentGrant, work, person, col(ConsentGrant.given_at))
    handovers = [
        row for row in await _rows(Handover, work, person, col(Handover.created_at))
        if row.step in handover_store.READABLE_STEPS
    ]  # fmt: skip
    live = [row for row in grants if is_live(row, work.now)]
    return OwnPage(
        person=found,
        now=work.now,
        may_read=[_may_read(row, handovers, work.now) for row in live],
        over=[_over(row) for row in grants if row not in live],
        seen=[_seen(one, network) for one in await disclosures_of(person, work) if one.readings],
        referrals=[shown_referral(row) for row in handovers],
        requests=[_request(row) for row in await _rows(DataRequest, work, person, col(DataRequest.opened_at))],
    )


async def grant_of_hers(work: Work, person: UUID, ref: UUID) -> ConsentGrant | None:
    """An agreement of that person, or None."""
    query = select(ConsentGrant).where(ConsentGrant.ref == ref, ConsentGrant.person == person)
    return (await work.session.exec(query)).first()


async def referral_of_hers(work: Work, person: UUID, ref: UUID) -> Handover | None:
    """A referral of that person that left, or None."""
    query = select(Handover).where(Handover.ref == ref, Handover.person == person)
    row = (await work.session.exec(query)).first()
    return row if row is not None and row.step in handover_store.READABLE_STEPS else None


def shown_grant(row: ConsentGrant) -> dict[str, Any]:
    """One agreement as its own page shows it, with what can be taken out of it."""
    kept = set(row.categories)
    return _grant(row) | {
        "categories": [(one.value, _said(one.label)) for one in Category if one.value in kept],
        "right_options": [(code, right_name(code)) for code in row.rights],
        "last_day": row.expires_at.astimezone(PARIS).date().isoformat(),
    }


async def _rows(table: Any, work: Work, person: UUID, newest: Any) -> list[Any]:  # noqa: ANN401 - any table of a person
    query = select(table).where(table.person == person).order_by(newest.desc())
    return list((await work.session.exec(query)).all())


def _grant(row: ConsentGrant) -> dict[str, Any]:
    return {
        "ref": row.ref,
        "organisation": row.recipient_organisation_name,
        "desk": row.desk_name,
        "purpose": Purpose(row.purpose).label,
        "rights": [right_name(code) for code in row.rights],
        "fields": _labels(fields_of(row.categories)),
        "given_at": row.given_at,
        "until": end_of(row),
        "withdrawn_at": row.withdrawn_at,
    }


def _may_read(row: ConsentGrant, handovers: list[Handover], now: datetime) -> dict[str, Any]:
    reads = any(
        one.grant == row.ref and (one.readable_until is None or one.readable_until > now) for one in handovers
    )
    return _grant(row) | {"reads": reads}


def _over(row: ConsentGrant) -> dict[str, Any]:
    return _grant(row) | {"since": row.withdrawn_at or end_of(row), "withdrawn": row.withdrawn_at is not None}


def _labels(fields: dict[str, tuple[str, ...]]) -> list[str]:
    return [_said(label) for labels in fields.values() for label in labels]


def _said(label: str) -> str:
    return FOR_HER.get(label, label)


def _seen(one: DisclosedTo, network: Network | None) -> dict[str, Any]:
    name = one.organisation_name
    if not name and network is not None and one.organisation is not None:
        name = network.organisations.get(one.organisation, "")
    desk = one.desk_name or (network.desks.get(one.desk, "") if network and one.desk else "")
    read = [reading for reading in one.read if not reading.in_a_list]
    return {
        "own": one.own,
        "organisation": name,
        "desk": desk,
        "how_often": times(len(read)) if read else None,
        "read_times": len(read),
        "last": read[0].at if read else None,
        "fields": list(dict.fromkeys(_said(label) for reading in read for label in reading.fields)),
        "in_lists": sum(1 for reading in one.read if reading.in_a_list),
        "refused": sum(1 for reading in one.readings if reading.refusal is not None and not _wrong_code(reading)),
        "wrong_codes": sum(1 for reading in one.readings if _wrong_code(reading)),
        "times": [_time(reading) for reading in _in_order(read)[:MOST_SHOWN]],
        "more": max(0, len(read) - MOST_SHOWN),
    }


def _wrong_code(one: Reading) -> bool:
    """Somebody typed a wrong code at the door of her page: nobody of a team."""
    return one.kind is Kind.OWN_PAGE_OPENED and one.refusal is not None


def _in_order(readings: Iterable[Reading]) -> list[Reading]:
    return sorted(readings, key=lambda one: (one.at, one.kind), reverse=True)


def _time(one: Reading) -> dict[str, Any]:
    return {
        "at": one.at,
        "what": DONE_TO_HER.get(one.kind, WORKED),
        "fields": [_said(label) for label in one.fields],
        "reason": one.reason,
    }


def shown_referral(row: Handover) -> dict[str, Any]:
    """One referral in the words of the page."""
    closed = row.state == State.CLOSED
    return {
        "ref": row.ref,
        "right": right_name(row.right),
        "organisation": row.recipient_organisation_name,
        "desk": row.desk_name,
        "contact": row.contact_name,
        "sent_at": row.sent_at or row.created_at,
        "moved_at": row.moved_at,
        "where": where_it_is(row.state, row.turn, row.outcome),
        "closed": closed,
        "version": row.version,
    }


def _request(row: DataRequest) -> dict[str, Any]:
    return {
        "what": ASKED[Asked(row.kind)][0],
        "received_on": row.received_on,
        "due_on": row.due_on,
        "state": request_state(row.state),
        "open": row.state not in ("done", "refused"),
    }
