"""Refusals of the life of a referral and of the directory behind it."""

from contracts.refusal import Refusal


class QuarterAlreadyPublished(Refusal):
    """An open file never changes: the difference of two would tell what each hides."""

    sentence = "Ce trimestre est déjà publié, et ne changera plus."


class EmailAlreadyUsed(Refusal):
    status = 422
    sentence = "Un compte actif a déjà cette adresse. Si la personne change d’organisme, notez d’abord son départ."


class LastManager(Refusal):
    """A desk without a manager could no longer assign, nor change who works there."""

    sentence = "C’est la seule personne responsable de ce guichet. Nommez d’abord quelqu’un d’autre responsable."


class LastAdministrator(Refusal):
    sentence = "C’est le seul compte d’administration actif. Invitez d’abord une autre personne."


class HeirRequired(Refusal):
    """The people whom a referent follows are never left to nobody."""

    status = 422
    sentence = "Choisissez la collègue ou le collègue qui suivra les personnes."


class AlreadyLeft(Refusal):
    sentence = "Ce compte n’est plus actif. Rien n’a été changé."


class OrganisationAlreadyClosed(Refusal):
    sentence = "Cet organisme a déjà quitté le réseau. Rien n’a été changé."


class DepartureNotConfirmed(Refusal):
    status = 422
    sentence = "Cochez la case\u202f: un départ d’organisme ne se défait pas."


class RoleRequired(Refusal):
    status = 422
    sentence = "Choisissez au moins un rôle ou un guichet."


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


class ManagerAskedAlready(Refusal):
    """Once a week for each referral: a desk that is asked every day stops listening."""

    sentence = (
        "Le ou la responsable a déjà été prévenu le {day}. Vous pourrez redemander une semaine après\u202f; d’ici là, "
        "appelez le guichet."
    )


class CheckTooEarly(Refusal):
    status = 422
    sentence = "C’est trop tôt\u202f: laissez passer deux semaines après la fin, puis demandez à la personne."


class NoRenewalAwaited(Refusal):
    sentence = "Aucun renouvellement n’est attendu pour cette orientation."


class ClockOutOfBounds(Refusal):
    status = 422
    sentence = "Écrivez un nombre entre {least} et {most}."


class RungNeeded(Refusal):
    """Without it a referral could stay unanswered and nobody who can act would know."""

    status = 422
    sentence = "Ce rappel ne peut pas être retiré\u202f: sans lui, un silence pourrait passer inaperçu."


class RungsOutOfOrder(Refusal):
    status = 422
    sentence = "L’ordre ne tient pas\u202f: {why}"


class TooLateToReopen(Refusal):
    sentence = "Cette orientation est terminée depuis plus de 90 jours. Faites-en une nouvelle."


class AppointmentChanged(Refusal):
    sentence = "Ce rendez-vous a changé entre-temps. Relisez-le avant de répondre."


class ResumeDateRequired(Refusal):
    status = 422
    sentence = "Indiquez la date à laquelle la demande reprendra."


class AssigneeNotOfDesk(Refusal):
    status = 422
    sentence = "Cette personne n’est pas active dans ce guichet."
