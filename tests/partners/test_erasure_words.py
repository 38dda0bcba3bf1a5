"""What a desk is told of a request to erase: when it read what it is asked to erase, by the days of Paris."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from contracts.replies import ErasureAsked
from contracts.vocabulary import ErasureCause, ErasureState
from services.partners.erasures import tombstone

MIDNIGHT = datetime(2026, 11, 17, 23, tzinfo=UTC)  # of Paris, where Wednesday the 18th begins


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (MIDNIGHT.replace(minute=20), MIDNIGHT.replace(day=18, hour=0, minute=30), "Lu mercredi 18 novembre"),
        (
            MIDNIGHT.replace(hour=22, minute=30), MIDNIGHT.replace(minute=30),
            "Lu mardi 17 novembre, pour la dernière fois mercredi 18 novembre",
        ),
    ],
)  # fmt: skip
def test_readings_of_one_day_or_of_two_are_those_of_paris(first: datetime, last: datetime, said: str):
    asked = ErasureAsked(
        ref=uuid4(), referral=uuid4(), desk=uuid4(), cause=ErasureCause.WITHDRAWAL, shared=("Téléphone",),
        asked_at=last, due_on=date(2026, 12, 20), state=ErasureState.ASKED, read_from=first, read_until=last,
    )  # fmt: skip
    told = dict(tombstone(asked, datetime(2026, 11, 25, 9, tzinfo=UTC))["pairs"])
    assert told["Quand"] == said
