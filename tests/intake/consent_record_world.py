"""Agreements and what their record says, as the tests of the record read it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.consent import Category
from services.intake.consent_handlers import record_consent
from services.intake.tables import ConsentEvent
from tests.intake.people_world import People
from tests.intake.test_consent import consent

SOME = frozenset({Category.IDENTITY_MIN, Category.CONTACT_PHONE, Category.HOUSING})


async def agree(
    people: People, viewer: Any, person: UUID, desk: Any, at: datetime | None = None, **values: Any
) -> UUID:
    given = {"categories": SOME, "rights": frozenset({"rsa", "apl"}), **values}
    async with people.work(viewer, at) as work:
        expires_at = given.pop("expires_at", work.now + timedelta(days=90))
        return await record_consent(consent(person, desk, expires_at=expires_at, **given), work, people.keys)


async def events(people: People, ref: UUID) -> list[ConsentEvent]:
    found = await people.rows(ConsentEvent, ConsentEvent.grant == ref)
    return sorted(found, key=lambda one: one.at)
