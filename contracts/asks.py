"""Every ask between services: request and reply, answered at once with its reply or a named refusal.

An ask is a command when it changes something; then `command_id` makes a repetition harmless.
"""

from contracts.asks_of_files import (
    AnswerErasure,
    CountCases,
    Disclose,
    DropNote,
    ListErasures,
    WriteNote,
)
from contracts.asks_of_messages import (
    CheckReminders,
    ListBouncing,
    ListHeld,
    ListHeldByDesks,
    ListHeldByNotify,
    SendPersonCode,
    SendSignInCode,
)
from contracts.asks_of_referrals import (
    ActOnReferral,
    ArrangeAppointment,
    FollowUpReferral,
    ListTasks,
    ReadDeskDelays,
    ReadFacts,
    ReadReferral,
    ReadStates,
    SendReferral,
)
from contracts.asks_of_the_directory import (
    CheckDeskMember,
    DescribeNetwork,
    FindAudience,
    ListAbsences,
    ListConventions,
    ListRecipients,
    ResolveAddress,
    ResolveRecipient,
    ResolveViewer,
)
from contracts.envelope import Ask

__all__ = [
    "ASKS",
    "ActOnReferral",
    "AnswerErasure",
    "ArrangeAppointment",
    "CheckDeskMember",
    "CheckReminders",
    "CountCases",
    "DescribeNetwork",
    "Disclose",
    "DropNote",
    "FindAudience",
    "FollowUpReferral",
    "ListAbsences",
    "ListBouncing",
    "ListConventions",
    "ListErasures",
    "ListHeld",
    "ListHeldByDesks",
    "ListHeldByNotify",
    "ListRecipients",
    "ListTasks",
    "ReadDeskDelays",
    "ReadFacts",
    "ReadReferral",
    "ReadStates",
    "ResolveAddress",
    "ResolveRecipient",
    "ResolveViewer",
    "SendPersonCode",
    "SendReferral",
    "SendSignInCode",
    "WriteNote",
]

ASKS: dict[str, type[Ask]] = {  # type: ignore[type-arg]
    kind.__name__: kind
    for kind in (
        ResolveViewer,
        ListRecipients,
        ResolveRecipient,
        ResolveAddress,
        FindAudience,
        DescribeNetwork,
        CheckDeskMember,
        ListAbsences,
        CountCases,
        ListConventions,
        Disclose,
        WriteNote,
        DropNote,
        ListErasures,
        AnswerErasure,
        SendReferral,
        ActOnReferral,
        FollowUpReferral,
        ArrangeAppointment,
        ReadReferral,
        ReadStates,
        ListTasks,
        ReadFacts,
        ReadDeskDelays,
        SendSignInCode,
        SendPersonCode,
        ListBouncing,
        CheckReminders,
        ListHeld,
        ListHeldByDesks,
        ListHeldByNotify,
    )
}
