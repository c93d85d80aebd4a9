"""`shuangli issuer ...`: what people look at and decide, case by case: debts, and payments to lost keys."""

from pathlib import Path

import click

from shuangli.cli_common import database_option, issuer_service, json_option, say
from shuangli.money import format_yuan


@click.command("cases")
@click.argument("directory", type=click.Path(path_type=Path))
@database_option
@json_option
def cases(directory: Path, database: str | None, as_json: bool) -> None:
    """Show all double spends that the issuer in DIRECTORY has found, and what is owed on each."""
    views = issuer_service().look_at_cases(directory, database=database)
    facts = {"cases": [view.facts() for view in views]}
    say(as_json, facts, "\n".join(view.text() for view in views) or "no cases")


@click.command("receivables")
@click.argument("directory", type=click.Path(path_type=Path))
@database_option
@json_option
def receivables(directory: Path, database: str | None, as_json: bool) -> None:
    """Show what persons owe the fund of the issuer in DIRECTORY, by pseudonym, and what came back."""
    views = issuer_service().look_at_debts(directory, database=database)
    facts = {"receivables": [view.facts() for view in views]}
    say(as_json, facts, "\n".join(view.text() for view in views) or "nobody owes anything")


@click.command("write-off")
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("case", type=int)
@database_option
@json_option
def write_off(directory: Path, case: int, database: str | None, as_json: bool) -> None:
    """Let the guarantee fund bear for good what the person of CASE owes, on all cases of theirs."""
    written_off_fen = issuer_service().write_off(directory, case, database=database)
    facts = {"case": case, "written_off_fen": written_off_fen}
    say(as_json, facts, f"{format_yuan(written_off_fen)} are written off")


@click.command("disputes")
@click.argument("directory", type=click.Path(path_type=Path))
@database_option
@json_option
def disputes(directory: Path, database: str | None, as_json: bool) -> None:
    """Show payments that nobody has claimed in time, and whose payee has lost its key: people decide."""
    views = issuer_service().look_at_disputes(directory, database=database)
    facts = {"disputes": [view.facts() for view in views]}
    say(as_json, facts, "\n".join(view.text() for view in views) or "nothing waits for a decision")


@click.command("decide")
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("payment")
@click.option(
    "--to", "goes_to", type=click.Choice(["payer", "payee"]), required=True, help="Who is given it."
)
@database_option
@json_option
def decide(directory: Path, payment: str, goes_to: str, database: str | None, as_json: bool) -> None:
    """Give PAYMENT, as `disputes` names it, back to its payer, or to the next wallet of its payee."""
    view = issuer_service().decide(directory, payment, to_payee=goes_to == "payee", database=database)
    facts = {**view.facts(), "to": goes_to}
    say(as_json, facts, f"{format_yuan(view.dispute.value_fen)} of payment {view.name} go to the {goes_to}")
