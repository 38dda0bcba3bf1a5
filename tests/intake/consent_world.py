"""An agreement as the tests of consent record it, and the rights it rests on."""

from uuid import UUID

from contracts.consent import Category
from contracts.replies import DeskOption
from contracts.vocabulary import ConsentMethod, Purpose
from services.intake.commands import RecordConsent
from tests.intake.people_world import asked


def consent(person: UUID, desk: DeskOption, **values) -> RecordConsent:
    given = {
        "person": person,
        "to": asked(desk),
        "purpose": Purpose.OPEN_RIGHT,
        "rights": frozenset({"rsa"}),
        "categories": frozenset({Category.IDENTITY_MIN}),
        "method": ConsentMethod.ORAL_IN_PERSON,
        "read_back": True,
    }
    return RecordConsent(**{**given, **values})
