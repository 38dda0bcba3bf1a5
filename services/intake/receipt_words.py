"""The words of a receipt in each language in which it can be given; codes are those of the contracts.

Names of rights and of organisations stay French in every language: they are what stands on the door and on the form.
"""

from dataclasses import dataclass

from contracts.consent import Category
from contracts.vocabulary import Language, Purpose


@dataclass(frozen=True)
class ReceiptWords:
    """One language. `change` says how to change one's mind, with {organisation}; `locale` is that of its dates."""

    locale: str
    title: str
    keep: str
    person: str
    to: str
    purpose: str
    rights: str
    shared: str
    nothing_else: str
    given: str
    until: str
    asked_by: str
    text_read: str
    change_title: str
    change: str
    never: str
    see: str
    ended: str
    purposes: dict[Purpose, str]
    categories: dict[Category, str]


def _categories(*texts: str) -> dict[Category, str]:
    return dict(zip(Category, texts, strict=True))


_FOR_HER = {
    Category.IDENTITY_MIN: "Votre initiale et votre âge",
    Category.CONTACT_SAFE_TIMES: "Quand vous appeler",
    Category.NEED_SUMMARY: "Ce qui vous aiderait",
    Category.ACCOMPANIMENT: "Qui vous accompagne",
}
_FRENCH = ReceiptWords(
    locale="fr_FR",
    title="Votre accord",
    keep="Gardez ce papier\u202f: il dit ce que vous avez accepté, et comment changer d’avis.",
    person="Vous",
    to="Vos informations sont partagées avec",
    purpose="Pour quoi faire",
    rights="Pour quels droits",
    shared="Ce que vous acceptez de partager",
    nothing_else="Rien d’autre n’est partagé, et avec personne d’autre.",
    given="Accord donné le",
    until="Il se termine le",
    asked_by="Recueilli par",
    text_read="Texte lu ensemble",
    change_title="Vous pouvez changer d’avis",
    change="Quand vous voulez, sans dire pourquoi. Dites-le à {organisation}, ou à tout professionnel qui vous"
    " accompagne\u202f: l’organisme ne pourra plus lire vos informations. Nous continuerons à vous aider comme avant.",
    never="Ces informations ne servent jamais à vous contrôler.",
    see="Vous pouvez demander à voir ce qui est noté sur vous, qui l’a lu, et le faire corriger ou effacer.",
    ended="Cet accord est terminé\u202f: plus rien n’est partagé.",
    purposes={one: one.label for one in Purpose},
    # What professionals call « elle » is said to her as « vous ».
    categories={one: _FOR_HER.get(one, one.label) for one in Category},
)
_ENGLISH = ReceiptWords(
    locale="en_GB",
    title="Your agreement",
    keep="Keep this paper: it says what you agreed to, and how to change your mind.",
    person="You",
    to="Your information is shared with",
    purpose="What for",
    rights="For which benefits",
    shared="What you agree to share",
    nothing_else="Nothing else is shared, and with nobody else.",
    given="Agreement given on",
    until="It ends on",
    asked_by="Recorded by",
    text_read="Text read together",
    change_title="You can change your mind",
    change="Whenever you like, without saying why. Tell {organisation}, or any professional who is helping you: the"
    " organisation will no longer be able to read your information. We will go on helping you as before.",
    never="This information is never used to check up on you.",
    see="You can ask to see what is noted about you and who has read it, and have it corrected or erased.",
    ended="This agreement has ended: nothing is shared any more.",
    purposes={
        Purpose.OPEN_RIGHT: "Look into a benefit and open it",
        Purpose.APPOINTMENT: "Arrange an appointment",
        Purpose.FOLLOW_UP: "Follow the application to the end",
    },
    categories=_categories(
        "Initial and age", "First name and surname", "Date of birth", "Telephone", "Address", "When to call you",
        "Household", "Housing", "Work", "Income (bracket)", "Where this benefit stands", "What would help you",
        "Person who goes with you", "Language",
    ),
)  # fmt: skip
_SPANISH = ReceiptWords(
    locale="es_ES",
    title="Su acuerdo",
    keep="Guarde este papel: dice lo que usted ha aceptado y cómo cambiar de opinión.",
    person="Usted",
    to="Su información se comparte con",
    purpose="Para qué",
    rights="Para qué derechos",
    shared="Lo que usted acepta compartir",
    nothing_else="No se comparte nada más, ni con nadie más.",
    given="Acuerdo dado el",
    until="Termina el",
    asked_by="Recogido por",
    text_read="Texto leído juntos",
    change_title="Usted puede cambiar de opinión",
    change="Cuando quiera, sin decir por qué. Dígaselo a {organisation}, o a cualquier profesional que le acompañe: el"
    " organismo ya no podrá leer su información. Le seguiremos ayudando como antes.",
    never="Esta información nunca sirve para controlarle.",
    see="Puede pedir que le muestren lo que está anotado sobre usted y quién lo ha leído, y que se corrija o se borre.",
    ended="Este acuerdo ha terminado: ya no se comparte nada.",
    purposes={
        Purpose.OPEN_RIGHT: "Estudiar y abrir un derecho",
        Purpose.APPOINTMENT: "Concertar una cita",
        Purpose.FOLLOW_UP: "Seguir la solicitud hasta el final",
    },
    categories=_categories(
        "Inicial y edad", "Nombre y apellidos", "Fecha de nacimiento", "Teléfono", "Dirección", "Cuándo llamarle",
        "Hogar", "Vivienda", "Empleo", "Ingresos (tramo)", "En qué punto está este derecho", "Lo que le ayudaría",
        "Persona que le acompaña", "Idioma",
    ),
)  # fmt: skip
_PORTUGUESE = ReceiptWords(
    locale="pt_PT",
    title="O seu acordo",
    keep="Guarde este papel: diz o que aceitou e como mudar de ideias.",
    person="A pessoa",
    to="As suas informações são partilhadas com",
    purpose="Para quê",
    rights="Para que direitos",
    shared="O que aceita partilhar",
    nothing_else="Nada mais é partilhado, nem com mais ninguém.",
    given="Acordo dado em",
    until="Termina em",
    asked_by="Recolhido por",
    text_read="Texto lido em conjunto",
    change_title="Pode mudar de ideias",
    change="Quando quiser, sem dizer porquê. Diga-o a {organisation}, ou a qualquer profissional que lhe dê apoio: o"
    " organismo deixará de poder ler as suas informações. Continuaremos a ajudar como antes.",
    never="Estas informações nunca servem para o controlar.",
    see="Pode pedir para ver o que está anotado sobre si e quem o leu, e pedir que seja corrigido ou apagado.",
    ended="Este acordo terminou: já nada é partilhado.",
    purposes={
        Purpose.OPEN_RIGHT: "Estudar e abrir um direito",
        Purpose.APPOINTMENT: "Marcar um encontro",
        Purpose.FOLLOW_UP: "Acompanhar o pedido até ao fim",
    },
    categories=_categories(
        "Inicial e idade", "Nome e apelido", "Data de nascimento", "Telefone", "Morada", "Quando telefonar",
        "Agregado familiar", "Habitação", "Emprego", "Rendimentos (escalão)", "Em que ponto está este direito",
        "O que poderia ajudar", "Pessoa que acompanha", "Língua",
    ),
)  # fmt: skip
_ARABIC = ReceiptWords(
    locale="ar",
    title="موافقتكم",
    keep="احتفظوا بهذه الورقة: فهي تذكر ما وافقتم عليه، وكيف تغيّرون رأيكم.",
    person="صاحب الموافقة",
    to="تُشارَك معلوماتكم مع",
    purpose="الغرض",
    rights="الحقوق المعنية",
    shared="ما توافقون على مشاركته",
    nothing_else="لا يُشارَك أي شيء آخر، ولا مع أي جهة أخرى.",
    given="تاريخ الموافقة",
    until="تاريخ انتهائها",
    asked_by="سجّل الموافقة",
    text_read="النص الذي قرأناه معاً",
    change_title="يمكنكم تغيير رأيكم",
    change="متى شئتم، ودون ذكر السبب. أخبروا {organisation} أو أي مهني يرافقكم: عندها لن تتمكن الهيئة من قراءة"
    " معلوماتكم. وسنواصل مساعدتكم كما من قبل.",
    never="لا تُستعمل هذه المعلومات أبداً لمراقبتكم.",
    see="يمكنكم أن تطلبوا الاطلاع على ما هو مسجّل عنكم ومعرفة من قرأه، وأن تطلبوا تصحيحه أو محوه.",
    ended="انتهت هذه الموافقة: لم يعد أي شيء يُشارَك.",
    purposes={
        Purpose.OPEN_RIGHT: "دراسة أحد الحقوق وفتحه",
        Purpose.APPOINTMENT: "تحديد موعد",
        Purpose.FOLLOW_UP: "متابعة الطلب حتى النهاية",
    },
    categories=_categories(
        "الحرف الأول من الاسم والعمر", "الاسم واللقب", "تاريخ الميلاد", "الهاتف", "العنوان", "الأوقات المناسبة للاتصال",
        "أفراد الأسرة", "السكن", "العمل", "الموارد (الشريحة)", "وضع هذا الحق", "ما قد يساعدكم",
        "الشخص الذي يرافقكم", "اللغة",
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
