"""The one ask that notify answers: mail a sign-in code. It goes through memory into the mail, and stays nowhere."""

from contracts.asks import SendSignInCode
from contracts.refusals import ServiceAway
from contracts.replies import CodeSent
from services.notify import mail
from services.notify.smtp import Mailer, NotSent
from services.runtime.clock import Clock

# Less than the time for which the asker waits: whoever signs in gets an answer, not a silence.
CODE_TIMEOUT = 4.0


async def send_sign_in_code(ask: SendSignInCode, mailer: Mailer, clock: Clock) -> CodeSent:
    """Send the code now. Not accepted: the relay refuses that address. Refusal: ServiceAway when the relay is away."""
    message = mail.sign_in_code(code=ask.code, minutes=ask.minutes, sender=mailer.sender, to=ask.email, at=clock())
    try:
        await mailer.send(message, timeout=CODE_TIMEOUT)
    except NotSent as error:
        if error.final:
            return CodeSent(accepted=False)
        raise ServiceAway(service="smtp") from error
    return CodeSent(accepted=True)
