"""What was planned with a person, as the page of her file shows it: her goal, what is to be ready, when both meet."""

from typing import Any
from uuid import UUID, uuid4

from contracts.viewer import Viewer
from services.intake.appointment_guide_store import plan_of
from services.intake.appointment_guide_words import PICTURES, Helper, Preparation
from services.intake.person_keys import PersonKeys
from services.runtime.database import Work


async def plan_shown(viewer: Viewer, work: Work, ref: UUID, keys: PersonKeys) -> dict[str, Any]:
    """Her goal and what is to be ready, for the page of her file."""
    plan = await plan_of(viewer, work, ref)
    last = plan.last
    return {
        "goal": keys.open(ref, "goal", last.goal) if last else None,
        "held_at": last.held_at if last else None,
        "next_at": last.next_at if last else None,
        "steps": [
            {
                "code": row.preparation,
                "label": Preparation(row.preparation).label,
                "picture": PICTURES[Preparation(row.preparation)],
                "done_at": row.done_at,
                "helper": Helper(row.helper).label if row.helper else None,
                # A new command each time the page is shown: the same step can be ticked, opened, and ticked again.
                "command_id": uuid4(),
            }
            for row in plan.steps
        ],
    }
