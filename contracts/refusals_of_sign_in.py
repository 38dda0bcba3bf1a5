"""Refusals of whoever asks: not signed in, not allowed, not here; and every way in which signing in can fail."""


from contracts.refusal import Refusal


class SignInRequired(Refusal):
    status = 401
    sentence = "Connectez-vous pour continuer."


class RoleNotAllowed(Refusal):
    status = 403
    sentence = "Votre rôle ne permet pas cette action."


class EmergencyClosed(Refusal):
    sentence = "Il fallait confirmer dans les 24 heures\u202f: c’est noté comme non confirmé, et la ou le DPO le sait."


class ReasonNeeded(Refusal):
    """The person is a colleague's: her file opens once one has said why."""

    status = 403
    sentence = "Cette personne est suivie par une collègue\u202f: dites d’abord pourquoi vous ouvrez son dossier."
    page = "/personnes/{person}/motif"


class NotFound(Refusal):
    """Unknown and not yours are one answer (ASVS 8.2.2): same status, same body."""

    status = 404
    sentence = "Cette page n’existe pas, ou elle ne vous est pas destinée."


class CrossSiteRequest(Refusal):
    status = 403
    sentence = "Cette demande ne vient pas de Relais. Revenez à la page et recommencez."


class BodyTooLarge(Refusal):
    """More than any form of ours can hold; `most` in megabytes."""

    status = 413
    sentence = "C’est trop lourd pour être reçu\u202f: {most} Mo au plus."


class SignInCodeWrong(Refusal):
    status = 422
    sentence = "Ce code n’est pas le bon. Vérifiez le dernier message reçu."


class SignInCodeExpired(Refusal):
    status = 422
    sentence = "Ce code ne peut plus servir. Demandez-en un nouveau."


class TooManyTries(Refusal):
    status = 429
    wait = 600
    sentence = "Trop d’essais. Attendez dix minutes, puis recommencez."


class SignInLocked(Refusal):
    """Too many wrong tries for one address in a day; passkeys and ProConnect still open."""

    status = 429
    wait = 86_400
    sentence = (
        "Trop d’essais pour cette adresse aujourd’hui. Une clé d’accès ou ProConnect vous ouvrent encore\u202f; "
        "sinon, attendez demain."
    )


class SignInBusy(Refusal):
    """So many hashes are being made that one more would take the machine from the others."""

    status = 429
    wait = 5
    sentence = "Beaucoup de connexions à la fois. Attendez quelques secondes, puis recommencez."


class PasswordSignInRefused(Refusal):
    """One answer for an unknown address, a wrong password and a wrong code."""

    status = 422
    sentence = (
        "L’adresse, le mot de passe ou le code ne convient pas. Un code ne sert qu’une fois\u202f: attendez le suivant."
    )


class PasskeyRefused(Refusal):
    status = 422
    sentence = "Cette clé d’accès n’a pas été reconnue. Recommencez, ou choisissez un autre moyen."


class PasskeySuspended(Refusal):
    """Its counter went backwards: a copy of it may be in use (WebAuthn level 3, 6.1.1)."""

    status = 403
    sentence = (
        "Cette clé d’accès est suspendue\u202f: une copie a peut-être servi. Connectez-vous autrement, retirez-la, "
        "puis prévenez l’administration du territoire."
    )


class FederatedSignInRefused(Refusal):
    """What came back from the OpenID provider cannot be taken: forged, late, replayed, or not for this browser."""

    status = 422
    sentence = "La réponse de ProConnect n’a pas pu être vérifiée. Recommencez depuis cette page."


class FederatedSignInTooWeak(Refusal):
    """The provider's `acr` is none of those asked for."""

    status = 403
    sentence = "Cette connexion ProConnect n’a pas la garantie demandée ici. Reconnectez-vous avec un second facteur."


class FederatedSignInUnknown(Refusal):
    """The SIRET is of no organisation of the directory, or nobody there is known by that identity or address."""

    status = 403
    sentence = (
        "ProConnect vous a reconnue ou reconnu, mais votre organisme ou votre compte n’est pas dans l’annuaire de "
        "Relais. Écrivez à l’administration du territoire."
    )


class RecentSignInRequired(Refusal):
    """Means of signing in change only within 15 minutes of a sign-in (ASVS 5.0, 7.5.1)."""

    status = 403
    sentence = "Pour changer vos moyens de connexion, reconnectez-vous d’abord\u202f: votre connexion date un peu."


class SetupTokenRefused(Refusal):
    status = 422
    sentence = "Ce jeton ne convient pas ou ne sert plus. Redémarrez Relais\u202f: le terminal en affiche un nouveau."
