"""After the commit: the referral of a hand-over is asked for, and asked again, until it is answered.

A crash or a service that is away leaves a hand-over `sending`; `send_what_is_left` finds it. The ask is idempotent by
reference, so that asking twice sends once.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from contracts.asks import SendReferral
from contracts.envelope import Frozen
from contracts.refusals import DateInTheFuture, Refusal, ServiceAway
from contracts.replies import ReferralState
from contracts.viewer import Role, Viewer
from contracts.vocabulary import HandoverMode, OrganisationKind
from services.intake import conventions, erasure_requests, notes
from services.intake.reconciling import TELL_EVERY, tell_withdrawals_again
from services.runtime import telemetry
from services.runtime.jobs import Job
from services.runtime.process import Service

log = telemetry.logger("sending")
SWEEP_EVERY = 5.0
SWEEP_AFTER = timedelta(seconds=5)
SWEEP_BATCH = 50


class HandedOver(Frozen):
    """`sent`: the referral service has it; else `sending`: it will, and nothing is lost."""

    ref: UUID
    step: str
    state: ReferralState | None = None


async def send(row: dict[str, Any], service: Service) -> HandedOver:
    """Ask for the referral of a committed hand-over and note the answer; a service that is away leaves it `sending`.

    A refusal is noted on the hand-over and raised.
    """
    try:
        state = await service.bus.ask(_ask(row, service))
    except (ServiceAway, DateInTheFuture):  # a clock that lags behind ours catches up
        return HandedOver(ref=row["ref"], step="sending")
    except Refusal as refusal:
        await _note_answer(row, service, refusal.slug)
        raise
    await _note_answer(row, service, None)
    return HandedOver(ref=row["ref"], step="sent", state=state)


def _ask(row: dict[str, Any], service: Service) -> SendReferral:
    # Who sends is rebuilt from the row, so that the sweeper asks in the very same words.
    viewer = Viewer(
        account=row["referent"],
        display_name="",
        organisation=row["organisation"],
        organisation_name="",
        organisation_kind=OrganisationKind(row["sender_kind"]),
        roles=frozenset({Role.REFERENT}),
        territory=service.settings.territory,
    )
    return SendReferral(
        command_id=row["command"],
        viewer=viewer,
        ref=row["ref"],
        person=row["person"],
        right=row["right"],
        mode=HandoverMode(row["mode"]),
        urgent=row["urgent"],
        accompanied=row["accompaniment"] is not None,
        organisation=row["recipient_organisation"],
        desk=row["desk"],
        contact=row["contact"],
        assignee=row["assignee"],
        redirect_of=row["redirect_of"],
        sent_at=row["sent_at"],
    )


# Versions are the facts' alone: a repeated ask may be answered with a later state than the facts still on their way.
_SENT = "UPDATE handover SET step = 'sent', state = 'sent', moved_at = :now WHERE ref = :ref AND step = 'sending'"
_REFUSED = """
UPDATE handover SET step = 'refused', refusal = :refusal, sent_at = NULL, moved_at = :now
WHERE ref = :ref AND step = 'sending'
"""


async def _note_answer(row: dict[str, Any], service: Service, refusal: str | None) -> None:
    async with service.database.worker() as work:
        if refusal is None:
            await work.execute(_SENT, now=work.now, ref=row["ref"])
        else:
            await work.execute(_REFUSED, now=work.now, ref=row["ref"], refusal=refusal)
        work.hint(f"organisation.{row['organisation']}")


_CLAIM = """
UPDATE handover SET moved_at = :now WHERE ref IN (
    SELECT ref FROM handover WHERE step = 'sending' AND moved_at < :before
    ORDER BY moved_at LIMIT :batch FOR UPDATE SKIP LOCKED
) RETURNING *
"""


async def send_what_is_left(service: Service) -> int:
    """Ask again for the hand-overs that were committed and not answered; returns how many were answered.

    `moved_at` is the lease: of two processes one takes a row; one that is not answered comes back after SWEEP_AFTER.
    """
    answered = 0
    while True:
        async with service.database.worker() as work:
            rows = (
                (await work.execute(_CLAIM, now=work.now, before=work.now - SWEEP_AFTER, batch=SWEEP_BATCH))
                .mappings()
                .all()
            )
        for row in rows:
            try:
                answered += (await send(dict(row), service)).step == "sent"
            except Refusal as refusal:
                log.warning("handover_refused", slug=refusal.slug)
        if len(rows) < SWEEP_BATCH:
            return answered


def jobs(service: Service) -> list[Job]:
    """The sweeper, and what keeps the rest right whatever the bus loses."""
    return [
        Job("send_what_is_left", SWEEP_EVERY, lambda: send_what_is_left(service)),
        Job("tell_withdrawals_again", TELL_EVERY, lambda: tell_withdrawals_again(service)),
        *conventions.jobs(service),
        *erasure_requests.jobs(service),
        *notes.jobs(service),
    ]
