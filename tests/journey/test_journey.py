"""The main job, in a real browser: a referent and the named contact of a desk, side by side."""

import re

from playwright.async_api import expect

from services.partners.demonstration import people
from tests.journey import story
from tests.journey.pages import PATIENCE, Seat
from tests.journey.story import AGENT, REFERENT, Someone, in_days

CONTACT = people()[AGENT].name


async def test_a_referent_meets_somebody_new_and_finds_her_again(sit) -> None:
    referent = await sit(REFERENT)
    await referent.open("/personnes")
    await referent.press("Ouvrir une fiche seule")
    await referent.pick("Comment vous êtes-vous rencontrées\u202f?", "Rendez-vous des droits")
    await referent.write("Où", "Centre social des Essais")
    await referent.write("Qui était présent", "sa sœur")
    await referent.tick("Mme")
    await referent.write("Prénom", "Orphélie")
    await referent.write("Nom", "Sarcebrune")
    await referent.write("Date de naissance", "1988-02-29")
    await referent.write("Téléphone", "06 39 98 12 34")
    await referent.unfold("Sa situation")
    await referent.pick("Foyer", "Seule avec enfant(s)")
    await referent.press("Enregistrer la rencontre")
    await referent.arrives_at(r"/personnes/[0-9a-f-]{36}$")
    assert re.match(r"Mme Orphélie Sarcebrune, \d\d ans", await referent.heading())
    await referent.reads("Rendez-vous des droits", "Centre social des Essais", "sa sœur", "06 39 98 12 34")

    await referent.open("/personnes")
    await referent.write("Chercher une personne", "sarcebrunne orphelie")  # as one hears it
    await referent.press("Chercher")
    await referent.reads("Mme Orphélie Sarcebrune")
    assert "sarcebrun" not in referent.page.url.lower()

    await referent.open("/personnes/nouvelle")
    await referent.write("Prénom", "Orphelie")
    await referent.write("Nom", "Sarcebrune")
    await referent.write("Date de naissance", "1988-02-29")
    await referent.press("Enregistrer la rencontre")
    await referent.reads("Cette personne est peut-être déjà suivie ici")
    await referent.press("C’est elle")
    await referent.arrives_at(r"/personnes/[0-9a-f-]{36}$")
    await expect(referent.card("Vos rencontres").locator("li")).to_have_count(2)


async def test_a_person_agrees_for_one_desk_refuses_for_another_and_takes_it_back(sit, relais) -> None:
    referent = await sit(REFERENT)
    client = await relais.sign_in(story.login(REFERENT))
    person = await story.meet(client, Someone("Isabrune", "Valcresson"))

    await referent.open(f"/personnes/{person}")
    await referent.press("Faire le bilan des droits")
    await review(referent, "RSA", "Ses ressources", "Ne connaissait pas ce droit")
    await referent.reads("Ses ressources", "Ne connaissait pas ce droit", "Accord à recueillir")

    await referent.press("Recueillir son accord")
    await agree(referent, "Caf de Valbrume, Accueil social")
    await referent.open(f"/personnes/{person}")
    await referent.reads("1 accord en cours", "Avec Caf de Valbrume, Accueil social", "relu ensemble")

    await referent.open(f"/personnes/{person}/accord")
    await referent.tick("La notice a été lue avec la personne")
    await referent.pick("Avec quel guichet", "CPAM de la Brume, Accès aux soins")
    await referent.press("Elle refuse")
    await referent.arrives_at(rf"/personnes/{person}$")
    await referent.unfold("Refus et accords passés (1)")
    await referent.reads("A refusé aujourd’hui")

    await referent.press("Elle retire cet accord")
    await referent.reads("ce guichet ne peut plus lire ses informations")
    await referent.press("Retirer cet accord")
    await referent.arrives_at(rf"/personnes/{person}$")
    await referent.reads("rien n’est partagé avec personne", "Refus et accords passés (2)")


