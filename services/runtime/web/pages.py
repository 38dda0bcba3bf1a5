"""Rendering: templates of the service and of the shell, with what every page shows (navigation, viewer, flash
message).
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from contracts.help import help_of
from contracts.pages import BELL, navigation
from contracts.viewer import Viewer
from services.runtime.settings import Settings
from services.runtime.web import dates

SHARED = Path(__file__).with_name("templates")
ASSETS = Path(__file__).parents[3] / "assets" / "node_modules"
SOURCE_URL = "https://relais.example/source"
VENDOR = re.compile(
    r"^(htmx\.org/dist/[\w.-]+\.js|@digdir/designsystemet-css/dist/[\w./-]+\.css"
    r"|@fontsource-variable/atkinson-hyperlegible-next/files/[\w.-]+\.woff2)$"
)
DIALLED = re.compile(r"(?:\+\d{1,3}|0\d)(?:[ .\u00a0\u202f-]?\d{1,3}){3,6}|3\d{3}")
IN_BAR = 5
FLASH = "relais_flash"
# The one message that waits behind something long.
FLASH_LIFE = {"started_anew": 600}
FLASHES = {
    "saved": ("Enregistré.", "success"),
    "sent": ("Orientation confiée.", "success"),
    "sending": ("Envoi en cours\u202f: l’orientation partira dès que possible, rien n’est perdu.", "warning"),
    "acted": ("C’est noté.", "success"),
    "acknowledged": ("C’est noté. La personne référente sait que vous avez reçu l’orientation.", "success"),
    "recalled": ("C’est noté. L’orientation est rappelée.", "success"),
    "managers_asked": ("Les responsables du guichet sont prévenus. Une fois par semaine au plus.", "success"),
    "contested": ("Le refus est contesté\u202f: le guichet a l’orientation de nouveau.", "success"),
    "narrowed": ("L’accord est réduit. Ce qui en est retiré n’est plus consultable.", "success"),
    "receipt": ("C’est noté\u202f: elle a son reçu.", "success"),
    "published": ("La notice est publiée. Elle ne changera plus.", "success"),
    "withdrawn": ("L’accord est retiré. Les informations ne sont plus consultables.", "success"),
    "files_merged": ("Les deux dossiers n’en font plus qu’un. Vous pouvez défaire cette réunion ici.", "success"),
    "files_separated": (
        "Les deux dossiers sont séparés. Ce qui a été ajouté depuis leur réunion est resté dans celui-ci.",
        "success",
    ),
    "abandoned": ("Abandonnée. Ce que vous aviez écrit est effacé.", "success"),
    "erased": ("Le dossier est effacé. Il ne peut pas être remis.", "success"),
    "left_already": ("Elle est déjà partie\u202f: rien n’a été effacé.", "warning"),
    "means_saved": ("Enregistré. Vos moyens de connexion ont changé.", "success"),
    "session_ended": ("L’appareil est déconnecté, dès maintenant.", "success"),
    "installed": (
        "L’installation est créée. Ajoutez maintenant une clé d’accès ou un mot de passe\u202f: sans cela, seul un "
        "code par message vous fera revenir.",
        "success",
    ),
    "emergency_noted": (
        "L’urgence est notée. La ou le DPO est prévenu\u202f; une seconde personne doit confirmer.",
        "success",
    ),
    "open_published": ("C’est publié. Tout le monde peut le lire, et rien n’y changera plus.", "success"),
    "signed_out": ("Votre session est fermée.", "success"),
    "started_anew": ("La démonstration est comme au premier jour. Choisissez un rôle.", "success"),
}


class _VendorFiles(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        if not VENDOR.match(path):
            raise HTTPException(404)
        return await super().get_response(path, scope)


def vendor_files() -> StaticFiles:
    """The files of installed packages that pages may load, by allow-list."""
    return _VendorFiles(directory=ASSETS, check_dir=False)


def call(text: str | None) -> str | Markup:
    """A professional's telephone number as a link that dials it; anything else as it stands."""
    return _dialling('<a class="tel" href="tel:{number}">{text}</a>', text)


