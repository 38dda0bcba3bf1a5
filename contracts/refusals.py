"""Every expected refusal: a class, a slug for machines, a French sentence for people and an HTTP status.

A refusal is raised where the rule is, crosses the bus by its slug, and is shown or returned at the edge; only surprises
are a 500. A sentence never contains anything of a person.
"""

import re
from typing import ClassVar

_REGISTRY: dict[str, type["Refusal"]] = {}


class Refusal(Exception):
    """An answer that is no. `details` hold codes and instants only; the sentence may quote them with {name}."""

    status: ClassVar[int] = 409
    sentence: ClassVar[str] = "Cette action n’est pas possible."
    slug: ClassVar[str] = "refusal"

    def __init__(self, field: str | None = None, **details: str) -> None:
        self.field = field
        self.details = details
        super().__init__(self.slug)

    def __init_subclass__(cls) -> None:
        cls.slug = "-".join(word.lower() for word in re.findall(r"[A-Z][a-z0-9]*", cls.__name__))
        _REGISTRY[cls.slug] = cls

    def __str__(self) -> str:
        try:
            return self.sentence.format(**self.details)
        except KeyError:
            return self.sentence

    def wire(self) -> dict[str, object]:
        """JSON form: slug, sentence, details, and the form field it is about when there is one."""
        return {"slug": self.slug, "sentence": str(self), "details": self.details, "field": self.field}


def from_wire(body: dict[str, object]) -> Refusal:
    """The refusal that `wire()` wrote; an unknown slug (a newer service) becomes the base class."""
    details = body.get("details")
    kind = _REGISTRY.get(str(body.get("slug")), Refusal)
    field = body.get("field")
    return kind(field=str(field) if field else None, **(details if isinstance(details, dict) else {}))


def every_refusal() -> dict[str, type[Refusal]]:
    """All refusals by slug, for the docs and the tests."""
    return dict(_REGISTRY)


# --- who asks ---------------------------------------------------------------------------------------------------------


class SignInRequired(Refusal):
    status = 401
    sentence = "Connectez-vous pour continuer."


class RoleNotAllowed(Refusal):
    status = 403
    sentence = "Votre rôle ne permet pas cette action."


class NotFound(Refusal):
    """Unknown and not yours are one answer (ASVS 8.2.2): same status, same body."""

    status = 404
    sentence = "Cette page n’existe pas, ou elle ne vous est pas destinée."


class CrossSiteRequest(Refusal):
    status = 403
    sentence = "Cette demande ne vient pas de Relais. Revenez à la page et recommencez."


class SignInCodeWrong(Refusal):
    status = 422
    sentence = "Ce code n’est pas le bon. Vérifiez le dernier message reçu."


class SignInCodeExpired(Refusal):
    status = 422
    sentence = "Ce code ne peut plus servir. Demandez-en un nouveau."


class TooManyTries(Refusal):
    status = 429
    sentence = "Trop d’essais. Attendez dix minutes, puis recommencez."


# --- input ------------------------------------------------------------------------------------------------------------


class InvalidInput(Refusal):
    """A field that cannot be taken; `field` names it and `reason` says it in French."""

    status = 422
    sentence = "{reason}"


class SocialSecurityNumberRefused(Refusal):
    """The NIR is never stored in this product (décret 2019-341 lists who may use it; Relais is not among them)."""

    status = 422
    sentence = "Ce texte contient un numéro de sécurité sociale. Relais ne l’enregistre jamais\u202f: retirez-le."


class DateInThePast(Refusal):
    status = 422
    sentence = "Cette date est passée. Choisissez une date à venir."


class DateInTheFuture(Refusal):
    status = 422
    sentence = "Cette date n’est pas encore arrivée."


# --- consent: the two locks -------------------------------------------------------------------------------------------


class NoLiveGrant(Refusal):
    """First lock: no grant for that desk, purpose and right that is live at that instant."""

    status = 409
    sentence = "Aucun accord de la personne ne couvre cet envoi. Demandez-lui son accord, puis revenez."


class GrantWithdrawn(Refusal):
    status = 410
    sentence = "La personne a retiré son accord. Ses informations ne sont plus consultables."


