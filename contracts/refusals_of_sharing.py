"""Refusals of what is shared: input that cannot be taken, the two locks, the recipient, requests about data."""


from contracts.refusal import Refusal


class InvalidInput(Refusal):
    """A field that cannot be taken; `field` names it and `reason` says it in French."""

    status = 422
    sentence = "{reason}"


class SocialSecurityNumberRefused(Refusal):
    """The NIR is never stored in this product (décret 2019-341 lists who may use it; Relais is not among them)."""

    status = 422
    sentence = "Ce texte contient un numéro de sécurité sociale. Relais ne l’enregistre jamais\u202f: retirez-le."


class FreeTextToConfirm(Refusal):
    """A text that speaks of health or of somebody else: asked about once, before it is kept; `confirmed` keeps it.

    `matters` are codes; `passages` says where, as `<code>:<start>-<end>` joined by commas, in characters of the text
    without its outer blanks: the words themselves never travel.
    """

    status = 422
    sentence = (
        "Ce texte parle peut-être {about}. Retirez ce qui ne sert pas à ce droit, ou confirmez que c’est nécessaire."
    )

    def words(self, text: str) -> tuple[tuple[str, str], ...]:
        """Matter and words of each passage, cut from the text that was typed."""
        typed = text.replace("\r\n", "\n").strip()
        found = []
        for one in filter(None, self.details.get("passages", "").split(",")):
            matter, _, where = one.partition(":")
            start, _, end = where.partition("-")
            found.append((matter, typed[int(start) : int(end)]))
        return tuple(found)


class DateInThePast(Refusal):
    status = 422
    sentence = "Cette date est passée. Choisissez une date à venir."


class DateInTheFuture(Refusal):
    status = 422
    sentence = "Cette date n’est pas encore arrivée."


class NoLiveGrant(Refusal):
    """First lock: no grant for that desk, purpose and right that is live at that instant."""

    status = 409
    sentence = "Aucun accord de la personne ne couvre cet envoi. Demandez-lui son accord, puis revenez."
    lock = "grant"
    opened_by = "L’accord de la personne pour ce guichet et ce droit."


class GrantWithdrawn(Refusal):
    status = 410
    sentence = "La personne a retiré son accord. Ses informations ne sont plus consultables."
    lock = "grant"
    opened_by = "Un nouvel accord de la personne, si elle le souhaite."


class GrantExpired(Refusal):
    status = 410
    sentence = (
        "L’accord de la personne est arrivé à son terme. La personne qui l’accompagne peut le renouveler avec elle."
    )
    lock = "grant"
    opened_by = "Le renouvellement de l’accord avec la personne."


class RepresentationEnded(Refusal):
    """First lock: the agreement was given by somebody whose charge to represent the person has ended."""

    status = 410
    sentence = (
        "La personne qui avait donné l’accord ne la représente plus. Il faut recueillir un nouvel accord, auprès "
        "d’elle ou de qui la représente aujourd’hui."
    )


class NoRoute(Refusal):
    """Second lock: no route of the territory's table is valid for this pair of organisations."""

    sentence = "Aucun cadre de partage n’est validé entre vos deux organismes. Le DPO du territoire peut l’ouvrir."
    lock = "route"
    opened_by = "La validation d’un circuit de partage par le DPO du territoire."


class NoConvention(Refusal):
    """Second lock: the route is not covered by a dated convention with that partner at that instant."""

    sentence = (
        "La convention avec cet organisme n’est pas en vigueur. Le DPO ou l’administration du territoire peut "
        "l’enregistrer ou la prolonger."
    )
    lock = "route"
    opened_by = "Une convention en vigueur, enregistrée par le DPO ou l’administration du territoire."


class HandoverClosed(Refusal):
    """The reading right ended with the hand-over (declined, redirected, recalled, withdrawn, expired, 30 days
    closed).
    """

    status = 410
    sentence = (
        "Cette orientation n’est plus entre vos mains\u202f: les informations de la personne ne sont plus consultables."
    )


class PurposeNotAllowed(Refusal):
    """First lock: the person agreed to another purpose."""

    sentence = "Cet accord ne vaut pas pour ce but."
    lock = "grant"
    opened_by = "L’accord de la personne pour ce but."


class PurposeNotRouted(PurposeNotAllowed):
    """Second lock: the route between these kinds of organisation is valid, but not for this purpose."""

    sentence = "Le cadre de partage entre vos organismes ne vaut pas pour ce but. Le DPO du territoire peut l’élargir."
    lock = "route"
    opened_by = "Une nouvelle version du circuit de partage, validée par le DPO du territoire."


class ErasureAlreadyConfirmed(Refusal):
    """What was erased cannot be kept after all."""

    sentence = "L’effacement est déjà confirmé\u202f: cette réponse ne change plus."


class ContactUnavailable(Refusal):
    """No contact, no send: the named contact is absent without an active deputy, or has left."""

    sentence = "Ce contact est absent et n’a pas de suppléant. Choisissez un autre contact."


class DeskNotCompetent(Refusal):
    sentence = "Ce guichet ne s’occupe pas de ce droit. Choisissez un guichet proposé."


class DeskClosed(Refusal):
    sentence = "Ce guichet ne reçoit pas d’orientation en ce moment. Choisissez un autre guichet."


class DataRequestOver(Refusal):
    """The request has moved on: the step no longer starts from its state."""

    sentence = "Cette demande a changé entre-temps\u202f: elle est maintenant «\u202f{state_label}\u202f»."


class FileLimited(Refusal):
    """GDPR articles 18 and 21: the file is kept and read, and nothing else is done with it."""

    sentence = (
        "Les données de cette personne sont limitées à sa demande\u202f: sa fiche se lit, mais rien n’y change "
        "et rien n’en part."
    )


class NoTextMessage(Refusal):
    """Threat T30: what stays on her phone may be read by somebody else."""

    sentence = "Elle ne veut ni message ni SMS\u202f: remettez-lui le code en main propre."


class NotAtThisHour(Refusal):
    sentence = (
        "Elle ne peut être jointe qu’entre {safe_from} et {safe_until}\u202f: envoyez le SMS à ce moment-là, "
        "ou remettez-lui le code en main propre."
    )


class ServiceAway(Refusal):
    """A service did not answer in time. What was typed is kept, and a command may be sent again: it is the same one."""

    status = 503
    sentence = "Une partie de Relais ne répond pas en ce moment. Rien n’est perdu\u202f: réessayez dans un instant."
