"""What the service intake is made of: its answers, its reactions to facts, its clocks and its pages."""

from pathlib import Path

from services.intake import (
    api,
    consent_ending,
    consent_soon,
    disclosure,
    erasing_stream,
    journal_sealing,
    own_page,
    retention,
    safeguards,
    sending,
    web_abandon,
    web_appointments,
    web_break_glass,
    web_caseload,
    web_circuits,
    web_consent,
    web_consent_narrowing,
    web_consent_page,
    web_contact_rules,
    web_data_dossier,
    web_data_erasure,
    web_data_requests,
    web_duplicates,
    web_encounter,
    web_erasures,
    web_evaluation,
    web_file,
    web_guide,
    web_journal,
    web_letter,
    web_notices,
    web_own_page,
    web_own_page_door,
    web_own_page_handing,
    web_people,
    web_person_rights,
    web_receipt,
    web_referral_actions,
    web_referrals,
    web_retention,
    web_review,
    web_send,
    web_send_several,
    web_today,
)
from services.intake.caseload_gate import require_gates
from services.intake.erasing import Eraser, erase_again
from services.intake.erasing_register import Register
from services.intake.evaluation import evaluation_database
from services.intake.journal_refused import note_refusals
from services.intake.merged_addresses import lead_to_kept
from services.intake.officer import officer_database
from services.intake.person_keys import PersonKeys
from services.intake.screening_file import read_screening
from services.intake.subscribers import REACTIONS
from services.runtime.database import Database
from services.runtime.process import Parts, Service

# `/personnes/nouvelle` and `/personnes/doublons` come before `/personnes/{ref}`, `/demandes/conservation` before
# `/demandes/{ref}`, `abandonner` before the actions of the life cycle.
PAGES = (
    web_guide, web_letter, web_duplicates, web_people, web_journal, web_break_glass, web_caseload, web_consent,
    web_consent_page, web_consent_narrowing,
    web_receipt, web_notices, web_review, web_file, web_send, web_send_several, web_today,
    web_referrals, web_abandon, web_appointments,
    web_referral_actions, web_own_page_door, web_own_page, web_own_page_handing, web_evaluation, web_retention,
    web_data_requests, web_data_dossier, web_data_erasure, web_person_rights, web_circuits, web_erasures,
    web_encounter, api, web_contact_rules,
)  # fmt: skip

CLOCKS = (sending, consent_ending, consent_soon, journal_sealing, safeguards, erasing_stream, own_page)


def build(service: Service) -> None:
    """Wire the parts of intake; the keys of the persons lie in the folder of keys, outside the database."""
    keys = PersonKeys(service.servers.keys / "intake" / "people")
    screening = read_screening(service.settings.screening)
    eraser = Eraser(keys, Register(service.settings.erasure_register))
    apart, officer = evaluation_database(service), officer_database(service)
    require_gates(module.pages.router for module in PAGES)
    service.assemble(
        Parts(
            answers=disclosure.answers(service, keys),
            reactions=REACTIONS,
            jobs=[*(one for module in CLOCKS for one in module.jobs(service)), *retention.jobs(service, eraser)],
            purges=False,
            routers=[module.pages.router for module in PAGES],
            templates=Path(__file__).with_name("templates"),
            prepare=lambda: erase_again(service, eraser),
            stop=lambda: close_all(apart, officer),
        )
    )
    assert service.app is not None
    service.app.state.person_keys = keys
    service.app.state.screening = screening
    note_refusals(service.app, service)
    web_caseload.ask_why_first(service.app)
    lead_to_kept(service.app)
    service.app.state.own_errors = web_own_page_door.show_error
    service.app.state.evaluation = apart
    service.app.state.officer = officer
    service.app.state.eraser = eraser


async def close_all(*databases: Database) -> None:
    """Close the pools beside the service's own."""
    for one in databases:
        await one.close()
