"""The rows of the consent record: one is added for whatever happens to an agreement, and none is ever changed.

What is said of the people present is sealed with the person's key before it is kept.
"""

from typing import Any

from contracts.viewer import Viewer
from services.intake.commands import RecordConsent, RefuseConsent
from services.intake.consent_state import EventDetails, EventKind
from services.intake.free_text import accept_free_text
from services.intake.journal_kinds import Thing
from services.intake.notice import Notice
from services.intake.person_keys import PersonKeys
from services.intake.tables import ConsentEvent, ConsentGrant
from services.runtime.database import Work

PRESENT, REPRESENTATIVE = "consent_present", "consent_representative"


def sealed(keys: PersonKeys | None, command: RecordConsent | RefuseConsent, name: str, field: str) -> bytes | None:
    """A line about somebody present, as ciphertext; None for nothing. Refusals: those of `accept_free_text`."""
    accepted = accept_free_text(getattr(command, name), name, confirmed=command.confirmed)
    if not accepted:
        return None
    assert keys is not None, "a text about a person is only kept with her key"
    return keys.seal(command.person, field, accepted)


def asked_event(
    kind: EventKind,
    command: RecordConsent | RefuseConsent,
    shown: Notice,
    work: Work,
    viewer: Viewer,
    keys: PersonKeys | None,
    grant: ConsentGrant | None = None,
) -> ConsentEvent:
    """The person was asked (`presented`), and said yes (`given`, with all that she agreed to) or no (`refused`)."""
    said = EventDetails(
        purpose=command.purpose.value,
        method=command.method.value,
        language=command.language.value,
        interpreter=command.interpreter,
        notice=shown.version,
        notice_sha256=shown.digest,
    )
    row = ConsentEvent(
        person=command.person,
        organisation=viewer.organisation,
        grant=grant.ref if grant else None,
        kind=kind.value,
        desk=command.to.desk,
        desk_name=f"{command.to.desk_name}, {command.to.organisation_name}",
        actor=viewer.account,
        at=work.now,
        present=sealed(keys, command, "present", PRESENT),
    )
    if grant is not None and kind is EventKind.GIVEN and isinstance(command, RecordConsent):
        said = _agreed(said, command, grant)
        row.representative = sealed(keys, command, "representative", REPRESENTATIVE)
    row.details = said.stored()
    return row


def _agreed(said: EventDetails, command: RecordConsent, grant: ConsentGrant) -> EventDetails:
    return said.model_copy(
        update={
            "categories": tuple(grant.categories),
            "rights": tuple(grant.rights),
            "contact": grant.contact,
            "expires_at": grant.expires_at,
            "read_back": command.read_back,
            "with_proxy": command.with_proxy,
            "represented_until": grant.represented_until,
            "proxy_paper_seen": command.proxy_paper_seen if command.with_proxy else None,
            "evidence_sha256": command.evidence_sha256,
            "epoch": grant.epoch,
            "renews": grant.renews,
        }
    )


def grant_event(kind: EventKind, grant: ConsentGrant, said: EventDetails, work: Work, viewer: Viewer) -> ConsentEvent:
    """Something happened to an agreement that exists."""
    return ConsentEvent(
        person=grant.person,
        organisation=viewer.organisation,
        grant=grant.ref,
        kind=kind.value,
        desk=grant.desk,
        desk_name=f"{grant.desk_name}, {grant.recipient_organisation_name}",
        details=said.stored(),
        actor=viewer.account,
        at=work.now,
    )


def about_grant(grant: ConsentGrant) -> dict[str, Any]:
    """What the journal says of a change of this agreement."""
    about: dict[str, Any] = {"ref": grant.ref, "person": grant.person, "grant": grant.ref, "epoch": grant.epoch}
    return {"object": Thing.GRANT, "desk": grant.desk, "categories": grant.categories, **about}
