"""« Qui a vu quoi » of one person, from the journal and her agreements: what each desk may or might read, and who did.

For her own page, a printed sheet, and an access request. It holds references of accounts; the page names them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from contracts.dossier import Category, Dossier, category_of
from contracts.vocabulary import Purpose
from services.intake.journal_kinds import PERSON_HERSELF, Kind, Reason
from services.runtime.database import Work

_READINGS = """
SELECT kind, at, viewer, viewer_organisation, actor_kind, desk, "grant", categories, outcome, refusal, reason, handover,
    person IS NULL AS in_a_list
FROM intake.journalentry WHERE person = :person OR people @> ARRAY[cast(:person AS uuid)] ORDER BY at DESC, ref
"""
_GRANTS = """
SELECT ref, recipient_organisation, recipient_organisation_name, desk, desk_name, purpose, categories, given_at,
    expires_at, withdrawn_at, epoch
FROM intake.consentgrant WHERE person = :person ORDER BY given_at DESC, ref
"""


@dataclass(frozen=True)
class Reading:
    """One line of the journal about her: who, when, what was done, which fields it showed, or why it was refused.

    `account` is None when it was herself or the system. `fields` are the French labels of what was shown.
    """

    at: datetime
    account: UUID | None
    actor_kind: str
    organisation: UUID | None
    desk: UUID | None
    kind: Kind
    fields: tuple[str, ...]
    grant: UUID | None
    handover: UUID | None
    in_a_list: bool = False
    refusal: str | None = None
    reason: str | None = None

    @property
    def what(self) -> str:
        """What was done, in words."""
        return self.kind.label


@dataclass(frozen=True)
class Agreed:
    """One of her agreements: the fields by the label of their category, until when, or since when no longer."""

    grant: UUID
    purpose: str
    fields: dict[str, tuple[str, ...]]
    given_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class DisclosedTo:
    """One desk (or her own referent's organisation, `own`): what she agreed to for it, and every reading there.

    Names are snapshots of her agreements, "" when there is none: then the directory knows the organisation.
    """

    organisation: UUID | None
    organisation_name: str
    desk: UUID | None
    desk_name: str
    own: bool
    agreed: list[Agreed] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)

    @property
    def read(self) -> list[Reading]:
        """Those readings that showed something of her."""
        return [one for one in self.readings if one.refusal is None]


def fields_of(categories: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The labels of the fields of these categories, by the label of the category, in the order of the dossier."""
    wanted = set(categories)
    return {
        one.label: tuple(
            str(info.title) for name, info in Dossier.model_fields.items() if category_of(name) is one
        )
        for one in Category
        if one.value in wanted
    }


async def disclosures_of(person: UUID, work: Work) -> list[DisclosedTo]:
    """Every organisation and desk that could read or did read of her: her own first, then the last reader first.

    The transaction is the worker's, or that of a viewer who may see her journal (her referent's organisation, the DPO).
    Her own visits of her page are not in it.
    """
    owner = (await work.execute("SELECT organisation FROM intake.person WHERE ref = :person", person=person)).scalar()
    found: dict[UUID | None, DisclosedTo] = {None: DisclosedTo(owner, "", None, "", True)}
    for row in await work.execute(_GRANTS, person=person):
        at_desk = found.setdefault(
            row.desk,
            DisclosedTo(row.recipient_organisation, row.recipient_organisation_name, row.desk, row.desk_name, False),
        )
        fields = fields_of(row.categories)
        at_desk.agreed.append(
            Agreed(row.ref, Purpose(row.purpose).label, fields, row.given_at, row.expires_at, row.withdrawn_at)
        )
    for row in await work.execute(_READINGS, person=person):
        if row.actor_kind == PERSON_HERSELF:
            continue
        desk = None if row.viewer_organisation in (owner, None) else row.desk
        place = found.get(desk) or found.setdefault(
            desk, DisclosedTo(row.viewer_organisation, "", row.desk, "", False)
        )
        place.readings.append(_reading(row))
    own = found.pop(None)
    return [own, *sorted(found.values(), key=_last_read, reverse=True)]


def _last_read(place: DisclosedTo) -> datetime:
    instants = [one.at for one in place.readings] + [one.given_at for one in place.agreed]
    return max(instants)


def _reading(row) -> Reading:  # type: ignore[no-untyped-def]  # noqa: ANN001 - a row of the journal
    labels = [label for fields in fields_of(row.categories).values() for label in fields]
    return Reading(
        at=row.at,
        account=row.viewer if row.viewer.int else None,
        actor_kind=row.actor_kind,
        organisation=row.viewer_organisation,
        desk=row.desk,
        kind=Kind(row.kind),
        fields=tuple(labels),
        grant=row.grant,
        handover=row.handover,
        in_a_list=row.in_a_list,
        refusal=row.refusal,
        # Other words there are for the machine: which step of a request, which decision.
        reason=Reason(row.reason).label if row.reason in set(Reason) else None,
    )
