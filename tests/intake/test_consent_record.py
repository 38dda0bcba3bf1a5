"""The record of an agreement: nothing on it changes, each end is written once, it agrees with the row."""

import json
from datetime import date, timedelta

import asyncpg
import pytest

from contracts.consent import Category
from contracts.vocabulary import Representation
from services.intake.consent_record import consent_record
from services.intake.notice import notice
from services.intake.tables import Person
from tests.intake.consent_record_world import SOME, agree, events
from tests.intake.people_world import People, a_desk, referent


async def test_no_role_of_a_request_can_change_or_delete_what_is_on_record(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    await agree(people, viewer, person, a_desk())
    for statement in ("UPDATE consentevent SET kind = 'x'", "DELETE FROM consentevent", "TRUNCATE consentevent"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with people.work(viewer) as work:
                await work.execute(statement)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with people.service.database.worker() as work:
            await work.execute("UPDATE consentevent SET kind = 'x'")


async def test_an_agreement_keeps_all_that_was_said_and_who_was_there_in_cipher(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    ref = await agree(
        people, viewer, person, desk, interpreter=True, present="sa tutrice", with_proxy=Representation.TUTELLE,
        representative="Ombeline Quarterolle", represented_until=date.today() + timedelta(days=40),
        proxy_paper_seen=True, evidence_sha256="ab" * 32, notice_version="ar-2026-11", language="ar",
    )  # fmt: skip
    presented, given = sorted(await events(people, ref), key=lambda one: one.kind, reverse=True)
    assert presented.kind == "presented" and given.kind == "given"
    said = given.details
    assert said["notice"] == "ar-2026-11" and said["notice_sha256"] == notice("ar-2026-11").digest
    assert said["categories"] == sorted(SOME) and said["rights"] == ["apl", "rsa"] and said["interpreter"]
    assert said["with_proxy"] == "tutelle" and said["proxy_paper_seen"] and said["evidence_sha256"] == "ab" * 32
    assert "Quarterolle" not in json.dumps(said) and b"Quarterolle" not in given.representative
    assert people.keys.open(person, "consent_representative", given.representative) == "Ombeline Quarterolle"
    async with people.work(viewer) as work:
        [row] = await people.rows(Person, Person.ref == person)
        record = await consent_record(row, work, people.keys)
        bare = await consent_record(row, work)
    [one] = record["records"]
    assert one["record_id"] == str(ref) and one["pii_processing"]["privacy_notice"] == "/notices/ar-2026-11"
    assert (
        one["event"][-1]["representative"] == "Ombeline Quarterolle" and one["event"][0]["event_state"] == "requested"
    )
    assert [info["pii_type"] for info in one["pii_processing"]["purposes"][0]["pii_information"]] == [
        word.value for word in Category if word in SOME
    ]
    assert "Quarterolle" not in json.dumps(bare) and record["schema_version"] == "ISO/IEC TS 27560:2023"
