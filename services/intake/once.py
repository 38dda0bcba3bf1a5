"""A command of a referent is done once, whatever is repeated: its first reply is kept with what it changed."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from contracts.refusals import RoleNotAllowed
from contracts.viewer import Role, Viewer
from services.intake.commands import Command
from services.runtime.database import Work


def asking(work: Work) -> Viewer:
    """The referent of this transaction. Refusal: RoleNotAllowed for anybody else."""
    if work.viewer is None or not work.viewer.has(Role.REFERENT):
        raise RoleNotAllowed
    return work.viewer


async def once(command: Command, work: Work, act: Callable[[Viewer], Awaitable[UUID]]) -> UUID:
    """Do the command unless it was done before; either way, the reference that it made."""
    viewer = asking(work)
    # Two submits at once: the second waits for the first, then finds its reply.
    await work.execute("SELECT pg_advisory_xact_lock(hashtextextended(:id, 0))", id=str(command.command_id))
    done = await work.recall_command(command.command_id)
    if done is not None:
        return UUID(done["ref"])
    ref = await act(viewer)
    await work.remember_command(command.command_id, {"ref": str(ref)})
    return ref
