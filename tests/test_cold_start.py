"""The first question of a fresh process is answered like any other: what takes seconds to load is loaded before."""

from contracts.paris import public_holidays
from services.partners.domain import today_in_paris
from services.partners.working_days import is_holiday
from tests.conftest import Running


async def test_the_calendar_is_there_before_the_directory_answers(relais: Running) -> None:
    partners = relais.service("partners")
    assert partners.prepared
    public_holidays.cache_clear()
    assert partners.parts.prepare is not None
    await partners.parts.prepare()
    assert public_holidays.cache_info().currsize >= 1  # the other services ask the same
    before = public_holidays.cache_info().misses
    is_holiday(today_in_paris(partners.clock()))
    assert public_holidays.cache_info().misses == before, "whoever asks first does not load it"
    assert any(job.name == "calendar" for job in partners.jobs.jobs), "nor at the beginning of a year"
