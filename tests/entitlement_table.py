"""Who may do what, written by hand: one line a route, one column an actor; the code is not asked."""

from tests.journey.story import login

# Everybody: a letter, who signs in, and why she is in the table.
ACTORS: dict[str, tuple[str, str]] = {
    "N": ("", "nobody"),
    "R": (login(0), "the referent who met the person (CCAS)"),
    "C": (login(1), "her colleague, referent of the same organisation"),
    "S": (login(22), "an agent of a desk of that organisation"),
    "A": (login(5), "the named contact: agent of the desk (Caf, accueil social)"),
    "M": (login(7), "the manager of that desk"),
    "D": (login(8), "an agent of another desk of the same organisation (Caf, logement)"),
    "E": (login(9), "the manager of that other desk"),
    "O": (login(2), "a referent of another organisation (Le Fil)"),
    "X": (login(10), "an agent of another organisation (CPAM)"),
    "Y": (login(11), "a manager of another organisation"),
    "K": (login(27), "the coordinator of the territory"),
    "P": (login(28), "its data protection officer"),
    "I": (login(29), "its administrator"),
    "k": ("coordinator@caf.valbrume.example", "a coordinator employed by the desk's organisation"),
    "p": ("dpo@caf.valbrume.example", "a data protection officer of the desk's organisation"),
    "i": ("administrator@caf.valbrume.example", "an administrator of the desk's organisation"),
}
ORDER = "N RCS AM DE OXY KPI kpi".replace(" ", "")
# A word after a colon in braces is what the placeholder is filled with.
TABLE = """
#                                                    N RCS AM DE OXY KPI kpi
GET  /                                               > ooo oo oo ooo ooo ooo
GET  /livez                                          o ooo oo oo ooo ooo ooo
GET  /readyz                                         o ooo oo oo ooo ooo ooo
GET  /metrics                                        o ooo oo oo ooo ooo ooo
GET  /connexion                                      o ooo oo oo ooo ooo ooo
POST /connexion                                      o ooo oo oo ooo ooo ooo
GET  /connexion/code                                 o ooo oo oo ooo ooo ooo
POST /connexion/code                                 o ooo oo oo ooo ooo ooo
POST /connexion/demonstration                        o ooo oo oo ooo ooo ooo
GET  /connexion/mot-de-passe                         o ooo oo oo ooo ooo ooo
POST /connexion/mot-de-passe                         o ooo oo oo ooo ooo ooo
POST /connexion/cle/options                          o ooo oo oo ooo ooo ooo
POST /connexion/cle                                  o ooo oo oo ooo ooo ooo
GET  /connexion/proconnect                           - --- -- -- --- --- ---
GET  /connexion/proconnect/retour                    - --- -- -- --- --- ---
GET  /connexion/proconnect/fin                       > >>> >> >> >>> >>> >>>
GET  /connexion/depart                               o ooo oo oo ooo ooo ooo
GET  /installation                                   - --- -- -- --- --- ---
POST /installation                                   - --- -- -- --- --- ---
POST /deconnexion                                    > >>> >> >> >>> >>> >>>
GET  /composants                                     o ooo oo oo ooo ooo ooo
GET  /accessibilite                                  o ooo oo oo ooo ooo ooo
GET  /courrier                                       o ooo oo oo ooo ooo ooo
GET  /courrier/{number}                              o ooo oo oo ooo ooo ooo
GET  /compte                                         > ooo oo oo ooo ooo ooo
POST /compte/appareils/{ref}/fin                     > --- -- -- --- --- ---
POST /compte/appareils/autres/fin                    > ooo oo oo ooo ooo ooo
POST /compte/message                                 > ooo oo oo ooo ooo ooo
POST /compte/cles/options                            > ooo oo oo ooo ooo ooo
POST /compte/cles                                    > ooo oo oo ooo ooo ooo
POST /compte/cles/{ref}/retrait                      > --- -- -- --- --- ---
GET  /compte/mot-de-passe                            > ooo oo oo ooo ooo ooo
POST /compte/mot-de-passe                            > ooo oo oo ooo ooo ooo
GET  /compte/mot-de-passe/code                       > ooo oo oo ooo ooo ooo
POST /compte/mot-de-passe/code                       > ooo oo oo ooo ooo ooo
POST /compte/mot-de-passe/retrait                    > ooo oo oo ooo ooo ooo
GET  /compte/moyens                                  > xxx xx xx xxx xxo xxo
POST /compte/moyens/remise                           > xxx xx xx xxx xxo xxo
POST /compte/moyens/{ref}                            > xxx xx xx xxx xx- xx-
GET  /aide                                           > ooo oo oo ooo ooo ooo
GET  /aide/clavier                                   > ooo oo oo ooo ooo ooo
GET  /aide/trois-choses                              > ooo oo oo ooo ooo ooo
GET  /connexion/demonstration/neuve                  - --- -- -- --- --- ---
POST /connexion/demonstration/neuve                  - --- -- -- --- --- ---
GET  /reseau                                         > ooo oo oo ooo ooo ooo
POST /reseau                                         > ooo oo oo ooo ooo ooo
GET  /reseau/organismes/{ref}                        > --- -- -- --- --- ---
GET  /annuaire                                       > xxx xx xx xxx xxo xxo
GET  /annuaire/nouveau                               > xxx xx xx xxx xxo xxo
POST /annuaire/nouveau                               > xxx xx xx xxx xxo xxo
GET  /annuaire/import                                > xxx xx xx xxx xxo xxo
POST /annuaire/import                                > xxx xx xx xxx xxo xxo
GET  /annuaire/import/modele.csv                     > xxx xx xx xxx xxo xxo
GET  /annuaire/export.csv                            > xxx xx xx xxx xxo xxo
GET  /annuaire/import/{ref}                          > xxx xx xx xxx xx- xx-
POST /annuaire/import/{ref}                          > xxx xx xx xxx xx- xx-
POST /annuaire/import/{ref}/appliquer                > xxx xx xx xxx xx- xx-
POST /annuaire/import/{ref}/abandon                  > xxx xx xx xxx xx- xx-
GET  /annuaire/import/{ref}/flux                     > xxx xx xx xxx xx- xx-
GET  /annuaire/import/{ref}/colonnes                 > xxx xx xx xxx xx- xx-
POST /annuaire/import/{ref}/colonnes                 > xxx xx xx xxx xx- xx-
GET  /annuaire/import/{ref}/lignes/{number}          > xxx xx xx xxx xx- xx-
POST /annuaire/import/{ref}/lignes/{number}          > xxx xx xx xxx xx- xx-
GET  /annuaire/{ref}                                 > xxx xx xx xxx xx- xx-
GET  /annuaire/{ref}/modifier                        > xxx xx xx xxx xx- xx-
POST /annuaire/{ref}/modifier                        > xxx xx xx xxx xx- xx-
GET  /annuaire/{ref}/guichet                         > xxx xx xx xxx xx- xx-
POST /annuaire/{ref}/guichet                         > xxx xx xx xxx xx- xx-
GET  /annuaire/{ref}/guichets/{draft}                > xxx xx xx xxx xx- xx-
POST /annuaire/{ref}/guichets/{draft}                > xxx xx xx xxx xx- xx-
GET  /annuaire/{ref}/depart                          > xxx xx xx xxx xx- xx-
POST /annuaire/{ref}/depart                          > xxx xx xx xxx xx- xx-
GET  /annuaire/{ref}/membre                          > xxx xx xx xxx xx- xx-
POST /annuaire/{ref}/membre                          > xxx xx xx xxx xx- xx-
GET  /annuaire/membres/{ref}                         > xxx x- x- xx- xx- xx-
POST /annuaire/membres/{ref}/confirmation            > xxx x- x- xx- xx- xx-
GET  /annuaire/membres/{ref}/modifier                > xxx x- x- xx- xx- xx-
POST /annuaire/membres/{ref}/modifier                > xxx x- x- xx- xx- xx-
GET  /annuaire/membres/{ref}/depart                  > xxx x- x- xx- xx- xx-
POST /annuaire/membres/{ref}/depart                  > xxx x- x- xx- xx- xx-
GET  /bureau/reglages                                > xxx xo xo xxo xxx xxx
GET  /bureau/reglages/membre                         > xxx xo xo xxo xxx xxx
POST /bureau/reglages/membre                         > xxx xo xo xxo xxx xxx
GET  /bureau/reglages/{ref}/permanence               > xxx x- x- xx- xxx xxx
POST /bureau/reglages/{ref}/permanence               > xxx x- x- xx- xxx xxx
GET  /annuaire/{ref}/permanence                      > xxx xx xx xxx xx- xx-
POST /annuaire/{ref}/permanence                      > xxx xx xx xxx xx- xx-
GET  /annuaire/permanences/{ref}                     > xxx x- x- xx- xx- xx-
POST /annuaire/permanences/{ref}                     > xxx x- x- xx- xx- xx-
GET  /bureau/reglages/{ref}                          > xxx x- x- xx- xxx xxx
POST /bureau/reglages/{ref}                          > xxx x- x- xx- xxx xxx
GET  /absences                                       > ooo oo oo ooo ooo ooo
POST /absences                                       > ooo oo oo ooo ooo ooo
POST /absences/{ref}/annulation                      > --- -- -- --- --- ---
GET  /reseau/conventions                             > xxx xx xx xxx xoo xoo
POST /reseau/conventions                             > xxx xx xx xxx xoo xoo
GET  /reseau/conventions/{ref}                       > xxx xx xx xxx x-- x--
POST /reseau/conventions/{ref}                       > xxx xx xx xxx x-- x--
GET  /circuits                                       > xxx xx xx xxx xox xox
POST /circuits                                       > xxx xx xx xxx xox xox
GET  /circuits/{sender:ccas}/{recipient:caf}         > xxx xx xx xxx xox xox
POST /circuits/{sender:ccas}/{recipient:caf}         > xxx xx xx xxx xox xox
GET  /effacements                                    > xxx xx xx xxx xox xox
GET  /effacements/{ref}                              > xxx xx xx xxx x-x x-x
POST /effacements/{ref}                              > xxx xx xx xxx x-x x-x

GET  /aujourdhui                                     > oox xx xx oxx xxx xxx
GET  /aujourdhui/flux                                > oox xx xx oxx xxx xxx
GET  /rencontre                                      > oox xx xx oxx xxx xxx
POST /rencontre                                      > oox xx xx oxx xxx xxx
POST /rencontre/recherche                            > oox xx xx oxx xxx xxx
GET  /rencontre/hors-ligne                           > oox xx xx oxx xxx xxx
GET  /rencontre/travailleur.js                       o ooo oo oo ooo ooo ooo
GET  /personnes                                      > oox xx xx oxx xxx xxx
POST /personnes                                      > oox xx xx oxx xxx xxx
GET  /personnes/nouvelle                             > oox xx xx oxx xxx xxx
POST /personnes/nouvelle                             > oox xx xx oxx xxx xxx
GET  /personnes/{person}                             > oox xx xx -xx xxx xxx
GET  /personnes/{person}/rencontre                   > oox xx xx -xx xxx xxx
POST /personnes/{person}/rencontre                   > oox xx xx -xx xxx xxx
GET  /personnes/{person}/situation                   > oox xx xx -xx xxx xxx
POST /personnes/{person}/situation                   > oox xx xx -xx xxx xxx
GET  /personnes/doublons                             > oox xx xx oxx xxx xxx
GET  /personnes/{person}/doublons                    > oox xx xx -xx xxx xxx
POST /personnes/{person}/doublons                    > oox xx xx -xx xxx xxx
# The other file, or the merge, is nobody's here: what happens with real ones is in tests/intake/test_duplicates.py.
GET  /personnes/{person}/doublon/{ref}               > -ox xx xx -xx xxx xxx
POST /personnes/{person}/doublon/{ref}               > --x xx xx -xx xxx xxx
POST /personnes/{person}/doublon/{ref}/distinctes    > --x xx xx -xx xxx xxx
GET  /personnes/{person}/reunions/{ref}/defaire      > -ox xx xx -xx xxx xxx
POST /personnes/{person}/reunions/{ref}/defaire      > --x xx xx -xx xxx xxx
GET  /personnes/{person}/motif                       > oox xx xx -xx xxx xxx
POST /personnes/{person}/motif                       > oox xx xx -xx xxx xxx
GET  /journal                                        > xxx xx xx xxx xox xox
POST /journal                                        > xxx xx xx xxx xox xox
POST /journal/verification                           > xxx xx xx xxx xox xox
GET  /urgence                                        > ooo oo oo ooo xox xox
POST /urgence                                        > ooo oo oo ooo xxx xxx
POST /urgence/{ref}/confirmation                     > xxx x- x- xx- x-x x-x
GET  /personnes/{person}/accord                      > oox xx xx -xx xxx xxx
POST /personnes/{person}/accord                      > oox xx xx -xx xxx xxx
GET  /personnes/{person}/accords/{grant}/retrait     > oox xx xx -xx xxx xxx
POST /personnes/{person}/accords/{grant}/retrait     > oox xx xx -xx xxx xxx
GET  /personnes/{person}/accords/{grant}             > oox xx xx -xx xxx xxx
GET  /personnes/{person}/accords.json                > oox xx xx -xx xxx xxx
GET  /personnes/{person}/accords/{grant}/reduire     > oox xx xx -xx xxx xxx
POST /personnes/{person}/accords/{grant}/reduire     > oox xx xx -xx xxx xxx
GET  /personnes/{person}/accords/{grant}/recu        > oox xx xx -xx xxx xxx
POST /personnes/{person}/accords/{grant}/recu        > oox xx xx -xx xxx xxx
GET  /personnes/{person}/accords/{grant}/recu.html   > oox xx xx -xx xxx xxx
GET  /personnes/{person}/accords/{grant}/recu.pdf    > oox xx xx -xx xxx xxx
GET  /notices                                        > oox xx xx oxx xox xox
GET  /notices/{version:fr-2026-11}                   o ooo oo oo ooo ooo ooo
GET  /notices/brouillons/nouveau                     > xxx xx xx xxx xox xox
GET  /notices/brouillons/{ref}                       > xxx xx xx xxx x-x x-x
POST /notices/brouillons/{ref}                       > xxx xx xx xxx xox xox
GET  /personnes/{person}/bilan                       > oox xx xx -xx xxx xxx
POST /personnes/{person}/bilan                       > oox xx xx -xx xxx xxx
POST /personnes/{person}/bilan/{presumed}/retrait    > oox xx xx -xx xxx xxx
GET  /personnes/{person}/rendez-vous                 > oox xx xx -xx xxx xxx
POST /personnes/{person}/rendez-vous                 > oox xx xx -xx xxx xxx
POST /personnes/{person}/demarches                   > oox xx xx -xx xxx xxx
GET  /personnes/{person}/resume                      > oox xx xx -xx xxx xxx
GET  /personnes/{person}/resume.pdf                  > oox xx xx -xx xxx xxx
GET  /orientations/{ref}/lettre                      > oox xx xx -xx xxx xxx
GET  /orientations/{ref}/lettre.pdf                  > oox xx xx -xx xxx xxx
GET  /personnes/{person}/confier                     > oox xx xx -xx xxx xxx
POST /personnes/{person}/confier                     > oox xx xx -xx xxx xxx
POST /personnes/{person}/confier/plusieurs           > oox xx xx -xx xxx xxx
GET  /personnes/{person}/confier/resultat/{ref}      > -ox xx xx -xx xxx xxx
GET  /orientations                                   > oox xx xx oxx xxx xxx
GET  /orientations/flux                              > oox xx xx oxx xxx xxx
GET  /orientations/{ref}                             > oox xx xx -xx xxx xxx
GET  /orientations/{ref}/{action:recall}             > oox xx xx -xx xxx xxx
POST /orientations/{ref}/{action:recall}             > oox xx xx -xx xxx xxx
POST /orientations/{ref}/{action:mark_in_error}      > oox xx xx -xx xxx xxx
GET  /orientations/{ref}/rendez-vous                 > oox xx xx -xx xxx xxx
POST /orientations/{ref}/rendez-vous                 > oox xx xx -xx xxx xxx
GET  /orientations/{ref}/rendez-vous.ics             > -ox xx xx -xx xxx xxx
GET  /orientations/{draft}/abandonner                > oox xx xx -xx xxx xxx
POST /orientations/{draft}/abandonner                > oox xx xx -xx xxx xxx
GET  /personnes/{person}/joindre                     > oox xx xx -xx xxx xxx
POST /personnes/{person}/joindre                     > oox xx xx -xx xxx xxx
GET  /personnes/{person}/sa-page                     > oox xx xx -xx xxx xxx
# A colleague says first why she opens the file: she is sent to that page, and what she sends says it with it.
POST /personnes/{person}/sa-page                     > oox xx xx -xx xxx xxx
POST /personnes/{person}/sa-page/fin                 > oox xx xx -xx xxx xxx
GET  /personnes/{person}/sa-page/papier              > oox xx xx -xx xxx xxx
GET  /personnes/{person}/evaluation                  > oox xx xx -xx xxx xxx
POST /personnes/{person}/evaluation                  > oox xx xx -xx xxx xxx
GET  /personnes/{person}/corriger                    > oox xx xx -xx xxx xxx
POST /personnes/{person}/corriger                    > oox xx xx -xx xxx xxx
GET  /personnes/{person}/demandes                    > oox xx xx -xx xxx xxx
POST /personnes/{person}/demandes                    > oox xx xx -xx xxx xxx
# A DPO answers for the whole territory when she is its carrier's, else for whom her own organisation follows.
GET  /demandes                                       > xxx xx xx xxx xox xox
GET  /demandes/conservation                          > xxx xx xx xxx xox xox
GET  /demandes/nouvelle                              > xxx xx xx xxx xox xox
POST /demandes/nouvelle                              > xxx xx xx xxx xox xox
GET  /demandes/{asked}                               > xxx xx xx xxx xox x-x
POST /demandes/{asked}                               > xxx xx xx xxx xox x-x
# This request asks for access: there is nothing to erase.
GET  /demandes/{asked}/effacer                       > xxx xx xx xxx x-x x-x
POST /demandes/{asked}/effacer                       > xxx xx xx xxx x-x x-x
GET  /demandes/{asked}/dossier                       > xxx xx xx xxx xox x-x
GET  /demandes/{asked}/dossier.json                  > xxx xx xx xxx xox x-x
# A person's own page: nobody's session opens it; without her code one is sent to its door.
GET  /moi                                            o ooo oo oo ooo ooo ooo
POST /moi                                            o ooo oo oo ooo ooo ooo
GET  /moi/r/{reference:K7M2P4QX}                     o ooo oo oo ooo ooo ooo
GET  /moi/page                                       o ooo oo oo ooo ooo ooo
GET  /moi/accords/{ref}                              o ooo oo oo ooo ooo ooo
POST /moi/accords/{ref}                              o ooo oo oo ooo ooo ooo
GET  /moi/orientations/{ref}                         o ooo oo oo ooo ooo ooo
POST /moi/orientations/{ref}                         o ooo oo oo ooo ooo ooo
GET  /moi/demande                                    o ooo oo oo ooo ooo ooo
POST /moi/demande                                    o ooo oo oo ooo ooo ooo
GET  /moi/evaluation                                 o ooo oo oo ooo ooo ooo
POST /moi/evaluation                                 o ooo oo oo ooo ooo ooo
POST /moi/fermer                                     o ooo oo oo ooo ooo ooo
POST /moi/dossier                                    o ooo oo oo ooo ooo ooo
POST /api/referrals                                  ! oox xx xx -xx xxx xxx
GET  /api/referrals/{ref}                            ! oox xx xx -xx xxx xxx
GET  /api/people                                     ! oox xx xx oxx xxx xxx

GET  /avis                                           > ooo oo oo ooo ooo ooo
GET  /avis/nombre                                    > ooo oo oo ooo ooo ooo
GET  /avis/flux                                      > ooo oo oo ooo ooo ooo
POST /avis/lu                                        > ooo oo oo ooo ooo ooo
GET  /avis/reglages                                  > ooo oo oo ooo ooo ooo
POST /avis/reglages                                  > ooo oo oo ooo ooo ooo
GET  /avis/desabonnement/{token:inconnu}             - --- -- -- --- --- ---
POST /avis/desabonnement/{token:inconnu}             - --- -- -- --- --- ---
GET  /rappels                                        > xxx xx xx xxx oxo oxo

GET  /bureau                                         > xxo oo oo xoo xxx xxx
GET  /bureau/flux                                    > xxo oo oo xoo xxx xxx
GET  /bureau/{ref}                                   > xx- oo -- x-- xxx xxx
GET  /bureau/{ref}/presence                          > xx- oo -- x-- xxx xxx
GET  /bureau/{ref}/presence/flux                     > xx- oo -- x-- xxx xxx
# Only what is at a desk that she manages is given away; to whoever manages another, nothing was picked.
GET  /bureau/confier                                 > xxx xo xo xxo xxx xxx
POST /bureau/confier                                 > xxx xo xo xxo xxx xxx
POST /bureau/vues                                    > xxo oo oo xoo xxx xxx
POST /bureau/vues/{ref}/retrait                      > xx- -- -- x-- xxx xxx
GET  /bureau/{ref}/{action:acknowledge}              > xx- oo -- x-- xxx xxx
GET  /bureau/{ref}/{action:assign}                   > xx- xo -- x-- xxx xxx
GET  /bureau/{ref}/rendez-vous                       > xx- oo -- x-- xxx xxx
POST /bureau/{ref}/rendez-vous                       > xx- oo -- x-- xxx xxx
GET  /bureau/{ref}/rendez-vous.ics                   > xx- -- -- x-- xxx xxx
GET  /bureau/{ref}/effacement                        > xx- -- -- x-- xxx xxx
POST /bureau/{ref}/effacement                        > xx- -- -- x-- xxx xxx
POST /bureau/{ref}/{action:acknowledge}              > xx- oo -- x-- xxx xxx
POST /bureau/{ref}/{action:decline}                  > xx- oo -- x-- xxx xxx
POST /bureau/{ref}/{action:propose_redirect}         > xx- oo -- x-- xxx xxx
POST /bureau/{ref}/{action:assign}                   > xx- xo -- x-- xxx xxx
GET  /api/desk/items                                 ! xxo oo oo xoo xxx xxx
GET  /api/desk/items/{ref}                           ! xx- oo -- x-- xxx xxx
POST /api/desk/items/{ref}/actions                   ! xx- oo -- x-- xxx xxx
POST /api/desk/items/{ref}/questions                 ! xx- oo -- x-- xxx xxx

GET  /tableau                                        > xxx xx xx xxx oxx oxx
GET  /tableau/flux                                   > xxx xx xx xxx oxx oxx
GET  /tableau/definitions                            > xxx xx xx xxx oxx oxx
GET  /tableau/rapport/{month:2026-01}                > xxx xx xx xxx oxx oxx
GET  /tableau/rapport/{month:2026-01}/{form:csv}     > xxx xx xx xxx oxx oxx
GET  /tableau/liste                                  > xxx xx xx xxx -xx -xx
GET  /tableau/liste.csv                              > xxx xx xx xxx -xx -xx
GET  /tableau/temps/{code:tta}                       > xxx xx xx xxx oxx oxx
GET  /tableau/donnees/{form:csv}                     > xxx xx xx xxx oxx oxx
GET  /tableau/ouvert                                 > xxx xx xx xxx oox oox
POST /tableau/ouvert                                 > xxx xx xx xxx oxx oxx
POST /tableau/ouvert/{ref}/publication               > xxx xx xx xxx x-x x-x
GET  /tableau/comparaison                            > xxx xx xx xxx oxx oxx
POST /tableau/comparaison                            > xxx xx xx xxx oxx oxx
GET  /tableau/comparaison/fichier                    > xxx xx xx xxx -xx -xx
GET  /tableau/calendrier                             > xxx xx xx xxx oxx oxx
POST /tableau/calendrier                             > xxx xx xx xxx oxx oxx
GET  /ouvert                                         o ooo oo oo ooo ooo ooo
GET  /ouvert/{territory:valbrume}/{file:csv}         - --- -- -- --- --- ---
GET  /api/board                                      ! xxx xx xx xxx oxx oxx
GET  /tableau/reperes                                > xxx xo xo xxo oxx oxx
GET  /tableau/reperes/changer                        > xxx xx xx xxx oxx oxx
POST /tableau/reperes/changer                        > xxx xx xx xxx oxx oxx
GET  /tableau/bloquees                               > xxx xx xx xxx oxx oxx
POST /tableau/bloquees/{ref}/demander                > xxx xx xx xxx oxx oxx
POST /tableau/bloquees/{ref}/contester               > xxx xx xx xxx oxx oxx
GET  /tableau/orientations/{ref}                     > xxx xx xx xxx oxx oxx
POST /tableau/orientations/{ref}/{action:mark_in_error} > xxx xx xx xxx oxx oxx
"""
