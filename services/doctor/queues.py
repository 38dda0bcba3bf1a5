"""The queues of each service: facts not yet carried, facts given up, messages that could not leave. Never a content."""

from typing import Any

from contracts.topology import SERVICES
from services.doctor.database import connected
from services.doctor.finding import Finding, well, wrong
from services.notify.domain import Reason, Way
from services.runtime.migrations import role_url
from services.runtime.settings import Settings
from services.whole import Ground

MOST, OLDEST_SECONDS = 1000, 60


async def _rows(settings: Settings, ground: Ground, service: str, question: str) -> list[Any]:
    """Read as the service's worker does: under forced row-level security the owner may see nothing."""
    url = role_url(ground.servers.database_url, ground.servers.keys, service, "worker")
    async with connected(url, settings.territory) as connection:
        return list(await connection.fetch(question))


_BOOKS = """
SELECT (SELECT count(*) FROM notify.telling WHERE due_at > now() - interval '8 days'
        AND state NOT IN ('pending', 'sending', 'sent', 'suppressed', 'failed'))
    + (SELECT count(*) FROM notify.reminder r WHERE state = 'fired' AND fired_at > now() - interval '8 days'
        AND NOT EXISTS (SELECT FROM notify.telling t WHERE t.fact = r.ref)) AS number
"""


async def look_at_outboxes(settings: Settings, ground: Ground) -> list[Finding]:
    """Depth and age of each outbox, and facts that wait for an earlier one."""
    found, total = [], 0
    for service in SERVICES:
        question = (
            "SELECT (SELECT count(*) FROM {s}.{s}_outbox) AS depth,"
            " (SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0)::int FROM {s}.{s}_outbox) AS age,"
            " (SELECT count(*) FROM {s}.parked WHERE at < now() - interval '2 minutes') AS parked"
        )
        (row,) = await _rows(settings, ground, service, question.format(s=service))
        total += row["depth"]
        if row["depth"] > MOST or row["age"] > OLDEST_SECONDS:
            sentence = f"{service} : {row['depth']} faits attendent, le plus ancien depuis {row['age']} s."
            mend = "Vérifiez que ce service tourne et que nats-server répond : ils partiront d’eux-mêmes."
            found.append(wrong("Envois", sentence, mend))
        if row["parked"]:
            sentence = f"{service} : {row['parked']} faits attendent depuis deux minutes un fait précédent."
            mend = "Vérifiez que le service referral tourne ; un fait abandonné plus bas peut en être la cause."
            found.append(wrong("Envois", sentence, mend))
    return found or [well("Envois", f"{total} fait(s) en attente, aucun n’est ancien.")]


async def look_at_dead_letters(settings: Settings, ground: Ground) -> list[Finding]:
    """The facts given up and not replayed: number, consumer, type, class of the error, and since when."""
    found = []
    for service in SERVICES:
        question = (
            "SELECT id, consumer, envelope->>'type' AS type, error, at FROM {s}.dead_letter"
            " WHERE replayed_at IS NULL ORDER BY id LIMIT 20"
        )
        for row in await _rows(settings, ground, service, question.format(s=service)):
            sentence = (
                f"n° {row['id']}, {row['consumer']}, {row['type']}, {row['error']}, {row['at']:%Y-%m-%d %H:%M} UTC."
            )
            mend = f"Une fois la cause levée : « ./relais doctor --replay {row['id']} --service {service} »."
            found.append(wrong("Faits abandonnés", sentence, mend))
    return found or [well("Faits abandonnés", "aucun.")]


async def look_at_tellings(settings: Settings, ground: Ground) -> list[Finding]:
    """The messages given up during the last day, by reason."""
    question = (
        "SELECT reason, count(*) AS number FROM notify.telling"
        " WHERE state = 'failed' AND due_at > now() - interval '1 day' GROUP BY reason ORDER BY reason"
    )
    found = []
    for row in await _rows(settings, ground, "notify", question):
        sentence = f"{row['number']} non envoyé(s) depuis hier : {Reason(row['reason']).label.lower()}."
        found.append(wrong("Messages", sentence, "Vérifiez RELAIS_SMTP_URL et les adresses du réseau."))
    paused = "SELECT name, since FROM notify.channelstate WHERE state = 'open'"
    for row in await _rows(settings, ground, "notify", paused):
        sentence = f"{Way(row['name']).label} : le fournisseur ne répond pas, il est laissé en pause."
        found.append(wrong("Messages", sentence, "Vérifiez ce fournisseur : ce qui attend partira de soi-même."))
    return found or [well("Messages", "aucun message abandonné depuis hier.")]


async def look_at_reminders(settings: Settings, ground: Ground) -> list[Finding]:
    """Reminders due for a minute that nobody fired, a heart that stopped, books that do not add up, clocks that differ.

    With the embedded servers the application is stopped while one looks: then no heart beats.
    """
    question = (
        "SELECT count(*) AS number, coalesce(extract(epoch FROM now() - min(due_at)), 0)::int AS age"
        " FROM notify.reminder WHERE state = 'armed' AND due_at < now() - interval '1 minute'"
    )
    found = []
    (late,) = await _rows(settings, ground, "notify", question)
    if late["number"]:
        sentence = f"{late['number']} rappel(s) dus ne sont pas partis, le plus ancien depuis {late['age']} s."
        found.append(wrong("Rappels", sentence, "Vérifiez que le service notify tourne : ils partiront d’eux-mêmes."))
    for row in await _rows(settings, ground, "notify", "SELECT skew FROM notify.heartbeat WHERE abs(skew) > 5"):
        sentence = f"l’horloge de notify et celle de PostgreSQL diffèrent de {abs(row['skew']):.0f} s."
        found.append(wrong("Rappels", sentence, "Réglez l’heure des deux machines (NTP)."))
    found += await _heart(settings, ground) if ground.postgres is None else []
    (books,) = await _rows(settings, ground, "notify", _BOOKS)
    if books["number"]:
        sentence = f"le registre ne tombe pas juste : {books['number']} rappel(s) sans trace, ou message(s) sans état."
        found.append(wrong("Rappels", sentence, "Gardez une copie de la base et prévenez qui maintient Relais."))
    return found or [well("Rappels", "aucun rappel dû n’attend, et le registre tombe juste.")]


async def _heart(settings: Settings, ground: Ground) -> list[Finding]:
    question = (
        "SELECT extract(epoch FROM now() - seen_at)::int AS age FROM notify.heartbeat"
        " WHERE name = 'scheduler' AND seen_at > now() - interval '1 minute'"
    )
    if await _rows(settings, ground, "notify", question):
        return []
    sentence = "aucun ordonnanceur n’a battu depuis une minute : personne ne fait partir les rappels."
    return [wrong("Rappels", sentence, "Démarrez ou relancez le service notify.")]