async def test_before_sending_one_sees_each_field_that_leaves_and_how_to_get_what_is_missing(sit, relais) -> None:
    referent = await sit(REFERENT)
    client = await relais.sign_in(story.login(REFERENT))
    person = await story.meet(client, Someone("Mauréline", "Tassigneux"))
    await story.review(client, person, "rsa")

    await referent.open(f"/personnes/{person}/confier?droit=rsa")
    await referent.reads("Caf de Valbrume, Accueil social", CONTACT, "Accord de la personne manquant")
    await referent.press("Recueillir son accord")
    await agree(referent, "Caf de Valbrume, Accueil social", without=("Téléphone",))
    await referent.arrives_at(r"/confier")
    await referent.tick(CONTACT)
    await referent.press("Continuer")

    assert await referent.fact("Nom et prénom") == "Mauréline Tassigneux"
    assert await referent.fact("Téléphone") == "non partagé"
    assert await referent.fact("Date de naissance") == "non partagé"
    await referent.tick("Rendez-vous accompagné")
    await referent.write("Ce qui aiderait la personne", "Elle préfère venir le matin.")
    await referent.press("Mettre à jour l’aperçu")
    await referent.reads("Elle préfère venir le matin.")
    assert await referent.fact("Ce qui l’aiderait") == "Elle préfère venir le matin."
    await referent.press("Confier")
    await referent.arrives_at(r"/orientations/[0-9a-f-]{36}$")
    await referent.reads("Orientation confiée.", CONTACT)


async def test_a_referral_goes_from_hand_to_hand_and_comes_back_answered(sit, relais) -> None:
    referent, agent = await sit(REFERENT), await sit(AGENT)
    client = await relais.sign_in(story.login(REFERENT))
    person = await story.meet(client, Someone("Léontine", "Brassevert"))
    await story.review(client, person, "rsa")
    await story.agree(client, person, story.SOCIAL, "rsa")

    await agent.open("/bureau")
    await agent.will_not_reload()
    await referent.open(f"/personnes/{person}/confier?droit=rsa")
    await referent.tick(CONTACT)
    await referent.press("Continuer")
    await referent.tick("Appel à trois")
    await referent.write("Ce qui aiderait la personne", "Elle craint de devoir tout raconter encore.")
    await referent.write("Qui l’accompagnera\u202f?", "sa voisine")
    await referent.press("Confier")
    await referent.arrives_at(r"/orientations/[0-9a-f-]{36}$")
    ref = await referent.here()

    # The desk's list has moved by itself, and shows what was agreed to.
    row = await agent.sees_arrive(f"/bureau/{ref}")
    await row.get_by_role("link").first.click()
    await agent.arrives_at(rf"/bureau/{ref}$")
    assert await agent.fact("Nom et prénom") == "Léontine Brassevert"
    assert await agent.fact("Téléphone") == "06 39 98 41 27"
    assert await agent.fact("Ce qui l’aiderait") == "Elle craint de devoir tout raconter encore."
    for missing in ("Date de naissance", "Adresse", "Foyer", "Logement", "Emploi", "Ressources (tranche)"):
        assert await agent.fact(missing) == "non partagé"
    assert await agent.fact("Comment") == "Appel à trois"
    await agent.reads("Ce que Mme B. a accepté de partager avec ", "Jamais utilisé pour un contrôle")
    await agent.does_not_read("17/04/1991", "allée des Essais", "6 000")

    # The referent's page moves by itself too.
    await referent.will_not_reload()
    await agent.press("Accuser réception")
    await agent.write("Premier contact promis au plus tard", in_days(2))
    await agent.press("Accuser réception")
    await agent.reads("C’est noté.", "promis")
    await referent.reads("Réception confirmée")
    await agent.press("Noter un contact")
    await agent.tick("Téléphone", "Personne jointe")
    await agent.press("Noter ce contact")
    await agent.reads("Contact noté")
    await agent.press_in_menu("Demander une précision")
    await agent.write("Votre question à la personne référente", "Quels jours lui conviennent ?")
    await agent.press("Envoyer la question")
    await agent.reads("Quels jours lui conviennent ?")
    await referent.reads("Quels jours lui conviennent ?", "à la personne référente d’agir")
    await referent.is_still_the_page_it_was()

    await referent.press("Répondre")
    await referent.write("Votre réponse", "Les mardis et jeudis matin.")
    await referent.press("Répondre")
    await referent.reads("Les mardis et jeudis matin.")
    await agent.open(f"/bureau/{ref}")
    await agent.reads("Les mardis et jeudis matin.")

    await referent.will_not_reload()
    await agent.press_in_menu("Clore")
    await agent.tick("Droit ouvert")
    await agent.write("Date d’effet du droit", in_days(-1))
    await agent.press("Clore")
    await agent.reads("C’est noté.", "Droit ouvert")
    await referent.reads("Droit ouvert", "C’est bien cela")
    await referent.is_still_the_page_it_was()
    await referent.press("C’est bien cela")
    await referent.press("C’est bien cela")
    await referent.reads("Issue confirmée")
    await agent.open(f"/bureau/{ref}")
    await agent.reads("Issue confirmée avec la personne")


