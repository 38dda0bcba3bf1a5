"""The doctor finds each thing that is wrong, once it is planted on real servers, and says how to mend it."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import nats
import pytest

from contracts.envelope import STREAM, Envelope
from contracts.facts import ReferralRecalled
from contracts.lifecycle import State
from contracts.topology import fact_subjects
from contracts.vocabulary import RecallReason
from services.doctor import Finding, examine, render, replay_dead_letter
from services.doctor.database import connected
from services.doctor.queues import look_at_reminders
from services.runtime import stream
from services.runtime.database import Database
from services.runtime.inbox import MAX_ATTEMPTS, Inbox
from services.runtime.migrations import role_url
from services.runtime.settings import Settings
from services.whole import Ground


@pytest.fixture(scope="module")
def own_settings() -> Iterator[Settings]:
    with tempfile.TemporaryDirectory(prefix="relais-", dir="/tmp") as made:
        Path(made).chmod(0o755)
        yield Settings(var=Path(made), territory="essai")


@pytest.fixture(scope="module")
async def own_ground(own_settings: Settings) -> AsyncIterator[Ground]:
    """Servers of their own: these tests spoil them."""
    found = Ground.start(own_settings)
    try:
        await found.prepare(own_settings.territory)
        yield found
    finally:
        found.stop()


@pytest.fixture
def owner(own_ground: Ground):
    """Run one statement as the owner."""

    async def run(statement: str) -> None:
        async with connected(own_ground.owner_url) as connection:
            await connection.execute(statement)

    return run


@pytest.fixture
def wrongs(own_settings: Settings, own_ground: Ground):
    """What the doctor finds wrong now."""

    async def found() -> list[Finding]:
        return [one for one in await examine(own_settings, own_ground) if not one.ok]

    return found


def only(found: list[Finding], subject: str, *words: str) -> None:
    """Nothing else is wrong, and the line says what it is about and how to mend it."""
    (finding,) = found
    assert finding.subject == subject, finding
    assert finding.mend
    for word in words:
        assert word in finding.sentence + finding.mend, finding


async def test_on_fresh_servers_all_is_well(own_settings, own_ground):
    findings = await examine(own_settings, own_ground)
    assert [one for one in findings if not one.ok] == []
    assert render(findings).endswith("Tout va bien.")
    assert all(f"{subject} : " in render(findings) for subject in ("PostgreSQL", "nats-server", "Flux", "Clés"))
    assert "il écrit sur le disque avant de confirmer" in render(findings)


async def test_a_table_whose_owner_escapes_row_level_security_is_found(owner, wrongs):
    async with planted(owner, "ALTER TABLE intake.person {} ROW LEVEL SECURITY", "NO FORCE", "FORCE"):
        only(await wrongs(), "Tables", "intake.person")
    async with planted(owner, "ALTER TABLE intake.person {} ROW LEVEL SECURITY", "DISABLE", "ENABLE"):
        only(await wrongs(), "Tables", "intake.person")


async def test_a_role_with_too_much_power_is_found(owner, wrongs):
    async with planted(owner, "ALTER ROLE relais_partners_web {}", "BYPASSRLS", "NOBYPASSRLS"):
        only(await wrongs(), "Rôles", "relais_partners_web", "rolbypassrls")


async def test_a_role_that_reaches_another_service_is_found(owner, wrongs):
    grant = "{} USAGE ON SCHEMA intake {} relais_notify_web"
    async with planted(owner, "{}", grant.format("GRANT", "TO"), grant.format("REVOKE", "FROM")):
        only(await wrongs(), "Rôles", "relais_notify_web", "intake")


async def test_a_role_that_owns_something_is_found(owner, wrongs):
    await owner("CREATE TABLE public.mine (); ALTER TABLE public.mine OWNER TO relais_referral_worker")
    try:
        only(await wrongs(), "Rôles", "relais_referral_worker", "REASSIGN OWNED")
    finally:
        await owner("DROP TABLE public.mine")


async def test_a_database_changed_by_hand_is_found(owner, wrongs):
    async with planted(owner, "ALTER TABLE notify.telling {}", "ADD COLUMN note text", "DROP COLUMN note"):
        only(await wrongs(), "Migrations", "note")


async def test_a_schema_that_is_behind_is_found(owner, wrongs):
    await owner("UPDATE notify.alembic_version SET version_num = 'x' || version_num")
    try:
        only(await wrongs(), "Migrations", "notify", "./relais migrate")
    finally:
        await owner("UPDATE notify.alembic_version SET version_num = substr(version_num, 2)")


async def test_a_consumer_that_gives_up_is_found(own_settings, own_ground, wrongs):
    durable, subject = "notify-referral", fact_subjects("referral", own_settings.territory)
    async with admin(own_ground) as js:
        await js.delete_consumer(STREAM, durable)
        config = stream.consumer_config(durable, subject)
        config.max_deliver = 5
        await js.add_consumer(STREAM, config)
        try:
            only(await wrongs(), "Flux", "notify-referral", "max_deliver", "5")
        finally:
            await js.delete_consumer(STREAM, durable)
    assert await wrongs() == []  # a missing consumer is made


async def test_a_key_that_others_can_read_is_found(own_ground, wrongs):
    key = own_ground.servers.keys / "notify" / "nats.creds"
    key.chmod(0o644)
    try:
        only(await wrongs(), "Clés", str(key), "0644", "chmod 0600")
    finally:
        key.chmod(0o600)


async def test_a_service_without_its_key_is_found(own_ground, wrongs):
    key = own_ground.servers.keys / "notify" / "nats.creds"
    aside = key.rename(key.with_name("aside"))
    try:
        only(await wrongs(), "Bus", "notify", "./relais keys")
    finally:
        aside.rename(key)


async def test_an_old_fact_that_nobody_carries_is_found(owner, wrongs):
    await owner(
        "INSERT INTO intake.intake_outbox (queue, payload, created_at)"
        " VALUES ('facts', '{}', now() - interval '5 minutes')"
    )
    try:
        only(await wrongs(), "Envois", "intake", "nats-server")
    finally:
        await owner("DELETE FROM intake.intake_outbox")


async def test_a_reminder_that_fired_and_was_told_to_nobody_is_found(owner, wrongs):
    ref = uuid4()
    await owner(
        "INSERT INTO notify.reminder (ref, referral, step, due_at, audience, assignee, desk, version, state, fired_at,"
        f" territory) VALUES ('{ref}', '{ref}', 'no_activity', now(), '{{}}', '{ref}', '{ref}', 1, 'fired', now(),"
        " 'essai')"
    )
    try:
        only(await wrongs(), "Rappels", "registre ne tombe pas juste", "1 rappel(s)")
    finally:
        await owner(f"DELETE FROM notify.reminder WHERE ref = '{ref}'")


async def test_a_scheduler_that_stopped_is_found_where_the_application_runs(own_settings, own_ground, owner):
    running = Ground(own_ground.servers, own_ground.owner_url)
    await owner(
        "INSERT INTO notify.heartbeat (name, beat_at, seen_at, skew, territory)"
        " VALUES ('scheduler', now(), now(), 0, 'essai')"
    )
    try:
        assert [one.ok for one in await look_at_reminders(own_settings, running)] == [True]
        await owner("UPDATE notify.heartbeat SET seen_at = now() - interval '2 minutes'")
        only(await look_at_reminders(own_settings, running), "Rappels", "ordonnanceur", "notify")
    finally:
        await owner("DELETE FROM notify.heartbeat")


async def test_a_bus_that_may_lose_what_it_confirmed_is_found(own_settings, own_ground, wrongs):
    config = own_ground.nats.log.parent / "nats.conf"
    text = config.read_text()
    config.write_text(text.replace("sync_interval: always", "sync_interval: 2m"))
    own_ground.nats.restart()
    try:
        only(await wrongs(), "nats-server", "sync_interval")
    finally:
        config.write_text(text)
        own_ground.nats.restart()


async def test_a_mail_that_cannot_leave_is_found(own_settings, own_ground):
    settings = own_settings.model_copy(update={"host": "0.0.0.0"})
    only([one for one in await examine(settings, own_ground) if not one.ok], "Courriel", "RELAIS_SMTP_URL")


async def test_a_database_that_is_away_is_a_finding_and_not_an_exception(own_settings, own_ground):
    away = Ground(own_ground.servers, "postgresql://nobody@127.0.0.1:1/nothing", own_ground.postgres, own_ground.nats)
    found = [one for one in await examine(own_settings, away) if not one.ok]
    assert {one.subject for one in found} == {"PostgreSQL", "Rôles", "Tables", "Migrations"}


async def test_a_dead_letter_is_found_and_replayed(own_settings, own_ground, wrongs):
    envelope = recalled()
    await give_up(own_settings, own_ground, envelope)
    found = await wrongs()
    only(found, "Faits abandonnés", "n° 1", "notify-referral", "referral.recalled.v1", "KeyError", "--replay 1")
    assert str(envelope.data["ref"]) not in render(found)
    await replay_dead_letter(own_settings, own_ground.servers, "notify", 1)
    assert await wrongs() == []


@asynccontextmanager
async def planted(owner, statement: str, wrong: str, right: str) -> AsyncIterator[None]:
    await owner(statement.format(wrong))
    try:
        yield
    finally:
        await owner(statement.format(right))


@asynccontextmanager
async def admin(ground: Ground) -> AsyncIterator[nats.js.JetStreamContext]:
    creds = ground.servers.keys / "admin" / "nats.creds"
    client = await nats.connect(ground.servers.nats_url, user_credentials=str(creds), inbox_prefix=b"_INBOX_admin")
    yield client.jetstream()
    await client.close()


async def give_up(settings: Settings, ground: Ground, envelope: Envelope) -> None:
    """Let notify fail on that fact until it gives it up."""
    from services.notify.tables import PLUMBING

    urls = [role_url(ground.servers.database_url, ground.servers.keys, "notify", kind) for kind in ("web", "worker")]
    database = Database("notify", settings.territory, lambda: datetime.now(UTC), web_url=urls[0], worker_url=urls[1])
    inbox = Inbox(database, PLUMBING, {})
    for _ in range(MAX_ATTEMPTS):
        await inbox.failed("notify-referral", envelope, KeyError("née 12/03/1951"))
    await database.close()


def recalled() -> Envelope:
    now = datetime.now(UTC)
    fact = ReferralRecalled(
        ref=uuid4(), version=1, at=now, state=State.RECALLED, episode=1, sender_organisation=uuid4(),
        organisation=uuid4(), desk=uuid4(), assignee=uuid4(), reason=RecallReason.MISTAKE,
    )  # fmt: skip
    return Envelope.of(fact, source="referral", time=now, territory="essai", actor_kind="referent")
