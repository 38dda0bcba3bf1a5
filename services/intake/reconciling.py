"""A withdrawal or a narrowing that the bus lost is told again: a referral whose agreement ended must not stay open.

Reading stopped with the withdrawal itself; what may be missing is only the end of the referral.
"""

from datetime import timedelta
from uuid import uuid4

from contracts.envelope import Envelope
from contracts.facts import ConsentNarrowed, ConsentWithdrawn
from contracts.lifecycle import OPEN
from services.runtime.process import Service

AFTER = timedelta(minutes=5)
TELL_EVERY = 300.0
_TYPES = [ConsentWithdrawn.type_name(), ConsentNarrowed.type_name()]
_UNHEARD = """
SELECT DISTINCT g.ref FROM consentgrant g JOIN handover h ON h."grant" = g.ref
WHERE (g.withdrawn_at < :before OR (g.narrowed_at < :before AND NOT h."right" = ANY (g.rights)))
    AND h.step = 'sent' AND h.state = ANY (:open) LIMIT 50
"""
_TOLD = "SELECT envelope FROM fact WHERE type = ANY (:types) AND ref = ANY (:refs)"


async def tell_withdrawals_again(service: Service) -> int:
    """Publish again, under a new envelope id, the withdrawals after which a referral is still open; how many."""
    async with service.database.worker() as work:
        states = sorted(state.value for state in OPEN)
        refs = list((await work.execute(_UNHEARD, before=work.now - AFTER, open=states)).scalars())
        told = (await work.execute(_TOLD, types=_TYPES, refs=refs)).scalars() if refs else ()
        envelopes = [Envelope.model_validate(one) for one in told]
    for envelope in envelopes:
        await service.bus.publish(envelope.model_copy(update={"id": uuid4(), "causation": envelope.id}))
    return len(envelopes)