async def test_another_organisation_and_another_desk_see_nothing_of_it(sit, relais) -> None:
    others = [await sit(8), await sit(10), await sit(2)]  # Caf logement, CPAM, a referent of Le Fil
    before = [await counts(one) for one in others]
    client = await relais.sign_in(story.login(REFERENT))
    sent = await story.send_one(client, Someone("Fanchette", "Dombreval"))
    agent = await sit(AGENT)
    await agent.open(f"/bureau/{sent.ref}")
    await agent.reads("Fanchette Dombreval")

    assert [await counts(one) for one in others] == before
    for seat in others:
        for address in (f"/bureau/{sent.ref}", f"/orientations/{sent.ref}", f"/personnes/{sent.person}"):
            answer = await seat.page.goto(seat.base + address)
            assert answer is not None and answer.status in (403, 404)
            await seat.does_not_read("Fanchette", "Dombreval", "Mme D.")
        await seat.open("/personnes" if seat is others[2] else "/bureau")
        await seat.does_not_read("Fanchette", "Dombreval", "Mme D.")


async def counts(seat: Seat) -> list[str]:
    """Every number that a list shows of what it holds."""
    await seat.open("/personnes" if await seat.page.locator("a[href='/personnes']").count() else "/bureau")
    return [await seat.page.locator("p.lead").inner_text(), *await seat.page.locator(".tabs b").all_inner_texts()]


async def test_a_wrong_scheme_is_corrected_and_another_organisation_is_proposed(sit, relais) -> None:
    referent = await sit(REFERENT)
    client = await relais.sign_in(story.login(REFERENT))
    person = await story.meet(client, Someone("Yolaine", "Champvermeil"))
    await story.review(client, person, "rsa")
    await referent.open(f"/personnes/{person}/confier?droit=rsa")
    await referent.reads("Caf de Valbrume, Accueil social")
    await referent.open(f"/personnes/{person}/situation")
    await referent.tick("Régime agricole")
    await referent.press("Enregistrer")
    await referent.reads("Régime agricole", "Locataire")
    await referent.open(f"/personnes/{person}/confier?droit=rsa")
    await referent.reads("MSA Brume-et-Plateaux, Action sociale")
    await referent.does_not_read("Caf de Valbrume, Accueil social")


async def review(seat: Seat, right: str, ground: str, cause: str) -> None:
    """Note one right on the page of the rights review."""
    await seat.tick(right)
    code = right.lower()
    details = seat.page.locator("details", has=seat.page.locator(f"#ground_{code}"))
    if await details.get_attribute("open") is None:
        await details.locator("summary").click()
    await seat.page.locator(f"#ground_{code}").select_option(label=ground)
    await seat.page.locator(f"#cause_{code}").select_option(label=cause)
    await seat.press("Enregistrer le bilan")
    await seat.arrives_at(r"/personnes/[0-9a-f-]{36}$")


async def agree(seat: Seat, desk: str, without: tuple[str, ...] = ()) -> None:
    """Record an agreement on its page, with what it proposes, but for some categories."""
    await seat.tick("La notice a été lue avec la personne", "J’ai relu avec elle ce qui sera partagé")
    await seat.pick("Avec quel guichet", desk)
    for label in without:
        await seat.untick(label)
    await seat.press("Elle accepte")
    await expect(seat.page.locator(".flash")).to_be_visible(timeout=PATIENCE)
