"""ProConnect, or any OpenID provider that tells a SIRET: code flow with PKCE, state and nonce, by Authlib.

The trip leaves from one browser and ends once, there. Nothing is asked over the network inside a transaction.
"""

import asyncio
import json
import secrets
import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from contracts.refusals import FederatedSignInRefused, FederatedSignInTooWeak, ServiceAway
from services.runtime import telemetry
from services.runtime.settings import Settings

if TYPE_CHECKING:
    from authlib.integrations.httpx_client import AsyncOAuth2Client

log = telemetry.logger("partners")
SCOPES = "openid given_name usual_name email siret"
ALGORITHMS = ["RS256", "PS256", "ES256"]
PATIENCE, KEPT_SECONDS, REFETCH_SECONDS, LEEWAY = 10.0, 3600.0, 30.0, 60
MOST_BYTES = 200_000
RETURN_PATH, FAREWELL_PATH = "/connexion/proconnect/retour", "/connexion"


class ProviderUnfit(Exception):
    """The provider says what cannot be trusted: another issuer, or an address that is not encrypted."""


@dataclass(frozen=True)
class Trip:
    """What is kept of a departure until the return: never in the address."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Identity:
    """Who came back: subject and issuer, the address and SIRET that the provider vouches for, and its own token."""

    issuer: str
    subject: str
    email: str
    siret: str
    id_token: str


class ProConnect:
    """The provider of the settings; its metadata and keys are kept for an hour."""

    def __init__(self, settings: Settings) -> None:
        self.issuer = (settings.proconnect_issuer or "").rstrip("/")
        self._id, self._secret = settings.proconnect_client_id or "", settings.proconnect_client_secret or ""
        self.acr = tuple((settings.proconnect_acr or "").split())
        self._metadata: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, dict[str, Any]] | None = None
        self._alone = asyncio.Lock()

    @property
    def offered(self) -> bool:
        """Whether the settings name a provider, with what it takes to use it."""
        return bool(self.issuer and self._id and self._secret)

    async def depart(self, site: str) -> tuple[str, Trip]:
        """Where to send the browser, and what to remember meanwhile. Refusals: ServiceAway."""
        metadata = await self._discover()
        trip = Trip(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))
        async with self._client(site) as client:
            address, _ = client.create_authorization_url(
                metadata["authorization_endpoint"],
                state=trip.state,
                nonce=trip.nonce,
                code_verifier=trip.verifier,
                **self._level(),
            )
        return str(address), trip

    async def arrive(self, trip: Trip, code: str, site: str) -> Identity:
        """Who the code is of. Refusals: FederatedSignInRefused, FederatedSignInTooWeak, ServiceAway."""
        from authlib.common.errors import AuthlibBaseError
        from joserfc.errors import JoseError

        metadata = await self._discover()
        try:
            async with self._client(site) as client:
                token = await client.fetch_token(
                    metadata["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=trip.verifier
                )
                claims = await self._id_claims(token, trip)
                about = await self._about(client, metadata)
        except (AuthlibBaseError, JoseError, KeyError, ValueError, TypeError) as error:
            log.warning("federated_sign_in_refused", error=type(error).__name__)
            raise FederatedSignInRefused from None
        if self.acr and claims.get("acr") not in self.acr:
            raise FederatedSignInTooWeak
        siret, email = "".join(str(about.get("siret", "")).split()), str(about.get("email", "")).strip().lower()
        if about.get("sub") != claims["sub"] or about.get("email_verified") is False:
            raise FederatedSignInRefused
        return Identity(self.issuer, str(claims["sub"]), email, siret, token["id_token"])

    async def farewell(self, id_token: str, site: str) -> str | None:
        """Where the provider ends its own session, or None when it has no such address."""
        from authlib.common.urls import add_params_to_uri

        endpoint = (await self._discover()).get("end_session_endpoint")
        after = [
            ("id_token_hint", id_token),
            ("post_logout_redirect_uri", site + FAREWELL_PATH),
            ("state", secrets.token_urlsafe(16)),
        ]
        return str(add_params_to_uri(endpoint, after)) if endpoint else None

    def _level(self) -> dict[str, str]:
        if not self.acr:
            return {}
        wanted = {"id_token": {"acr": {"essential": True, "values": list(self.acr)}}}
        return {"acr_values": " ".join(self.acr), "claims": json.dumps(wanted)}

    async def _id_claims(self, token: dict[str, Any], trip: Trip) -> dict[str, Any]:
        from authlib.oidc.core import CodeIDToken

        decoded = await self._decode(token["id_token"])
        options = {"iss": {"essential": True, "value": self.issuer}, "aud": {"essential": True, "value": self._id}}
        params = {"nonce": trip.nonce, "client_id": self._id, "access_token": token["access_token"]}
        claims = CodeIDToken(decoded.claims, decoded.header, options, params)  # type: ignore[arg-type]
        claims.validate(leeway=LEEWAY)
        return claims

    async def _about(self, client: "AsyncOAuth2Client", metadata: dict[str, Any]) -> dict[str, Any]:
        """The claims of the person: ProConnect answers a signed token, others plain JSON over their own TLS."""
        answer = await client.get(metadata["userinfo_endpoint"])
        answer.raise_for_status()
        if not answer.headers.get("content-type", "").startswith("application/jwt"):
            return dict(answer.json())
        claims = (await self._decode(answer.text.strip())).claims
        given = claims.get("aud", self._id)
        audience = [given] if isinstance(given, str) else given
        if claims.get("iss", self.issuer) != self.issuer or self._id not in audience:
            raise ValueError
        if "exp" in claims and claims["exp"] + LEEWAY < time.time():
            raise ValueError
        return dict(claims)

    async def _decode(self, token: str) -> Any:  # noqa: ANN401 - joserfc's Token
        from joserfc import jwt
        from joserfc.errors import BadSignatureError, InvalidKeyIdError
        from joserfc.jwk import KeySet

        try:
            return jwt.decode(token, KeySet.import_key_set(await self._key_set()), algorithms=ALGORITHMS)
        except (InvalidKeyIdError, BadSignatureError):
            # The provider may have changed its keys since.
            return jwt.decode(token, KeySet.import_key_set(await self._key_set(again=True)), algorithms=ALGORITHMS)

    async def _key_set(self, *, again: bool = False) -> dict[str, Any]:
        metadata = await self._discover()
        async with self._alone:
            kept = REFETCH_SECONDS if again else KEPT_SECONDS
            if self._keys is None or time.monotonic() - self._keys[0] > kept:
                self._keys = (time.monotonic(), await self._read(metadata["jwks_uri"]))
            return self._keys[1]

    async def _discover(self) -> dict[str, Any]:
        async with self._alone:
            if self._metadata is None or time.monotonic() - self._metadata[0] > KEPT_SECONDS:
                found = await self._read(f"{self.issuer}/.well-known/openid-configuration")
                try:
                    _check(found, self.issuer)
                except ProviderUnfit as error:
                    log.error("federation_unfit", error=type(error).__name__)
                    raise ServiceAway from None
                self._metadata = (time.monotonic(), found)
            return self._metadata[1]

    async def _read(self, address: str) -> dict[str, Any]:
        import httpx

        try:
            async with httpx.AsyncClient(timeout=PATIENCE) as client:
                answer = await client.get(address)
                answer.raise_for_status()
                return dict(answer.json()) if len(answer.content) <= MOST_BYTES else {}
        except (httpx.HTTPError, ValueError) as error:
            log.warning("federation_away", error=type(error).__name__)
            raise ServiceAway from None

    def _client(self, site: str) -> "AsyncOAuth2Client":
        import authlib.deprecate  # noqa: F401 - its import would undo the filter

        warnings.filterwarnings("ignore", message="The httpx module is deprecated")
        from authlib.integrations.httpx_client import AsyncOAuth2Client

        return AsyncOAuth2Client(
            self._id,
            self._secret,
            scope=SCOPES,
            redirect_uri=site + RETURN_PATH,
            token_endpoint_auth_method="client_secret_post",
            code_challenge_method="S256",
            timeout=PATIENCE,
            leeway=0,  # a token that lives a minute would count as over from its first second
        )


def _check(metadata: dict[str, Any], issuer: str) -> None:
    """Refuse a provider that is another one, or whose addresses are not encrypted (but on this machine)."""
    if str(metadata.get("issuer", "")).rstrip("/") != issuer:
        raise ProviderUnfit("issuer")
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"):
        parts = urlsplit(str(metadata.get(name, "")))
        if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ProviderUnfit(name)
