"""What stays of an erased person: the skeletons of her referrals, which are nobody's any more.

Every time, state and coded word stays true, and so does every figure; only the reference that tied them to a person is
replaced, in all tables alike, by a random one that is kept nowhere else.
"""

from uuid import UUID, uuid4

from services.referral.forgettable import person_tables
from services.referral.tables import Base
from services.runtime.database import Work

_ASKED = """
UPDATE referral.task SET done_at = :now
WHERE done_at IS NULL AND referral IN (SELECT ref FROM referral.referral WHERE person = :person)
"""


async def replace_person(person: UUID, work: Work) -> None:
    """Make what is this person's nobody's, and ask nothing more of anybody about her; a second time finds nothing."""
    nobody = uuid4()
    await work.execute(_ASKED, person=person, now=work.now)
    for table in person_tables(Base.metadata):
        await work.execute(
            f'UPDATE referral."{table}" SET person = :nobody WHERE person = :person', nobody=nobody, person=person
        )
