"""A command of a referent is done once, whatever is repeated: its first reply is kept with what it changed."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from contracts.refusals import RoleNotAllowed
from contracts.viewer import Role, Viewer
from services.intake.commands import Command
from services.intake.journal_kinds import PERSON_HERSELF
from services.intake.limiting import refuse_limited
from services.runtime.database import Work


def asking(work: Work) -> Viewer:
    """The referent of this transaction. Refusal: RoleNotAllowed for anybody else."""
    if work.viewer is None or not work.viewer.has(Role.REFERENT):
        raise RoleNotAllowed
    return work.viewer


def actor_of(viewer: Viewer) -> str:
    """Under which word a fact says who did this: the referent, or the person on her own page."""
    return PERSON_HERSELF if viewer.herself else Role.REFERENT.value


async def once(
    command: Command, work: Work, act: Callable[[Viewer], Awaitable[UUID]], *, herself: bool = False
) -> UUID:
    """Do the command unless it was done before; either way, the reference that it made.

    `herself`: the person may do it too, on her own page, about what is hers. A command about a `person` whose file is
    limited is refused: FileLimited.
    """
    viewer = work.viewer if herself and work.viewer is not None and work.viewer.herself else asking(work)
    # Two submits at once: the second waits for the first, then finds its reply.
    await work.execute("SELECT pg_advisory_xact_lock(hashtextextended(:id, 0))", id=str(command.command_id))
    done = await work.recall_command(command.command_id)
    if done is not None:
        return UUID(done["ref"])
    person = getattr(command, "person", None)
    if person is not None:
        await refuse_limited(work, person)
    ref = await act(viewer)
    await work.remember_command(command.command_id, {"ref": str(ref)})
    return ref
