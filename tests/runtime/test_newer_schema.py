"""A database of a newer version is left as it is, and said so in one sentence."""

import asyncpg
import pytest

from services.processes import schema
from services.runtime.migrations import SchemaTooNew, migrate
from services.whole import Ground


async def test_a_schema_of_a_newer_version_is_refused_and_nothing_is_changed(ground: Ground) -> None:
    owner = await asyncpg.connect(ground.owner_url)
    try:
        before = await owner.fetchval("SELECT version_num FROM notify.alembic_version")
        await owner.execute("UPDATE notify.alembic_version SET version_num = '9999'")
        await owner.execute("REVOKE SELECT ON notify.telling FROM relais_notify_web")
        try:
            with pytest.raises(SchemaTooNew, match="version plus récente de Relais \\(notify 9999\\)"):
                await migrate(ground.owner_url, ground.servers.keys, [schema("notify")])
            granted = "SELECT has_table_privilege('relais_notify_web', 'notify.telling', 'SELECT')"
            assert await owner.fetchval(granted) is False
        finally:
            await owner.execute("UPDATE notify.alembic_version SET version_num = $1", before)
        await migrate(ground.owner_url, ground.servers.keys, [schema("notify")])
        assert await owner.fetchval(granted) is True
    finally:
        await owner.close()
