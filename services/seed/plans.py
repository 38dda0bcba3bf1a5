"""Who is met when, what she agrees to, to whom she is handed over: everything is drawn before anything is written."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from random import Random
from uuid import UUID

from contracts.consent import Category
from contracts.replies import DeskOption, Recipient
from contracts.viewer import Viewer
from contracts.vocabulary import ConsentMethod, HandoverMode, Purpose, Scheme
from services.intake.commands import AskedDesk
from services.intake.domain import DEFAULT_CATEGORIES
from services.referral.business_time import add_business_hours, business_hours_between
from services.seed import lives, opinions
from services.seed.lives import SPEED, Act
from services.seed.people import Fictional, draw_person
from services.seed.territory import Territory

GRANTED = timedelta(days=180)
METHODS = tuple(one for one in ConsentMethod if one is not ConsentMethod.OWN_PAGE)
MESSAGES = (
    "Elle a préparé ses justificatifs et préfère être appelée.",
    "Un premier dossier s’est perdu l’an dernier ; elle aimerait savoir ce qui manque.",
    "Il ne lit pas facilement le courrier : un appel l’aiderait.",
    "Elle craint de devoir rembourser quelque chose ; merci de la rassurer.",
    "",
)
QUESTIONS = (
    "Pouvez-vous confirmer si une demande a déjà été faite dans un autre département ?",
    "Il nous manque le justificatif de domicile : peut-elle l’apporter au rendez-vous ?",
    "Depuis quand vit-elle seule dans ce logement ?",
)
ANSWERS = ("Oui, c’est confirmé avec elle ce matin.", "Elle l’apportera jeudi.", "Depuis le début de l’année.")
COMPANIONS = ("sa sœur", "une bénévole", "son voisin")


@dataclass
class Referral:
    """One hand-over and what happens to it until now; `child` is the one it is redirected to."""

    command: UUID
    sent_at: datetime
    right: str
    recipient: Recipient
    mode: HandoverMode
    urgent: bool
    message: str
    accompanied_by: str
    categories: frozenset[Category]
    method: ConsentMethod
    granted_until: datetime
    acts: list[Act] = field(default_factory=list)
    child: "Referral | None" = None
    ref: UUID | None = None
    person: UUID | None = None
    withdrawn_at: datetime | None = None


@dataclass
class Case:
    """One person with her referent, when she was met, and what she said no to."""

    referent: Viewer
    person: Fictional
    met_at: datetime
    commands: tuple[UUID, ...]
    referrals: list[Referral] = field(default_factory=list)
    refused: list[AskedDesk] = field(default_factory=list)


@dataclass
class Planner:
    """Draws cases from one generator, so that the same numbers give the same territory."""

    rng: Random
    territory: Territory
    now: datetime
    starts: datetime
    taken: set[str] = field(default_factory=set)

    async def plan(self, people: int) -> list[Case]:
        """That many cases: first what referents find this morning, then the months before."""
        stories = [(one, referent) for referent in self.territory.referents for one, _ in lives.TODAY]
        # With few people, at least half of them are history.
        cases = [await self._case_of_today(*one) for one in stories[: people // 2]]
        cases += [await self._case() for _ in range(people - len(cases))]
        self._contradict_one(cases)
        return cases

    def _contradict_one(self, cases: list[Case]) -> None:
        """A right that was noted as open is not: one of the first referent's, if she has any, the last to be closed."""
        found = [
            (case.referent is self.territory.referents[0], opinions.ended(one.acts), place, one)
            for place, case in enumerate(cases)
            for one in case.referrals
            if one.withdrawn_at is None and opinions.may_be_contradicted(one.acts, self.now)
        ]
        if found:
            chosen = max(found, key=lambda one: one[:3])[3]
            chosen.acts = opinions.contradicted(chosen.acts, self.now)

    async def _case(self) -> Case:
        rng = self.rng
        span = business_hours_between(self.starts, self.now)
        met = add_business_hours(self.starts, max(span * rng.random() ** 0.8 - 10, 0.1))
        case = self._met(rng.choice(self.territory.referents), met)
        for place, noted in enumerate(case.person.rights[:2]):
            if rng.random() < 0.9 - 0.25 * place:
                sent = add_business_hours(met, rng.uniform(0.5, 12))
                await self._add(case, noted.right, sent)
        return case

    async def _case_of_today(self, story: str, referent: Viewer) -> Case:
        right = dict(lives.TODAY)[story]
        sent, acts = lives.of_today(story, self.now)
        case = self._met(referent, sent - timedelta(minutes=50), right)
        await self._add(case, right, sent, acts)
        if story == "ending":
            for referral in case.referrals:
                referral.granted_until = self.now + timedelta(days=5, hours=2)
        return case

    def _met(self, referent: Viewer, at: datetime, right: str | None = None) -> Case:
        person = draw_person(self.rng, self.taken, right)
        return Case(referent, person, at, (self._id(), self._id()))

    async def _add(self, case: Case, right: str, sent: datetime, acts: list[Act] | None = None) -> None:
        scheme = case.person.scheme
        desks = await self.territory.desks(right, scheme, sent) if sent < self.now else []
        if not desks:
            return
        desk = desks[0] if acts is not None else self.rng.choice(desks)
        if acts is None and self.rng.random() < 0.07:
            case.refused.append(asked(desk))
            return
        referral = await self._referral(desk, right, scheme, sent)
        if referral is None:
            return
        case.referrals.append(referral)
        others = [one for one in desks if one.desk != desk.desk]
        speed = SPEED.get(desk.organisation_kind, 1.0)
        whole = acts if acts is not None else self._life(referral, speed, redirectable=bool(others))
        referral.acts = list(takewhile(lambda act: act.at < self.now, whole))
        await self._redirect(referral, others, scheme)
        if acts is None and self.rng.random() < 0.03:
            referral.withdrawn_at = self.now - timedelta(minutes=self.rng.randint(10, 300))

    def _life(self, referral: Referral, speed: float, *, redirectable: bool) -> list[Act]:
        found = lives.life(
            self.rng, referral.sent_at, speed, redirectable=redirectable, accompanied=bool(referral.accompanied_by)
        )
        # A generator of its own: what people say afterwards changes nothing of who is met next.
        return opinions.with_opinions(Random(f"{referral.command} after"), list(found), speed)

    async def _redirect(self, referral: Referral, others: list[DeskOption], scheme: Scheme) -> None:
        """The other desk of a proposal; the child exists when the referent has confirmed."""
        proposed = next((act for act in referral.acts if act.what == "propose"), None)
        if proposed is None:
            return
        confirmed = next((act.at for act in referral.acts if act.what == "redirect"), None)
        at = confirmed or proposed.at
        child = await self._referral(self.rng.choice(others), referral.right, scheme, at) if others else None
        if child is None:
            referral.acts = [act for act in referral.acts if act.what == "act"]
            return
        referral.child = child
        if confirmed is not None:
            speed = SPEED.get(child.recipient.organisation_kind, 1.0)
            child.acts = [act for act in self._life(child, speed, redirectable=False) if act.at < self.now]

    async def _referral(self, desk: DeskOption, right: str, scheme: Scheme, sent: datetime) -> Referral | None:
        rng = self.rng
        recipient = await self.territory.recipient(rng, desk, right, scheme, sent)
        if recipient is None:
            return None
        purpose = Purpose.OPEN_RIGHT
        more = {one for one in (Category.BIRTH_DATE, Category.HOUSEHOLD, Category.HOUSING) if rng.random() < 0.5}
        return Referral(
            command=self._id(),
            sent_at=sent,
            right=right,
            recipient=recipient,
            mode=rng.choice(desk.modes),
            urgent=rng.random() < 0.1,
            message=rng.choice(MESSAGES),
            accompanied_by=rng.choice(COMPANIONS) if rng.random() < 0.15 else "",
            categories=DEFAULT_CATEGORIES[purpose] | more,
            method=rng.choice((ConsentMethod.ORAL_IN_PERSON, ConsentMethod.ORAL_IN_PERSON, *METHODS)),
            granted_until=sent + GRANTED,
        )

    def _id(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)


def asked(desk: DeskOption) -> AskedDesk:
    """The desk as a consent names it."""
    return AskedDesk(
        organisation=desk.organisation,
        organisation_name=desk.organisation_name,
        organisation_kind=desk.organisation_kind,
        desk=desk.desk,
        desk_name=desk.desk_name,
    )