def dial(text: str | None) -> str | Markup:
    """The same for a person's number, which never is an address: a button, which the script of the page lets dial."""
    return _dialling('<button class="tel" type="button" data-dial title="Appeler">{text}</button>', text)


def dialled(text: str | None) -> str | None:
    """What is dialled for that number; None of what is no number, or more than one."""
    return re.sub(r"[^\d+]", "", text) if text and DIALLED.fullmatch(text.strip()) else None


def _dialling(how: str, text: str | None) -> str | Markup:
    number = dialled(text)
    return Markup(how).format(number=number, text=text.strip()) if text and number else text or ""


@cache
def icon(name: str) -> Markup:
    """One icon of lucide-static, inline and hidden from screen readers: a word always stands beside it."""
    file = ASSETS / "lucide-static" / "icons" / f"{name}.svg"
    if not re.fullmatch(r"[a-z0-9-]+", name) or not file.exists():
        return Markup("")
    svg = re.sub(r"<!--.*?-->\s*", "", file.read_text("utf-8"), flags=re.S)
    svg = re.sub(r'\s(class|width|height)="[^"]*"', "", svg, count=3)
    return Markup(
        svg.strip().replace("<svg", '<svg class="icon" width="20" height="20" aria-hidden="true" focusable="false"', 1)
    )


def in_french(sentence: str, **values: object) -> str:
    """How the shell says a sentence of its own where a page has no `tongue`, which says it in another language."""
    return sentence.format(**values) if values else sentence


class Renderer:
    """The templates of one service over the shared ones; an undefined variable is an error."""

    def __init__(self, settings: Settings, templates: Path | None) -> None:
        self.settings = settings
        folders = [folder for folder in (templates, SHARED) if folder is not None]
        self.environment = Environment(
            loader=FileSystemLoader(folders),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.globals.update(icon=icon, bell=BELL, french=in_french)
        self.environment.filters.update(
            when=dates.when,
            day=dates.day,
            until=dates.until,
            hour=dates.hour,
            iso=dates.iso,
            exact=dates.exact,
            call=call,
            dial=dial,
        )

    def render(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        viewer: Viewer | None = None,
        **context: Any,  # noqa: ANN401 - the template's own variables
    ) -> Response:
        """Render a page for this viewer."""
        flash = FLASHES.get(request.cookies.get(FLASH, ""))
        body = self.environment.get_template(template).render(
            request_path=request.url.path,
            status=status,
            viewer=viewer,
            nav=self._nav(request, viewer),
            demonstration=self.settings.demonstration,
            source_url=SOURCE_URL,
            flash={"text": flash[0], "kind": flash[1]} if flash else None,
            page_help=help_of(getattr(request.scope.get("route"), "path", "")) if template != "error.html" else None,
            **context,
        )
        response = HTMLResponse(body, status)
        if flash and "x-relais-fragment" not in request.headers:
            response.delete_cookie(FLASH)
        return response

    def _nav(self, request: Request, viewer: Viewer | None) -> list[dict[str, Any]]:
        path, items = request.url.path, navigation(viewer) if viewer else ()
        # One entry is the current one: the longest address that the path begins with.
        inside = [item.href for item in items if path == item.href or path.startswith(item.href + "/")]
        here = max(inside, key=len, default=None)
        # A phone's bar has room for five: the first ones, the bell, and a fold with the rest.
        kept = [item.href for item in items if item.href != BELL][: IN_BAR - 2] if len(items) > IN_BAR else None
        return [
            {
                "href": item.href,
                "label": item.label,
                "icon": item.icon,
                "count": None,
                "current": item.href == here,
                "folded": kept is not None and item.href != BELL and item.href not in kept,
            }
            for item in items
        ]


def redirect(address: str, flash: str | None = None) -> Response:
    """See another page next (303), with a message of FLASHES when it says something."""
    response = RedirectResponse(address, 303)
    if flash:
        response.set_cookie(FLASH, flash, max_age=FLASH_LIFE.get(flash, 60), httponly=True, samesite="lax")
    return response
