"""Who acts in the fictional territory: referents, desks and coordination as viewers, and who receives which right."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from contracts.asks import ListRecipients, ResolveRecipient
from contracts.refusals import Refusal
from contracts.replies import DeskOption, Recipient
from contracts.viewer import Role, Viewer
from contracts.vocabulary import OrganisationKind, Scheme
from services.intake.demonstration import RECIPIENTS, make_routes
from services.partners.demonstration import DESKS, ORGANISATIONS, make_directory, people, ref_of
from services.partners.recipients import list_recipients, resolve_recipient
from services.runtime.database import Database
from services.runtime.process import Service

# Absences and closed desks of the demonstration began less than this ago.
RECENT = timedelta(days=4)


@dataclass
class Territory:
    """The professionals by role, and a directory that answers through the real handlers, once for each question."""

    directory: Database
    now: datetime
    everybody: Mapping[UUID, Viewer]
    referents: list[Viewer]
    coordinator: Viewer
    _desks: dict[tuple[str, Scheme, bool], list[DeskOption]] = field(default_factory=dict)
    _recipients: dict[tuple[UUID, UUID, bool], Recipient | None] = field(default_factory=dict)

    async def desks(self, right: str, scheme: Scheme, at: datetime) -> list[DeskOption]:
        """The desks that could receive that right then: competent, open, under a convention and with a route."""
        key = (right, scheme, self._recent(at))
        if key not in self._desks:
            ask = ListRecipients(viewer=self.coordinator, right=right, scheme=scheme)
            async with self.directory.worker(at=self._as_of(at)) as work:
                found = (await list_recipients(ask, work)).desks
            self._desks[key] = [
                one
                for one in found
                if one.open and one.convention and one.contacts and one.organisation_kind in RECIPIENTS
            ]
        return self._desks[key]

    async def recipient(
        self, rng: Random, desk: DeskOption, right: str, scheme: Scheme, at: datetime
    ) -> Recipient | None:
        """Somebody of that desk, or her deputy, as she would have received then; None when nobody could."""
        for contact in rng.sample(desk.contacts, len(desk.contacts)):
            # Who receives does not depend on the right: a desk of `desks` is competent for it.
            key = (desk.desk, contact.account, self._recent(at))
            if key not in self._recipients:
                self._recipients[key] = await self._resolve(desk.desk, contact.account, right, scheme, at)
            if self._recipients[key] is not None:
                return self._recipients[key]
        return None

    async def _resolve(self, desk: UUID, contact: UUID, right: str, scheme: Scheme, at: datetime) -> Recipient | None:
        ask = ResolveRecipient(viewer=self.coordinator, desk=desk, contact=contact, right=right, scheme=scheme)
        try:
            async with self.directory.worker(at=self._as_of(at)) as work:
                return await resolve_recipient(ask, work)
        except Refusal:
            return None

    def _recent(self, at: datetime) -> bool:
        return self.now - at < RECENT

    def _as_of(self, at: datetime) -> datetime:
        return self.now if self._recent(at) else self.now - 2 * RECENT


async def make_territory(services: Mapping[str, Service], now: datetime) -> Territory:
    """Write the directory and the route table where they are missing, and name who acts."""
    async with services["partners"].database.worker() as work:
        await make_directory(work)
    async with services["intake"].database.worker() as work:
        await make_routes(work)
    found = viewers(services["partners"].settings.territory)
    roles: dict[Role, list[Viewer]] = defaultdict(list)
    for viewer in found.values():
        for role in viewer.roles:
            roles[role].append(viewer)
    return Territory(services["partners"].database, now, found, roles[Role.REFERENT], roles[Role.COORDINATOR][0])


def viewers(territory: str) -> dict[UUID, Viewer]:
    """The active professionals of the demonstration, as the directory would resolve them."""
    kinds = {code: (OrganisationKind(kind), name) for code, kind, name, _ in ORGANISATIONS}
    names = {(organisation, code): name for organisation, code, name, *_ in DESKS}
    return {
        one.ref: Viewer(
            account=one.ref,
            display_name=one.name,
            organisation=ref_of("organisation", one.organisation),
            organisation_kind=kinds[one.organisation][0],
            organisation_name=kinds[one.organisation][1],
            desks=(ref_of("desk", one.organisation, one.desk),) if one.desk else (),
            manages=(ref_of("desk", one.organisation, one.desk),)
            if one.desk and one.role is Role.DESK_MANAGER
            else (),
            desk_name=names.get((one.organisation, one.desk or "")),
            roles=frozenset({one.role}),
            territory=territory,
        )
        for one in people()
        if one.active
    }
