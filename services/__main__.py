"""The command `relais`: every process and what it needs, on one screen."""

import asyncio
import gc
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from services.runtime.embedded.folders import EmbeddedServerError
from services.runtime.settings import Settings

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help=("Relais : confier une personne à un contact nommé, et savoir si son droit a été ouvert."),
)
journal = typer.Typer(no_args_is_help=True, help="Le journal des lectures et des écritures : le vérifier, l’écrire.")
cli.add_typer(journal, name="journal")
comparison = typer.Typer(no_args_is_help=True, help="Se comparer à d’autres territoires, par fichiers signés.")
cli.add_typer(comparison, name="comparison")
Port = Annotated[int | None, typer.Option(help="Port de l’application (RELAIS_PORT).")]
Var = Annotated[Path | None, typer.Option(help="Dossier des données (RELAIS_VAR).")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Repartir d’une démonstration neuve ; rien d’autre n’est effacé.")]
Empty = Annotated[bool, typer.Option("--empty", help="Sans données de démonstration.")]


def _settings(**given: Any) -> Settings:  # noqa: ANN401 - typed by Settings
    return Settings(**{name: value for name, value in given.items() if value is not None and value is not False})


def _run(work: Any) -> Any:  # noqa: ANN401 - a coroutine and its result
    import uvloop

    from services.intake.screening_file import ScreeningRefused
    from services.runtime.migrations import SchemaTooNew
    from services.whole import SettingsIncomplete, StreamDrift

    try:
        return uvloop.run(work)
    except (EmbeddedServerError, SchemaTooNew, ScreeningRefused, SettingsIncomplete, StreamDrift) as error:
        typer.echo(f"relais : {error}", err=True)
        raise typer.Exit(1) from None


@cli.command()
def up(port: Port = None, var: Var = None, empty: Empty = False, fresh: Fresh = False) -> None:
    """Tout démarrer : PostgreSQL et NATS intégrés (ou les vôtres), les quatre services, l’application sur un port."""
    gc.disable()  # nothing that is loaded at start is garbage: looking for it took a sixth of the start
    from services.up import serve_all

    _run(serve_all(_settings(port=port, var=var, empty=empty), fresh=fresh))


@cli.command()
def run(service: str, port: Port = None) -> None:
    """Démarrer un seul service : intake, referral, partners ou notify, sur vos serveurs."""
    from services.up import serve_one

    _run(serve_one(_settings(port=port), service))


@cli.command()
def migrate() -> None:
    """Mettre la base et le flux à jour, sur vos serveurs."""
    from services.up import prepare

    _run(prepare(_settings()))


@cli.command()
def keys(out: Path) -> None:
    """Écrire les clés de chaque service et la configuration de nats-server dans un dossier."""
    from services.key_folders import write_keys

    write_keys(out, _settings())


@cli.command()
def doctor(
    var: Var = None,
    replay: Annotated[int | None, typer.Option(help="Rejouer ce fait abandonné.")] = None,
    service: Annotated[str | None, typer.Option(help="Le service du fait abandonné.")] = None,
) -> None:
    """Vérifier versions, réglages, flux, rôles ; dire en une ligne ce qui ne va pas et comment le réparer."""
    from services.up import check

    raise typer.Exit(_run(check(_settings(var=var), replay=replay, service=service)))


@cli.command()
def seed(people: int = 120, months: int = 6, var: Var = None, rng_seed: int = 1) -> None:
    """Remplir un territoire imaginaire, toujours le même pour les mêmes nombres."""
    from services.up import fill

    _run(fill(_settings(var=var), people=people, months=months, rng_seed=rng_seed))


@cli.command()
def replay(
    service: Annotated[str, typer.Argument(help="Un service, ou tout.")] = "tout", var: Var = None
) -> None:
    """Refaire depuis le registre des faits ce que chaque service en tient, comparer, et corriger ce qui diffère."""
    from services.replaying import replay as replay_services

    raise typer.Exit(_run(replay_services(_settings(var=var), service)))


@cli.command()
def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Compter seulement, ne rien effacer.")] = False,
    var: Var = None,
) -> None:
    """Effacer ce dont la durée de conservation est passée, ou compter ce qui le serait ; application arrêtée."""
    from services.keeping import keep_to_ages

    _run(keep_to_ages(_settings(var=var), dry_run=dry_run))


@cli.command("demo-accounts")
def demo_accounts(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Les comptes de la démonstration : rôle, organisme, identifiant."""
    from services.partners.demonstration import demo_accounts as accounts

    rows = accounts()
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for row in rows:
            typer.echo(f"{row['role']:<15} {row['login']:<48} {row['organisation']}")


@cli.command()
def bench(
    as_json: Annotated[bool, typer.Option("--json")] = False,
    referrals: int = 2000,
    pages: Annotated[bool, typer.Option("--pages", help="Chaque page, avec 100 000 orientations.")] = False,
) -> None:
    """Mesurer, dans une même exécution que pgbench ; ou le temps de chaque page."""
    from services.bench import measure, measure_every_page

    _run(measure_every_page(as_json=as_json) if pages else measure(referrals=referrals, as_json=as_json))


@comparison.command("export")
def export_comparison(
    out: Annotated[Path, typer.Argument(help="Fichier à écrire ; il ne doit pas exister.")],
    month: Annotated[str | None, typer.Option(help="Dernier mois du trimestre, comme 2026-09.")] = None,
    var: Var = None,
) -> None:
    """Écrire le fichier signé du dernier trimestre publié ; il ne nomme pas le territoire."""
    from services.comparing import export

    raise typer.Exit(_run(export(_settings(var=var), out, month)))


@comparison.command("import")
def import_comparison(files: list[Path], var: Var = None) -> None:
    """Prendre les fichiers d’autres territoires ; tous ou aucun."""
    from services.comparing import take

    raise typer.Exit(_run(take(_settings(var=var), files)))


@journal.command("verify")
def verify_journal(var: Var = None) -> None:
    """Vérifier la chaîne du journal, ses têtes signées et leur copie ; sort avec 1 si quelque chose ne va pas."""
    from services.journal import verify

    raise typer.Exit(_run(verify(_settings(var=var))))


@journal.command("export")
def export_journal(
    out: Annotated[Path, typer.Argument(help="Fichier à écrire ; il ne doit pas exister.")], var: Var = None
) -> None:
    """Écrire le journal en lignes JSON, pour deploy/verify_journal.py ou un autre outil ; aucune donnée personnelle."""
    from services.journal import export

    raise typer.Exit(_run(export(_settings(var=var), out)))


@cli.command(hidden=True)
def documents() -> None:
    """Écrire les schémas, la carte AsyncAPI et l’interface OpenAPI ; refuse un changement qui n’est pas additif."""
    from services.documents import NotAdditive, write

    try:
        for path in write():
            typer.echo(path.name)
    except NotAdditive as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@cli.command("make-migration", hidden=True)
def make_migration(service: str, message: str) -> None:
    """Écrire la migration qui mène de la base aux tables déclarées d’un service."""
    from services.up import write_one_migration

    asyncio.run(write_one_migration(service, message))


if __name__ == "__main__":
    cli(prog_name="relais")
