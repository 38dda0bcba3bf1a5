"""A hundred thousand referrals out of a small seeded territory: every row of a person copied with other references.

Rows are copied in the database as they stand, so each is one that the services wrote, but each copy of a person has a
name, a birth date and a phone of its own; seven copies of eight belong to organisations, desks and accounts that nobody
here signs in to, as in a territory with eight times the partners.
"""

import asyncpg

# What belongs to a person or a referral; not the directory, not the facts (read by their reference alone), not the
# journal (its entries are chained). With the position of each consumer: else a fact of a copy would wait for ever for
# those before it.
COPIED = {
    "intake": (
        "person", "encounter", "situation", "presumedright", "consentgrant", "consentevent", "handover", "note",
        "erasurerequest", "position",
    ),
    "referral": ("referral", "course", "duration", "episode", "identified", "met", "personstep", "task", "attempt"),
    "partners": ("deskitem", "position"),
    "notify": ("reminder", "telling", "position"),
}  # fmt: skip
TERRITORIES = 8
# The directory stays itself in every eighth copy; in the others, and for everything else, a reference becomes another.
_FUNCTIONS = f"""
CREATE TABLE public.kept (ref uuid PRIMARY KEY);
INSERT INTO public.kept SELECT ref FROM partners.organisation UNION SELECT ref FROM partners.desk
    UNION SELECT ref FROM partners.account UNION SELECT ref FROM partners.convention;
CREATE FUNCTION public.other(old uuid, copy int) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN NOT EXISTS (SELECT FROM public.kept WHERE ref = old) THEN md5(old::text || 'c' || copy)::uuid
        WHEN copy % {TERRITORIES} = 0 THEN old ELSE md5(old::text || 't' || copy % {TERRITORIES})::uuid END $$;
CREATE FUNCTION public.others(old uuid[], copy int) RETURNS uuid[] LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN old IS NOT NULL THEN ARRAY(SELECT public.other(one, copy) FROM unnest(old) AS one) END $$;
CREATE FUNCTION public.name(old text, copy int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT translate(old, 'aeiouybcdfghjklmnpqrstvwxz', substr('aeiouyaeiouy', 1 + copy % 6, 6)
        || substr('bcdfghjklmnpqrstvwxzbcdfghjklmnpqrstvwxz', 1 + copy / 6 % 20, 20)) $$;
"""
# Two names of a person change apart, so that a thousand copies of one are a thousand names.
_OF_A_PERSON = {
    "first_name": "public.name(old.first_name, copy)",
    "last_name": "public.name(old.last_name, copy / 7)",
    "search": "public.name(split_part(old.search, ' ', 1), copy)"
    " || public.name(substr(old.search, strpos(old.search || ' ', ' ')), copy / 7)",
    "birth_date": "old.birth_date + copy * 37 % 9000",
    "phone_hash": "md5(old.phone_hash || copy)",
    "file_number": "old.file_number || '-' || copy",
}
_COLUMNS = """
SELECT column_name AS name, udt_name AS kind FROM information_schema.columns
WHERE table_schema = $1 AND table_name = $2 AND is_generated = 'NEVER' ORDER BY ordinal_position
"""
# A copy has no fact to send again: left waiting for it, the clocks would look at thousands of them all the time.
_NOTHING_WAITS = """
UPDATE referral.referral SET redelivered_at = now(), delivered_at = coalesce(delivered_at, sent_at)
WHERE redelivered_at IS NULL OR state = 'sent' AND delivered_at IS NULL
"""


async def multiply(owner_url: str, referrals: int) -> int:
    """Copy until there are at least that many referrals; how many there are then. As the owner, triggers at rest."""
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute("SET synchronous_commit = off; SET session_replication_role = replica")
        await connection.execute(_FUNCTIONS)
        copies = referrals // await connection.fetchval("SELECT count(*) FROM referral.referral")
        for schema, tables in COPIED.items():
            for table in tables:
                await _copy(connection, schema, table, copies)
        await connection.execute(_NOTHING_WAITS)
        await connection.execute("DROP FUNCTION public.others, public.other, public.name; DROP TABLE public.kept")
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")  # else what was copied is written while pages are asked for
        return int(await connection.fetchval("SELECT count(*) FROM referral.referral"))
    finally:
        await connection.close()


async def _copy(connection: asyncpg.Connection, schema: str, table: str, copies: int) -> None:
    columns = await connection.fetch(_COLUMNS, schema, table)
    names = ", ".join(f'"{column["name"]}"' for column in columns)
    said = _OF_A_PERSON if table == "person" else {}
    values = ", ".join(said.get(column["name"]) or _copied(column["name"], column["kind"]) for column in columns)
    await connection.execute(
        f'INSERT INTO "{schema}"."{table}" ({names}) SELECT {values}'
        f' FROM "{schema}"."{table}" AS old, generate_series(1, {copies}) AS copy'
    )


def _copied(name: str, kind: str) -> str:
    if kind == "uuid":
        return f'public.other(old."{name}", copy)'
    if kind == "_uuid":
        return f'public.others(old."{name}", copy)'
    return f'old."{name}"'
