"""What the service intake is made of: its answers, its reactions to facts, its clocks and its pages."""

from pathlib import Path

from services.intake import (
    api,
    disclosure,
    sending,
    web_abandon,
    web_consent,
    web_file,
    web_people,
    web_referral_actions,
    web_referrals,
    web_review,
    web_send,
    web_today,
)
from services.intake.person_keys import PersonKeys
from services.intake.subscribers import REACTIONS
from services.runtime.process import Parts, Service

# `/personnes/nouvelle` comes before `/personnes/{ref}`, `abandonner` before the actions of the life cycle.
PAGES = (
    web_people, web_consent, web_review, web_file, web_send, web_today, web_referrals, web_abandon,
    web_referral_actions, api,
)  # fmt: skip


def build(service: Service) -> None:
    """Wire the parts of intake; the keys of the persons lie in the folder of keys, outside the database."""
    keys = PersonKeys(service.servers.keys / "intake" / "people")
    service.assemble(
        Parts(
            answers=disclosure.answers(service, keys),
            reactions=REACTIONS,
            jobs=sending.jobs(service),
            routers=[module.pages.router for module in PAGES],
            templates=Path(__file__).with_name("templates"),
        )
    )
    assert service.app is not None
    service.app.state.person_keys = keys
