"""The asks that notify answers with a letter: a sign-in code by mail, the code of a person's own page by text message.

They go through memory into the letter, and stay nowhere.
"""

from uuid import uuid4

from contracts.asks import SendPersonCode, SendSignInCode
from contracts.refusals import ServiceAway
from contracts.replies import CodeSent
from services.notify import mail, texts
from services.notify.channels import Channel, Letter, NotSent, send_one

# Less than the time for which the asker waits: whoever waits for a code gets an answer, not a silence.
CODE_TIMEOUT = 4.0


async def send_sign_in_code(ask: SendSignInCode, channel: Channel) -> CodeSent:
    """Send the code now. Not accepted: the relay refuses that address. Refusal: ServiceAway when the relay is away."""
    return await _send(channel, mail.sign_in_code(code=ask.code, minutes=ask.minutes, to=ask.email))


async def send_person_code(ask: SendPersonCode, channel: Channel) -> CodeSent:
    """Send the code now, in the person's language. Not accepted: the gateway refuses that number. Refusal: ServiceAway
    when the gateway is away or none is set.
    """
    return await _send(channel, texts.person_code(ask.code, ask.language, ask.phone, f"code-{uuid4()}"))


async def _send(channel: Channel, letter: Letter) -> CodeSent:
    try:
        await send_one(channel, letter, timeout=CODE_TIMEOUT)
    except NotSent as error:
        if error.address or (error.final and error.reason.value.endswith("_refused")):
            return CodeSent(accepted=False)
        raise ServiceAway(service=channel.name) from error
    return CodeSent(accepted=True)
