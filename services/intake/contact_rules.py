"""How a person may be reached without harm: at which hours, whether a message may be left, whether by text message.

Every channel that goes to her obeys it (threat T30). Kept sealed with her key, as all that says how to reach her.
"""

from datetime import datetime, time

from pydantic import model_validator

from contracts.envelope import Frozen
from contracts.paris import PARIS
from contracts.refusals import NotAtThisHour, NoTextMessage
from services.intake.person_keys import PersonKeys
from services.intake.tables import Person

FIELD = "contact_rules"


class ContactRules(Frozen):
    """Hours of Paris, both or none; from a later to an earlier one goes over midnight."""

    safe_from: time | None = None
    safe_until: time | None = None
    no_message: bool = False
    no_sms: bool = False

    @model_validator(mode="after")
    def _both_hours(self) -> "ContactRules":
        if (self.safe_from is None) != (self.safe_until is None):
            raise ValueError("Donnez les deux heures, ou aucune.")
        return self

    @property
    def sentence(self) -> str | None:
        """In words for whoever calls, None when nothing is asked."""
        hours = (
            f"Entre {_hour(self.safe_from)} et {_hour(self.safe_until)}" if self.safe_from and self.safe_until else None
        )
        said = (hours, "Ne pas laisser de message" if self.no_message else None, "Pas de SMS" if self.no_sms else None)
        return ". ".join(one for one in said if one) + "." if any(said) else None


def rules_of(person: Person, keys: PersonKeys) -> ContactRules:
    """What is noted of a person."""
    kept = keys.open(person.ref, FIELD, person.contact_rules)
    return ContactRules.model_validate_json(kept) if kept else ContactRules()


def check_text_message(rules: ContactRules, at: datetime) -> None:
    """Whether a text message may go to her at that instant. It stays on her phone as a message that is left does.

    Refusals: NoTextMessage, NotAtThisHour.
    """
    if rules.no_sms or rules.no_message:
        raise NoTextMessage
    begins, ends = rules.safe_from, rules.safe_until
    if begins is None or ends is None or begins == ends:
        return
    now = at.astimezone(PARIS).time()
    inside = begins <= now < ends if begins < ends else now >= begins or now < ends
    if not inside:
        raise NotAtThisHour(safe_from=_hour(begins), safe_until=_hour(ends))


def _hour(at: time | None) -> str:
    return "" if at is None else f"{at.hour}\u202fh" + (f"\u202f{at.minute:02d}" if at.minute else "")
