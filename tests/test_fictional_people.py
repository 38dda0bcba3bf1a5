"""The imaginary people of a territory: the same for the same numbers, with phones that ring nowhere."""

from random import Random

from services.seed.people import draw_person


def test_the_same_numbers_give_the_same_people():
    def drawn() -> list[str]:
        rng, taken = Random(7), set()
        return [draw_person(rng, taken).meeting.model_dump_json(exclude={"command_id"}) for _ in range(30)]

    assert drawn() == drawn()
    assert all("06 39 98" in one for one in drawn())
