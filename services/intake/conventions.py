"""The conventions with the partners, as intake knows them: kept from their facts, and asked for where a fact was lost.

The directory decides; intake checks them at every reading.
"""

from uuid import UUID

from contracts.asks import ListConventions
from contracts.envelope import Fact
from contracts.facts import ConventionRecorded
from contracts.refusals import Refusal
from contracts.replies import ConventionState
from services.runtime import telemetry
from services.runtime.database import Work
from services.runtime.inbox import Reaction
from services.runtime.jobs import Job
from services.runtime.process import Service

log = telemetry.logger("conventions")
LEARN_EVERY = 30.0
_KEEP = """
INSERT INTO knownconvention (ref, organisation, starts, ends, revision)
VALUES (:ref, :organisation, :starts, :ends, :revision)
ON CONFLICT (ref) DO UPDATE SET organisation = excluded.organisation, starts = excluded.starts, ends = excluded.ends,
    revision = excluded.revision
WHERE knownconvention.revision < excluded.revision RETURNING ref
"""


async def keep_convention(fact: ConventionRecorded | ConventionState, work: Work) -> None:
    """The convention as it stands now; an older telling of it changes nothing."""
    changed = await work.execute(
        _KEEP,
        ref=fact.ref,
        organisation=fact.organisation,
        starts=fact.starts,
        ends=fact.ends,
        revision=fact.revision,
    )
    if changed.first() is not None:
        work.hint(f"organisation.{fact.organisation}")


async def learn_conventions(service: Service) -> list[UUID]:
    """Ask the directory for all of them, at the start and every LEARN_EVERY seconds: what the bus lost is made good."""
    try:
        found = (await service.bus.ask(ListConventions())).conventions
    except Refusal as refusal:
        log.warning("conventions_not_learnt", slug=refusal.slug)
        return []
    async with service.database.worker() as work:
        for one in found:
            await keep_convention(one, work)
    return [one.ref for one in found]


REACTIONS: dict[type[Fact], Reaction] = {ConventionRecorded: keep_convention}


def jobs(service: Service) -> list[Job]:
    """The learner."""
    return [Job("learn_conventions", LEARN_EVERY, lambda: learn_conventions(service))]
