"""The doctor: looks at versions, roles, migrations, stream, bus, keys and queues, and says in one line what to mend.

No content of a fact is ever shown. Looking changes nothing, but for a missing stream or consumer, which is made.
"""

from collections.abc import Awaitable, Callable

from services.doctor.bus import look_at_nats, look_at_stream, look_at_users
from services.doctor.database import look_at_migrations, look_at_postgres, look_at_roles, look_at_tables
from services.doctor.finding import Finding, render, wrong
from services.doctor.machine import look_at_keys, look_at_mail
from services.doctor.queues import look_at_dead_letters, look_at_outboxes, look_at_reminders, look_at_tellings
from services.processes import make
from services.runtime.process import Servers
from services.runtime.settings import Settings
from services.whole import Ground

__all__ = ["Finding", "examine", "render", "replay_dead_letter"]

Look = Callable[[Settings, Ground], Awaitable[list[Finding]]]
LOOKS: dict[str, Look] = {
    "PostgreSQL": look_at_postgres,
    "Rôles": look_at_roles,
    "Tables": look_at_tables,
    "Migrations": look_at_migrations,
    "nats-server": look_at_nats,
    "Flux": look_at_stream,
    "Bus": look_at_users,
    "Clés": look_at_keys,
    "Envois": look_at_outboxes,
    "Faits abandonnés": look_at_dead_letters,
    "Messages": look_at_tellings,
    "Rappels": look_at_reminders,
    "Courriel": look_at_mail,
}


async def examine(settings: Settings, ground: Ground) -> list[Finding]:
    """Look at everything; what cannot be looked at is a finding like another, by the class of its error."""
    found: list[Finding] = []
    for subject, look in LOOKS.items():
        try:
            found += await look(settings, ground)
        except Exception as error:  # a doctor that falls ill says so and goes on
            sentence = f"l’examen n’a pas pu se faire ({type(error).__name__})."
            found.append(wrong(subject, sentence, "Vérifiez que ce serveur répond, puis lancez « ./relais migrate »."))
    return found


async def replay_dead_letter(settings: Settings, servers: Servers, service: str, letter: int) -> None:
    """Apply a dead letter of that service again. Raises NoResultFound for an unknown one, or what its reaction raises.

    The facts of the reaction lie in the outbox until the service runs.
    """
    made = make(service, settings, servers)
    made.database.send_hint = None
    try:
        await made.inbox.replay_dead_letter(letter)
    finally:
        await made.database.close()
