"""The words of a letter to the person, in each language in which a notice can be read to her.

Names of rights and of organisations stay French in every language: they are what stands on the door and on the form.
"""

from dataclasses import dataclass

from contracts.vocabulary import Document, Language


@dataclass(frozen=True)
class LetterWords:
    """One language; `locale` is that of its dates. {day}, {hour}, {who} and {desk} are filled in."""

    locale: str
    title: str
    intro: str
    what: str
    where: str
    who: str
    when: str
    appointment: str
    by_phone: str
    promised: str
    waiting: str
    late: str
    hours: str
    bring: str
    bring_unknown: str
    together: str
    your_choice: str
    reach: str
    reach_when: str
    shared: str
    yours: str
    made_on: str
    documents: dict[Document, str]


def _documents(*texts: str) -> dict[Document, str]:
    return dict(zip(Document, texts, strict=True))


_FRENCH = LetterWords(
    locale="fr_FR",
    title="On vous attend",
    intro="Votre demande est partie. Montrez ce papier en arrivant\u202f: vous n’aurez pas à tout raconter.",
    what="Pour quoi",
    where="Où",
    who="Par qui",
    when="Quand",
    appointment="Rendez-vous le {day} à {hour}.",
    by_phone="Par téléphone\u202f: on vous appelle.",
    promised="{desk} doit vous contacter au plus tard le {day}.",
    waiting="{desk} doit d’abord répondre, au plus tard le {day}. Ensuite, on vous contacte.",
    late="{desk} n’a pas encore répondu. Nous relançons\u202f: appelez-nous dans quelques jours.",
    hours="Heures d’ouverture",
    bring="Ce que vous apportez",
    bring_unknown="Une pièce d’identité. Pour le reste, le guichet vous dira.",
    together="Avec quelqu’un, si vous voulez",
    your_choice="Vous pouvez venir avec la personne de votre choix.",
    reach="Si quelque chose ne va pas",
    reach_when="Pas de nouvelles\u202f? Un papier que vous ne comprenez pas\u202f? Appelez {who}.",
    shared="Le guichet ne lit que ce que vous avez accepté de partager. Vous pouvez changer d’avis.",
    yours="Cette lettre est à vous. Rien n’est décidé\u202f: l’organisme étudie votre demande.",
    made_on="Fait le {day}.",
    documents={one: one.label for one in Document},
)
_ENGLISH = LetterWords(
    locale="en_GB",
    title="You are expected",
    intro="Your request has been sent. Show this paper when you arrive: you will not have to tell everything again.",
    what="What for",
    where="Where",
    who="By whom",
    when="When",
    appointment="Appointment on {day} at {hour}.",
    by_phone="By telephone: somebody will call you.",
    promised="{desk} must contact you by {day} at the latest.",
    waiting="{desk} must first answer, by {day} at the latest. Then somebody will contact you.",
    late="{desk} has not answered yet. We are asking again: call us in a few days.",
    hours="Opening hours",
    bring="What to bring",
    bring_unknown="An identity document. The office will tell you about the rest.",
    together="With somebody, if you like",
    your_choice="You may come with a person of your choice.",
    reach="If something goes wrong",
    reach_when="No news? A paper you do not understand? Call {who}.",
    shared="The office reads only what you agreed to share. You can change your mind.",
    yours="This letter is yours. Nothing is decided: the organisation is looking into your request.",
    made_on="Written on {day}.",
    documents=_documents(
        "Identity document", "Proof of address", "Proof of income", "Tax notice (avis d’imposition)",
        "Bank details (RIB)", "Family record book (livret de famille)", "Lease or rent receipt",
        "Employment contract or employer’s certificate",
    ),
)  # fmt: skip
_SPANISH = LetterWords(
    locale="es_ES",
    title="Le esperan",
    intro="Su solicitud ya se ha enviado. Muestre este papel al llegar: no tendrá que contarlo todo otra vez.",
    what="Para qué",
    where="Dónde",
    who="Quién le recibe",
    when="Cuándo",
    appointment="Cita el {day} a las {hour}.",
    by_phone="Por teléfono: le llamarán.",
    promised="{desk} debe ponerse en contacto con usted a más tardar el {day}.",
    waiting="{desk} debe responder primero, a más tardar el {day}. Después se pondrán en contacto con usted.",
    late="{desk} todavía no ha respondido. Volvemos a preguntar: llámenos dentro de unos días.",
    hours="Horario",
    bring="Lo que debe llevar",
    bring_unknown="Un documento de identidad. La oficina le dirá lo demás.",
    together="Con alguien, si quiere",
    your_choice="Puede venir con la persona que usted elija.",
    reach="Si algo va mal",
    reach_when="¿Sin noticias? ¿Un papel que no entiende? Llame a {who}.",
    shared="La oficina solo lee lo que usted aceptó compartir. Puede cambiar de opinión.",
    yours="Esta carta es suya. Nada está decidido: el organismo estudia su solicitud.",
    made_on="Escrita el {day}.",
    documents=_documents(
        "Documento de identidad", "Justificante de domicilio", "Justificantes de ingresos",
        "Aviso de impuestos (avis d’imposition)", "Datos bancarios (RIB)", "Libro de familia",
        "Contrato o recibo de alquiler", "Contrato de trabajo o certificado del empleador",
    ),
)  # fmt: skip
_PORTUGUESE = LetterWords(
    locale="pt_PT",
    title="Estão à sua espera",
    intro="O seu pedido já foi enviado. Mostre este papel à chegada: não terá de contar tudo outra vez.",
    what="Para quê",
    where="Onde",
    who="Quem recebe",
    when="Quando",
    appointment="Encontro em {day} às {hour}.",
    by_phone="Por telefone: vão telefonar-lhe.",
    promised="{desk} deve entrar em contacto consigo, o mais tardar em {day}.",
    waiting="{desk} deve primeiro responder, o mais tardar em {day}. Depois entram em contacto consigo.",
    late="{desk} ainda não respondeu. Vamos insistir: telefone-nos dentro de alguns dias.",
    hours="Horário",
    bring="O que deve levar",
    bring_unknown="Um documento de identificação. O balcão dirá o resto.",
    together="Com alguém, se quiser",
    your_choice="Pode vir com a pessoa que escolher.",
    reach="Se algo correr mal",
    reach_when="Sem notícias? Um papel que não percebe? Ligue para {who}.",
    shared="O balcão só lê o que aceitou partilhar. Pode mudar de ideias.",
    yours="Esta carta é sua. Nada está decidido: o organismo estuda o seu pedido.",
    made_on="Feita em {day}.",
    documents=_documents(
        "Documento de identificação", "Comprovativo de morada", "Comprovativos de rendimentos",
        "Nota de imposto (avis d’imposition)", "Dados bancários (RIB)", "Livro de família",
        "Contrato ou recibo de renda", "Contrato de trabalho ou declaração do empregador",
    ),
)  # fmt: skip
_ARABIC = LetterWords(
    locale="ar",
    title="هناك من ينتظركم",
    intro="لقد أُرسل طلبكم. أظهروا هذه الورقة عند وصولكم: لن تضطروا إلى إعادة سرد كل شيء.",
    what="الغرض",
    where="المكان",
    who="من يستقبلكم",
    when="الموعد",
    appointment="موعد يوم {day} الساعة {hour}.",
    by_phone="عبر الهاتف: سيُتَّصل بكم.",
    promised="يجب أن تتصل بكم {desk} في أجل أقصاه {day}.",
    waiting="يجب أن تجيب {desk} أولاً في أجل أقصاه {day}. بعد ذلك يُتَّصل بكم.",
    late="لم تجب {desk} بعد. سنعيد الاتصال بها: اتصلوا بنا بعد بضعة أيام.",
    hours="أوقات العمل",
    bring="ما تُحضرونه معكم",
    bring_unknown="وثيقة هوية. وسيخبركم المكتب بالباقي.",
    together="مع شخص آخر، إن أردتم",
    your_choice="يمكنكم الحضور مع شخص تختارونه.",
    reach="إذا حدثت مشكلة",
    reach_when="لا أخبار؟ ورقة لا تفهمونها؟ اتصلوا بـ {who}.",
    shared="لا يقرأ المكتب إلا ما وافقتم على مشاركته. ويمكنكم تغيير رأيكم.",
    yours="هذه الرسالة لكم. لم يُتخذ أي قرار: الهيئة تدرس طلبكم.",
    made_on="حُررت في {day}.",
    documents=_documents(
        "وثيقة هوية", "إثبات السكن", "إثباتات الموارد", "إشعار الضريبة (avis d’imposition)",
        "بيانات الحساب البنكي (RIB)", "دفتر العائلة", "عقد الإيجار أو وصل الكراء",
        "عقد العمل أو شهادة من صاحب العمل",
    ),
)  # fmt: skip

WORDS = {
    Language.FR.value: _FRENCH,
    Language.FALC.value: _FRENCH,
    Language.EN.value: _ENGLISH,
    Language.ES.value: _SPANISH,
    Language.PT.value: _PORTUGUESE,
    Language.AR.value: _ARABIC,
}
