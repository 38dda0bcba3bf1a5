"""Whether a person opposes the evaluation of the programme (arrêté of 12 May 2025): recorded, and without any effect.

Read and written through a pool of its own, whose role reaches this table and no other. No fact, no journal entry, no
hint: whoever looks at anything else cannot tell the two answers apart.
"""

from collections.abc import Sequence
from uuid import UUID, uuid5

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from contracts.refusals import RoleNotAllowed
from contracts.viewer import Role, Viewer
from services.intake.evaluation_tables import ROLE, EvaluationAnswer
from services.intake.journal_kinds import PERSON_HERSELF
from services.runtime.database import Database, Work
from services.runtime.migrations import role_url
from services.runtime.process import Service


def evaluation_database(service: Service) -> Database:
    """The pool of the role `evaluation`; no connection is made before the first answer."""
    servers = service.servers
    url = role_url(servers.database_url, servers.keys, service.name, ROLE)
    return Database(
        service.name, service.settings.territory, service.clock, web_url=url, worker_url=url, web_size=1, worker_size=1
    )


async def record_answer(viewer: Viewer, command: UUID, person: UUID, opposed: bool, work: Work) -> None:
    """Keep what she answered; the same command again changes nothing. `work` is of the evaluation's own pool.

    The caller has made sure that the person is the viewer's. Refusal: RoleNotAllowed.
    """
    _require(viewer, person)
    values = {
        "ref": uuid5(viewer.account, f"evaluation/{command}/{person}"),
        "person": person,
        "organisation": viewer.organisation,
        "opposed": opposed,
        "actor": viewer.account,
        "actor_kind": PERSON_HERSELF if viewer.herself else Role.REFERENT.value,
        "at": work.now,
    }
    await work.session.execute(insert(EvaluationAnswer).values(values).on_conflict_do_nothing())


async def answer_of(viewer: Viewer, files: Sequence[UUID], work: Work) -> EvaluationAnswer | None:
    """Her newest answer, in whichever of her files, or None when she was not asked yet. Refusal: RoleNotAllowed."""
    for person in files:
        _require(viewer, person)
    query = select(EvaluationAnswer).where(col(EvaluationAnswer.person).in_(files))
    query = query.order_by(col(EvaluationAnswer.at).desc(), col(EvaluationAnswer.ref)).limit(1)
    return (await work.session.exec(query)).first()


def _require(viewer: Viewer, person: UUID) -> None:
    if not (viewer.has(Role.REFERENT) or (viewer.herself and viewer.account == person)):
        raise RoleNotAllowed
