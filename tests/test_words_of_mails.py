"""Each mail and text message is made of constant words and an address behind the sign-in."""

import re
import string
from dataclasses import fields
from datetime import UTC, datetime
from itertools import product
from uuid import UUID, uuid4

from jinja2 import meta

from contracts.ladder import Audience, LadderStep
from contracts.pages import SAFEGUARDS
from services.notify import mail, texts
from services.notify.domain import Kind, Recipient
from services.notify.ledger import InHand
from tests.canary_world import found_in
from tests.test_canaries import Reaction, Watched, watch, watched  # noqa: F401 - a fixture


def in_hand(kind: Kind | LadderStep, audience: Audience) -> InHand:
    """A telling of that kind, of nobody."""
    at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    return InHand(uuid4(), uuid4(), kind.value, UUID(int=7), at, at, audience.value, 1)


def test_each_mail_is_made_of_constant_words_and_an_address_behind_the_sign_in() -> None:
    here, somebody = "https://relais.example", Recipient(uuid4(), "a@relais.example")
    for kind, audience in product((*Kind, *LadderStep), Audience):
        letter = mail.referral_awaits(
            [in_hand(kind, audience)], somebody, deputised=True, public_url=here, stop=f"{here}/desabonnement/x"
        )
        assert letter.subject in (mail.AWAITS_SUBJECT, mail.DIGEST_SUBJECT)
        assert kind.label in letter.text.replace("\n", " "), kind
        made = mail.compose(letter, sender="r@relais.example", at=datetime(2026, 11, 24, 9, tzinfo=UTC))
        assert found_in(made.as_string()) == found_in(letter.html) == set()
        links = re.findall(r"https://relais\.example(\S*)", letter.text)
        assert links and all("?" not in one or one == SAFEGUARDS for one in links), kind


def test_a_template_of_a_mail_says_nothing_but_what_its_context_has() -> None:
    contexts = {"awaits": mail.AwaitsContext, "code": mail.CodeContext}
    environment, seen = mail._environment, set()
    for name in environment.list_templates():
        stem = name.split(".")[0]
        allowed = {one.name for one in fields(contexts[stem])}
        source = environment.loader.get_source(environment, name)[0]  # type: ignore[union-attr]
        assert meta.find_undeclared_variables(environment.parse(source)) <= allowed, name
        seen.add(stem)
    assert seen == set(contexts)
    assert {one.name for context in contexts.values() for one in fields(context)} <= {
        "sentences", "link", "settings", "deputised", "code", "minutes", "stop", "why",
    }  # fmt: skip


def test_a_text_message_is_made_of_constant_words() -> None:
    for language, words in texts.PERSON_CODE.items():
        assert {name for _, name, _, _ in string.Formatter().parse(words) if name} == {"code"}, language
    for kind in (*Kind, *LadderStep):
        one = in_hand(kind, Audience.REFERENT)
        said = texts.referral_due([one], "+33600000000", public_url="https://relais.example").text
        assert texts.plain(kind.label) in said and found_in(said) == set()
        assert str(one.referral) not in said and str(one.account) not in said
