"""A real OpenID provider for the tests: its own port, its own keys, discovery, code flow with PKCE, signed userinfo.

It keeps to OpenID Connect Core; a test may tell it to misbehave in one way at a time (`Wrong`).
"""

import asyncio
import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import uvicorn
from fastapi import FastAPI, Request
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from tests.conftest import eventually

CLIENT, SECRET = "relais-essai", "un-secret-entre-eux"


@dataclass
class Wrong:
    """How it misbehaves in this test."""

    nonce: bool = False
    signature: bool = False
    audience: bool = False
    issuer: bool = False
    expired: bool = False
    unsigned: bool = False
    other_subject: bool = False
    userinfo_signature: bool = False
    userinfo_plain: bool = False


@dataclass
class Grant:
    """What one authorisation code stands for."""

    redirect_uri: str
    challenge: str
    nonce: str
    claims: dict[str, Any]
    acr: str
    used: bool = False


@dataclass
class Provider:
    """The provider: who is signed in there now (`person`), at which level (`acr`), and what it saw."""

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    acr: str = "eidas2"
    wrong: Wrong = field(default_factory=Wrong)
    algorithm: str = "RS256"
    grants: dict[str, Grant] = field(default_factory=dict)
    tokens: dict[str, Grant] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    farewells: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keys = {
            "RS256": RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig", "alg": "RS256"}),
            "ES256": ECKey.generate_key("P-256", {"kid": "ec-1", "use": "sig", "alg": "ES256"}),
        }
        self.forger = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig", "alg": "RS256"})

    def sign(self, claims: dict[str, Any], *, forged: bool = False) -> str:
        key = self.forger if forged else self.keys[self.algorithm]
        algorithm = "RS256" if forged else self.algorithm
        return jwt.encode({"alg": algorithm, "kid": key.kid}, claims, key)

    def id_token(self, grant: Grant, access_token: str) -> str:
        now = int(time.time())
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        claims = {
            "iss": "https://ailleurs.example" if self.wrong.issuer else self.issuer,
            "sub": grant.claims["sub"],
            "aud": "un-autre-client" if self.wrong.audience else CLIENT,
            "iat": now - (7200 if self.wrong.expired else 0),
            "exp": now - 3600 if self.wrong.expired else now + 60,
            "nonce": "un-autre" if self.wrong.nonce else grant.nonce,
            "acr": grant.acr,
            "at_hash": base64.urlsafe_b64encode(half).decode().rstrip("="),
        }
        if self.wrong.unsigned:
            parts = [json.dumps(one).encode() for one in ({"alg": "none"}, claims)]
            return ".".join(base64.urlsafe_b64encode(one).decode().rstrip("=") for one in parts) + "."
        return self.sign(claims, forged=self.wrong.signature)


def make_app(provider: Provider) -> FastAPI:
    """Its addresses."""
    app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False})

    @app.get("/.well-known/openid-configuration")
    async def configuration() -> dict[str, Any]:
        here = provider.issuer
        return {
            "issuer": here, "authorization_endpoint": f"{here}/authorize", "token_endpoint": f"{here}/token",
            "userinfo_endpoint": f"{here}/userinfo", "jwks_uri": f"{here}/jwks",
            "end_session_endpoint": f"{here}/session/end",
        }  # fmt: skip

    @app.get("/jwks")
    async def jwks() -> dict[str, Any]:
        return KeySet(list(provider.keys.values())).as_dict(private=False)

    @app.get("/authorize")
    async def authorize(request: Request) -> Response:
        asked = dict(request.query_params)
        provider.asked.append(asked)
        if asked.get("client_id") != CLIENT or asked.get("response_type") != "code":
            return PlainTextResponse("invalid_request", 400)
        code = secrets.token_urlsafe(16)
        provider.grants[code] = Grant(
            asked["redirect_uri"], asked["code_challenge"], asked["nonce"], dict(provider.person), provider.acr
        )
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}", 303)

    @app.post("/token")
    async def token(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        grant = provider.grants.get(form.get("code", ""))
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).decode()
        good = (
            grant is not None and not grant.used and form.get("client_id") == CLIENT
            and form.get("client_secret") == SECRET and form.get("redirect_uri") == grant.redirect_uri
            and proof.rstrip("=") == grant.challenge
        )  # fmt: skip
        if grant is None or not good:
            return JSONResponse({"error": "invalid_grant"}, 400)
        grant.used = True
        access = secrets.token_urlsafe(16)
        provider.tokens[access] = grant
        signed = provider.id_token(grant, access)
        return JSONResponse({"access_token": access, "token_type": "Bearer", "id_token": signed, "expires_in": 60})

    @app.get("/userinfo")
    async def userinfo(request: Request) -> Response:
        grant = provider.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if grant is None:
            return PlainTextResponse("invalid_token", 401)
        claims = {**grant.claims, "iss": provider.issuer, "aud": CLIENT}
        claims |= {"sub": "quelqu-un-d-autre"} if provider.wrong.other_subject else {}
        if provider.wrong.userinfo_plain:
            return JSONResponse(claims)
        signed = provider.sign(claims, forged=provider.wrong.userinfo_signature)
        return PlainTextResponse(signed, media_type="application/jwt")

    @app.get("/session/end")
    async def end(request: Request) -> Response:
        provider.farewells.append(dict(request.query_params))
        return RedirectResponse(request.query_params["post_logout_redirect_uri"], 303)

    return app


async def serve(provider: Provider) -> tuple[uvicorn.Server, "asyncio.Task[None]"]:
    """Start it on a free port of this machine; its issuer is its address."""
    config = uvicorn.Config(make_app(provider), host="127.0.0.1", port=0, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started)
    provider.issuer = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    return server, serving
