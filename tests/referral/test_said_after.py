"""What people said at the checks after the end is counted on the board, by its definition’s SQL and by hand."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from contracts.actions import Acknowledge, Close, LogAttempt, RecordCheck
from contracts.asks import FollowUpReferral
from contracts.refusals import RoleNotAllowed
from contracts.vocabulary import AttemptChannel, AttemptResult, Outcome, RightReally, Usefulness
from services.referral import handlers
from services.referral.board import month_key
from services.referral.board_definitions import listed, runnable
from services.referral.board_store import read_board
from services.referral.board_view import Names
from services.referral.business_time import paris_day
from services.referral.definitions import SAID
from services.referral.report import read_report
from services.referral.said_after import Answered, said_of
from services.referral.said_after_words import desk_rows, sentence
from tests.referral.referral_world import Alone, World

SENT = datetime.fromisoformat("2026-03-02T08:00:00+00:00")
DAY = timedelta(days=1)


async def test_what_people_say_after_the_end_is_on_the_board_as_its_definition_counts_it(alone: Alone):
    world = World()
    before = await _said(alone, world)
    for useful in (Usefulness.YES, Usefulness.PARTLY, Usefulness.NO, None):
        await _checked(alone, world, useful)
    after = await _said(alone, world)
    found = {name: getattr(after[0], name) - getattr(before[0], name) for name in ("answers", "of_use", "spoken")}
    assert found == {"answers": 4, "of_use": 2, "spoken": 3}
    assert after[1] == (after[0].of_use, after[0].spoken)
    with pytest.raises(RoleNotAllowed):
        await _said(alone, world, world.referent)
    async with alone.database.web(world.coordinator, at=SENT + 120 * DAY) as work:
        told = [await read_report(world.coordinator, work, month, Names(None)) for month in ("2026-03", "2026-04")]
    march, april = [next(line for line in one.lines if line[0] == SAID.title) for one in told]
    assert march[2].startswith(f"{after[0].of_use} sur {after[0].spoken} avis")
    assert f"{after[0].answers} réponses données" in march[2]
    assert april[1:3] == ("–", "0 sur 0 avis\u202f; 0 réponse donnée ce mois-là")


async def _checked(alone: Alone, world: World, useful: Usefulness | None) -> None:
    ref = await alone.sent(world, SENT)
    await alone.act(world.agent, ref, Acknowledge(promised_for=paris_day(SENT + DAY)), SENT + DAY)
    reached = LogAttempt(channel=AttemptChannel.PHONE, result=AttemptResult.REACHED)
    await alone.act(world.agent, ref, reached, SENT + DAY)
    await alone.act(world.agent, ref, Close(outcome=Outcome.NO_SHOW), SENT + 2 * DAY)
    said = RecordCheck(contacted=True, useful=useful, right_open=RightReally.NOT_YET)
    ask = FollowUpReferral(viewer=world.referent, ref=ref, action=said)
    async with alone.database.web(world.referent, at=SENT + 20 * DAY) as work:
        await handlers.act_on_referral(ask, work)


async def _said(alone: Alone, world: World, viewer=None):
    async with alone.database.web(viewer or world.coordinator, at=SENT + 25 * DAY) as work:
        board = await read_board(viewer or world.coordinator, work)
    shown = next(one for one in listed(board) if one.code == SAID.code)
    assert str(board.said.answers) in shown.count
    async with alone.worker() as work:
        row = (await work.execute(runnable(SAID.sql, month_key(board.since), month_key(board.at)))).one()
    return board.said, tuple(row)


def test_a_desk_with_few_opinions_is_not_shown_by_itself():
    few, fewer, enough = uuid4(), uuid4(), uuid4()
    said = said_of([
        Answered(few, True, "yes", "yes", 3), Answered(few, True, None, "yes", 9),
        Answered(fewer, True, "yes", "yes", 1),
        Answered(enough, False, "no", "no", 4), Answered(enough, True, "partly", "not_yet", 1),
    ])  # fmt: skip
    assert desk_rows(said, Names(None)) == [[Names(None).desk_alone(enough), "5", "1 (20\u202f%)"]]
    assert sentence(said) == (
        "18 réponses aux vérifications d’un et trois mois\u202f: 14 disent avoir été contactées, 13 ont leur droit. "
        "Utile\u202f? 4 oui, 1 en partie, 4 non, 9 sans avis\u202f: 56\u202f% au moins en partie."
    )
    one = said_of([Answered(few, True, "yes", "yes", 1)])
    assert "1 dit avoir été contactée, 1 a son droit" in sentence(one)
    assert sentence(said_of([])) == "Personne n’a encore répondu à une vérification."


def test_a_desk_that_is_alone_with_few_opinions_is_not_what_is_left_of_the_whole():
    few, least, most = uuid4(), uuid4(), uuid4()
    rows = [Answered(few, True, "no", "no", 1), Answered(least, True, "yes", "yes", 5)]
    assert said_of(rows).by_desk == {}
    assert said_of([*rows, Answered(most, True, "yes", "yes", 6)]).by_desk == {most: (6, 6)}
    assert said_of(rows[1:]).by_desk == {least: (5, 5)}
