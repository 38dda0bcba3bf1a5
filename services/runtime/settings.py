"""Everything that is set from outside, read from the environment under the prefix `RELAIS_`.

An empty variable counts as not set; a value that does not fit stops the start without being printed, since it may be
a password.
"""

import os
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def default_var() -> Path:
    """Where state lives when nobody says: the system's state directory for root, the user's own otherwise."""
    if os.geteuid() == 0:
        return Path("/var/lib/relais")
    return Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state") / "relais"


def default_keys(data: dict[str, Any]) -> Path:
    """Keys lie beside the data, under `var`."""
    return data.get("var", default_var()) / "keys"


def default_register(data: dict[str, Any]) -> Path:
    """The register of erasures lies under `var`, apart from database and keys: it has to outlive a restored copy."""
    return data.get("var", default_var()) / "erasures" / "register.jsonl"


def default_copy(data: dict[str, Any]) -> Path:
    """The second place of the journal's heads lies under `var` until somebody names a better one."""
    return data.get("var", default_var()) / "journal-heads"


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]


class Settings(BaseSettings):
    """The settings of one process; immutable once read."""

    model_config = SettingsConfigDict(
        env_prefix="RELAIS_",
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    host: str = Field("127.0.0.1", description="address the web server listens on")
    port: int = Field(8400, ge=0, le=65535, description="TCP port of the web server; 0 takes a free one")
    public_url: str | None = Field(None, description="address people type, when a proxy stands before the web server")
    var: AbsolutePath = Field(default_factory=default_var, description="folder of everything that must survive a stop")
    keys: AbsolutePath = Field(default_factory=default_keys, description="folder of NATS seeds and credentials, 0700")
    erasure_register: AbsolutePath = Field(
        default_factory=default_register, description="file of the erasures, never restored from a backup"
    )
    retention_months: int = Field(
        24, ge=1, le=120, description="months after the last contact at which a person is erased"
    )
    # CNIL, délibération 2021-122: six months to one year; up to three where a log serves to control who had access.
    journal_months: int = Field(12, ge=6, le=12, description="months for which an entry of the journal is kept")
    journal_control_months: int = Field(
        36, ge=6, le=36, description="months for an entry that serves to control access; not fewer than the others"
    )
    journal_copy: AbsolutePath = Field(
        default_factory=default_copy, description="second place of the journal's signed heads: another disk or machine"
    )
    caseload_alert: int = Field(
        20, ge=1, le=10_000, description="files of colleagues opened in a day above which the DPO is told"
    )
    own_page_days: int = Field(30, ge=1, le=182, description="days for which a link to a person's own page is open")
    screening: AbsolutePath | None = Field(
        None, description="your file of questions, rules and local rights of the rights appointment (docs/screening.md)"
    )
    empty: bool = Field(False, description="start without demonstration data")
    database_url: str | None = Field(None, repr=False, description="your PostgreSQL; without it an embedded one")
    nats_url: str | None = Field(None, repr=False, description="your NATS; without it an embedded one")
    territory: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$")] = Field(
        "valbrume", description="the tenant: one token of every subject"
    )
    smtp_url: str | None = Field(None, repr=False, description="your mail relay; without it mails stay in a local box")
    mail_from: Annotated[str, StringConstraints(pattern=r"^[^@\s<>]+@[^@\s<>]+$")] = Field(
        "relais@valbrume.example", description="address from which mails are sent"
    )
    bounce_address: str | None = Field(
        None,
        description="address to which undelivered mails come back, of the sending domain; without it nothing is read",
        pattern=r"^[^@+\s<>]{1,20}@[^@\s<>]+$",
    )
    bounce_port: int = Field(
        0, ge=0, le=65535, description="port on which notify takes what comes back there by SMTP; 0: nothing"
    )
    bounce_host: str = Field("127.0.0.1", description="address of that port; only your mail relay should reach it")
    sms_url: str | None = Field(
        None, repr=False, description="your gateway for text messages, `POST` with JSON; without it none leaves"
    )
    sms_token: str | None = Field(None, repr=False, description="the secret shared with that gateway, a bearer token")
    proconnect_issuer: str | None = Field(
        None, description="your OpenID provider, such as ProConnect's; without it its button is not shown"
    )
    proconnect_client_id: str | None = Field(None, description="what that provider calls this installation")
    proconnect_client_secret: str | None = Field(None, repr=False, description="the secret shared with that provider")
    proconnect_acr: str = Field(
        "eidas2 eidas3 https://proconnect.gouv.fr/assurance/consistency-checked-2fa",
        description="the levels (`acr`) of which one is required, separated by blanks",
    )
    trusted_proxies: str = Field(
        "127.0.0.1", description="addresses or networks of proxies believed about a visitor's address, with commas"
    )
    nats_monitor_url: str | None = Field(None, description="status pages of your NATS, for `doctor`; such as http://127.0.0.1:8222")
    erasure_days: int = Field(30, ge=1, le=365, description="days within which a partner answers a request to erase")
    otlp_endpoint: str | None = Field(None, description="where traces and metrics go over OTLP/HTTP")
    console_traces: bool = Field(False, description="also print each trace on the standard output, for development")
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="after")
    def _control_is_kept_longer(self) -> "Settings":
        if self.journal_control_months < self.journal_months:
            raise ValueError("RELAIS_JOURNAL_CONTROL_MONTHS is below RELAIS_JOURNAL_MONTHS")
        return self

    @property
    def loopback(self) -> bool:
        """Whether the web server can be reached from this machine only."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def demonstration(self) -> bool:
        """Whether fictional people may be shown and roles switched freely: both servers ours, loopback, not `empty`."""
        return self.database_url is None and self.nats_url is None and self.loopback and not self.empty
