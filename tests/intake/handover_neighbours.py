"""The neighbours of intake on the bus: small stand-ins that speak the contracts; each test sets what they decide."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID, uuid4

from contracts.asks import (
    ActOnReferral,
    DescribeNetwork,
    ListAbsences,
    ListConventions,
    ListRecipients,
    ListTasks,
    ReadDeskDelays,
    ReadFacts,
    ReadReferral,
    ResolveRecipient,
    SendReferral,
)
from contracts.envelope import Envelope
from contracts.lifecycle import State
from contracts.refusals import NotFound, Refusal
from contracts.replies import (
    AbsencesFound,
    ContactOption,
    ConventionsFound,
    ConventionState,
    DelaysFound,
    DeskDelay,
    DeskOption,
    FactsFound,
    Network,
    Recipient,
    RecipientsFound,
    ReferralState,
    ReferralView,
    TasksFound,
)
from contracts.vocabulary import HandoverMode
from services.runtime.bus import Bus
from services.runtime.process import Servers


@dataclass
class Directory:
    """What partners answers: recipients by desk, and a refusal when one is set."""

    recipients: dict[UUID, Recipient] = field(default_factory=dict)
    refusal: Refusal | None = None
    rights: tuple[str, ...] = ("rsa",)
    refused_desks: dict[UUID, Refusal] = field(default_factory=dict)
    asked: int = 0
    conventions: list[ConventionState] = field(default_factory=list)
    not_in_charge: set[UUID] = field(default_factory=set)
    absences: AbsencesFound = field(default_factory=lambda: AbsencesFound(absences=()))

    async def resolve(self, ask: ResolveRecipient) -> Recipient:
        self.asked += 1
        if self.refusal is not None:
            raise self.refusal
        if ask.desk in self.refused_desks:
            raise self.refused_desks[ask.desk]
        if ask.desk not in self.recipients or ask.contact != self.recipients[ask.desk].contact:
            raise NotFound
        return self.recipients[ask.desk]

    async def list(self, ask: ListRecipients) -> RecipientsFound:
        return RecipientsFound(
            desks=tuple(
                DeskOption(
                    desk=one.desk,
                    desk_name=one.desk_name,
                    organisation=one.organisation,
                    organisation_name=one.organisation_name,
                    organisation_kind=one.organisation_kind,
                    rights=self.rights,
                    modes=tuple(HandoverMode),
                    convention=one.convention,
                    convention_starts=one.convention_starts,
                    convention_ends=one.convention_ends,
                    contacts=(
                        ContactOption(
                            account=one.contact, name=one.contact_name, function="Conseillère", available=True
                        ),
                        ContactOption(
                            account=uuid4(),
                            name="Paul Absent",
                            function="Conseiller",
                            available=False,
                            absent_until=date(2030, 1, 1),
                        ),
                    ),
                )
                for one in self.recipients.values()
                if ask.right is None or one.desk not in self.not_in_charge
            )
        )

    async def away(self, ask: ListAbsences) -> AbsencesFound:
        return self.absences

    async def told(self, ask: ListConventions) -> ConventionsFound:
        return ConventionsFound(conventions=tuple(self.conventions))

    async def network(self, ask: DescribeNetwork) -> Network:
        return Network(organisations={}, kinds={}, desks={}, desk_organisation={}, accounts={})


@dataclass
class Referrals:
    """What the referral service answers: idempotent by reference, or a refusal when one is set."""

    sent: list[SendReferral] = field(default_factory=list)
    acted: list[ActOnReferral] = field(default_factory=list)
    views: dict[UUID, ReferralView] = field(default_factory=dict)
    refusal: Refusal | None = None
    record: list[Envelope] = field(default_factory=list)
    delays: list[DeskDelay] = field(default_factory=list)
    tasks: TasksFound = field(default_factory=lambda: TasksFound(tasks=()))

    async def send(self, ask: SendReferral) -> ReferralState:
        if self.refusal is not None:
            raise self.refusal
        self.sent.append(ask)
        return ReferralState(ref=ask.ref, state=State.SENT, version=1)

    async def act(self, ask: ActOnReferral) -> ReferralState:
        if self.refusal is not None:
            raise self.refusal
        self.acted.append(ask)
        return ReferralState(ref=ask.ref, state=State.RECALLED, version=2)

    async def read(self, ask: ReadReferral) -> ReferralView:
        if ask.ref not in self.views:
            raise NotFound
        return self.views[ask.ref]

    async def list(self, ask: ListTasks) -> TasksFound:
        return self.tasks

    async def facts(self, ask: ReadFacts) -> FactsFound:
        return FactsFound(envelopes=tuple(self.record))

    async def desk_delays(self, ask: ReadDeskDelays) -> DelaysFound:
        return DelaysFound(delays=tuple(one for one in self.delays if one.desk in ask.desks))

    def times(self, ref: UUID) -> int:
        return sum(one.ref == ref for one in self.sent)


async def neighbour(name: str, servers: Servers, answers: dict) -> Bus:
    bus = Bus(name, "valbrume", servers.nats_url, servers.keys / name / "nats.creds")
    for kind, answer in answers.items():
        bus.answer(kind, answer)
    await bus.start()
    return bus


async def referral_bus(servers: Servers, referrals: Referrals) -> Bus:
    return await neighbour(
        "referral",
        servers,
        {
            SendReferral: referrals.send,
            ActOnReferral: referrals.act,
            ReadReferral: referrals.read,
            ListTasks: referrals.list,
            ReadFacts: referrals.facts,
            ReadDeskDelays: referrals.desk_delays,
        },
    )