class GrantExpired(Refusal):
    status = 410
    sentence = (
        "L’accord de la personne est arrivé à son terme. La personne qui l’accompagne peut le renouveler avec elle."
    )


class NoRoute(Refusal):
    """Second lock: no route of the territory's table is valid for this pair of organisations."""

    sentence = "Aucun cadre de partage n’est validé entre vos deux organismes. Le DPO du territoire peut l’ouvrir."


class NoConvention(Refusal):
    """Second lock: the route is not covered by a dated convention with that partner at that instant."""

    sentence = (
        "La convention avec cet organisme n’est pas en vigueur. La coordination du territoire peut la renouveler."
    )


class HandoverClosed(Refusal):
    """The reading right ended with the hand-over (declined, redirected, recalled, withdrawn, expired, 30 days
    closed).
    """

    status = 410
    sentence = (
        "Cette orientation n’est plus entre vos mains\u202f: les informations de la personne ne sont plus consultables."
    )


class PurposeNotAllowed(Refusal):
    sentence = "Cet accord ne vaut pas pour ce but."


# --- the recipient ----------------------------------------------------------------------------------------------------


class ContactUnavailable(Refusal):
    """No contact, no send: the named contact is absent without an active deputy, or has left."""

    sentence = "Ce contact est absent et n’a pas de suppléant. Choisissez un autre contact."


class DeskNotCompetent(Refusal):
    sentence = "Ce guichet ne s’occupe pas de ce droit. Choisissez un guichet proposé."


class DeskClosed(Refusal):
    sentence = "Ce guichet ne reçoit pas d’orientation en ce moment. Choisissez un autre guichet."


# --- the life of a referral -------------------------------------------------------------------------------------------


class ReferralAlreadyAnswered(Refusal):
    """Somebody was faster, or the referral is no longer in a state from which this action starts."""

    sentence = (
        "Cette orientation a changé entre-temps\u202f: elle est maintenant «\u202f{state_label}\u202f». "
        "Relisez-la avant d’agir."
    )


class NotYourAction(Refusal):
    status = 403
    sentence = "Cette action revient à une autre personne."


class PromisedDateTooLate(Refusal):
    status = 422
    sentence = "Promettez un premier contact dans les 30 jours."


class UnreachableTooEarly(Refusal):
    """`unreachable` needs at least 3 attempts, on 2 channels, on 2 days."""

    status = 422
    sentence = (
        "Avant de noter «\u202finjoignable\u202f», il faut au moins 3 tentatives, par 2 moyens, sur 2 jours. "
        "Vous en êtes à {attempts} tentative(s), {channels} moyen(s), {days} jour(s)."
    )


class OutcomeNotFromHere(Refusal):
    status = 422
    sentence = (
        "Sans premier contact, seules ces issues sont possibles\u202f: déjà ouvert, non éligible, décès, déménagement."
    )


class DateOfEffectRequired(Refusal):
    status = 422
    sentence = "Indiquez la date d’effet du droit."


class GroundRequired(Refusal):
    status = 422
    sentence = "Indiquez le motif."


class TooManyRedirects(Refusal):
    sentence = "Cette orientation a déjà été réorientée trois fois. Appelez le guichet, ou reprenez-la."


class RedirectLoop(Refusal):
    sentence = "Ce guichet a déjà eu cette orientation. Choisissez-en un autre."


class NoRedirectProposed(Refusal):
    sentence = "Aucune réorientation n’est proposée."


class DeclineAlreadyContested(Refusal):
    sentence = "Ce refus a déjà été contesté une fois. Appelez le ou la responsable du guichet."


class TooLateToReopen(Refusal):
    sentence = "Cette orientation est terminée depuis plus de 90 jours. Faites-en une nouvelle."


class ResumeDateRequired(Refusal):
    status = 422
    sentence = "Indiquez la date à laquelle la demande reprendra."


class AssigneeNotOfDesk(Refusal):
    status = 422
    sentence = "Cette personne n’est pas active dans ce guichet."


class ServiceAway(Refusal):
    """A service did not answer in time. What was typed is kept, and a command may be sent again: it is the same one."""

    status = 503
    sentence = "Une partie de Relais ne répond pas en ce moment. Rien n’est perdu\u202f: réessayez dans un instant."
