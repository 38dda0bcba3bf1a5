"""The page of what could not be done: what happened, what is not lost, what to do now, and one way on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import Response

from services.runtime.web.body import typed_in
from services.runtime.web.guard import COOKIE, viewer_or_none
from services.runtime.web.pages import Renderer

OwnErrors = Callable[[Request, int, str, dict[str, Any]], Response | None]


@dataclass(frozen=True)
class Said:
    """What the page of a status says beside the refusal's own sentence."""

    title: str
    kept: str = ""
    advice: tuple[str, ...] = ()
    link: tuple[str, str] | None = None  # an address and its words, beside the advice
    lead: str = ""  # in the place of the refusal's sentence, where that one says all of this itself


_UNKNOWN = Said("Demande impossible", "Rien n’a changé.", ("Revenez à la page précédente.",))
SAID = {
    400: Said("Demande illisible", "Rien n’a changé.", ("Revenez à la page précédente, puis recommencez.",)),
    401: Said(
        "Votre session est terminée",
        "Rien n’a été enregistré, et rien de ce que vous aviez écrit n’est perdu tant que cette page est ouverte.",
    ),
    403: Said(
        "Cette page n’est pas pour votre rôle",
        "Rien n’a changé.",
        ("Si vous pensez que c’est une erreur, l’aide dit à qui écrire.",),
        ("/aide#qui", "À qui demander"),
    ),
    404: Said(
        "Page introuvable",
        "Rien n’a été effacé\u202f: ce que vous suivez est toujours dans vos listes.",
        ("Vérifiez l’adresse, ou repartez de votre accueil.",),
    ),
    405: Said(
        "Cette adresse ne s’ouvre pas ainsi",
        "Rien n’a changé.",
        ("C’est l’adresse d’un bouton\u202f: repartez de la page où il se trouve.",),
    ),
    409: Said(
        "Ce n’est plus possible",
        "Rien n’a changé.",
        ("Revenez à la page précédente et rechargez-la\u202f: elle dit où en sont les choses.",),
    ),
    410: Said(
        "Le partage a pris fin",
        "Votre liste garde la trace de l’orientation, sans rien de la personne.",
        ("Si vous aviez noté ses informations ailleurs, effacez-les.",),
    ),
    413: Said(
        "C’est trop lourd", "Rien n’a été enregistré.", ("Revenez à la page précédente et envoyez moins à la fois.",)
    ),
    422: Said(
        "Il reste un point à corriger",
        "Rien n’a été enregistré.",
        ("Revenez à la page précédente\u202f: ce que vous aviez écrit y est encore.",),
    ),
    429: Said(
        "Il faut attendre un peu", "Rien n’est bloqué pour de bon.", ("Ensuite, reprenez où vous en étiez.",)
    ),
    500: Said(
        "Une erreur est survenue",
        "Rien de ce qui était enregistré n’est perdu.",
        (
            "Réessayez.",
            "Si cela recommence, donnez la référence ci-dessous à l’administration de votre territoire, sans écrire le "
            "nom de la personne.",
        ),
    ),
    503: Said(
        "Un instant",
        "Rien de ce qui était enregistré n’est perdu.",
        ("Attendez une minute, puis réessayez. Relais revient de lui-même.",),
        lead="Une partie de Relais ne répond pas en ce moment.",
    ),
}
# The same for whom nobody knows: she has no lists, and her address may come from a sheet of paper.
SAID_TO_NOBODY = {
    404: Said(
        "Page introuvable",
        "Rien n’a été effacé.",
        ("Vérifiez l’adresse. Si elle est écrite sur une feuille qu’on vous a remise, recopiez-la en entier.",),
    ),
}
# Refusals whose status says less than they do, by slug.
SAID_OF = {
    "cross-site-request": Said(
        "Demande arrêtée",
        "Rien n’a changé.",
        ("Une autre page l’a peut-être envoyée à votre place. Ouvrez Relais vous-même, puis recommencez.",),
    ),
    "recent-sign-in-required": Said(
        "Reconnectez-vous d’abord",
        "Rien n’a changé, et vos moyens de connexion restent ceux d’avant.",
        ("Déconnectez-vous, reconnectez-vous, puis revenez à votre compte dans le quart d’heure.",),
    ),
    "not-your-action": Said(
        "Cela revient à quelqu’un d’autre",
        "Rien n’a changé.",
        ("Revenez à la page\u202f: elle montre ce que vous pouvez faire.",),
    ),
}
# What was typed is offered again where the same request may work in a moment; a request of another site never is.
_MAY_WORK_LATER = frozenset({401, 500, 503})
_UNRESOLVED = frozenset({404, 405})


async def error_page(
    request: Request, status: int, sentence: str, *, reference: str | None = None, slug: str = ""
) -> Response:
    """The page of that status, or of that refusal, with what was typed when sending it again may help.

    A service may have pages that say it in their own words: `app.state.own_errors`, which answers None for all others.
    """
    pages: Renderer = request.app.state.pages
    typed, files = await typed_in(request.scope) if status in _MAY_WORK_LATER else ([], False)
    reads = request.method in ("GET", "HEAD")
    shown = {
        "typed": typed, "files": files, "here": _address(request), "again": reads and status in (500, 503),
        "reference": reference,
    }  # fmt: skip
    own: OwnErrors | None = getattr(request.app.state, "own_errors", None)
    if own is not None and (answer := own(request, status, slug, shown)) is not None:
        return answer
    who = await _who(request, status)
    to_nobody = SAID_TO_NOBODY.get(status) if who is None else None
    said = SAID_OF.get(slug) or to_nobody or SAID.get(status, _UNKNOWN)
    sentence = said.lead or sentence
    return pages.render(request, "error.html", status=status, said=said, sentence=sentence, viewer=who, **shown)


async def session_over(request: Request) -> bool:
    """Whether a form came with the cookie of a session that has ended: what it holds is then not thrown away."""
    return request.method == "POST" and COOKIE in request.cookies and bool((await typed_in(request.scope))[0])


async def _who(request: Request, status: int) -> object:
    """The viewer, when she is known; an address that nobody serves was not asked who looks."""
    if status in _UNRESOLVED:
        try:
            return await viewer_or_none(request)
        except Exception:  # who cannot be asked is nobody
            return None
    return getattr(request.state, "viewer", None)


def _address(request: Request) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path
