"""The route table of the demonstration: who may share with whom once the person agrees. A territory's DPO validates its
own.
"""

from datetime import UTC, datetime

from sqlmodel import select

from contracts.consent import Basis
from contracts.vocabulary import OrganisationKind, Purpose
from services.intake.tables import SharingRoute
from services.runtime.database import Work

SENDERS = (OrganisationKind.CCAS, OrganisationKind.ASSOCIATION, OrganisationKind.FRANCE_SERVICES)
# No landlord: this territory's table has no route to one, so that a closed second lock can be seen.
RECIPIENTS = (
    OrganisationKind.CAF,
    OrganisationKind.CPAM,
    OrganisationKind.MSA,
    OrganisationKind.CARSAT,
    OrganisationKind.FRANCE_TRAVAIL,
    OrganisationKind.DEPARTEMENT,
    OrganisationKind.CCAS,
    OrganisationKind.MDPH,
)
VALID_FROM = datetime(2025, 1, 1, tzinfo=UTC)


async def make_routes(work: Work) -> None:
    """Write the routes that are missing, under the worker's role; a second time changes nothing."""
    known = {(row.sender_kind, row.recipient_kind) for row in (await work.session.exec(select(SharingRoute))).all()}
    for sender in SENDERS:
        for recipient in RECIPIENTS:
            if (sender.value, recipient.value) in known:
                continue
            route = SharingRoute(
                sender_kind=sender.value,
                recipient_kind=recipient.value,
                basis=Basis.PERSON_AGREEMENT.value,
                purposes=[purpose.value for purpose in Purpose],
                version=1,
                valid_from=VALID_FROM,
            )
            work.session.add(route)
