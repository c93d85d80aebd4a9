"""`shuangli operator …`: run an operator."""

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import click

from shuangli.cli_common import OneLineGroup, database_option, host_option, json_option, port_option, say
from shuangli.extras import needs_extra

if TYPE_CHECKING:
    from shuangli.operator.service.server import Serving


@click.group(cls=OneLineGroup)
def operator() -> None:
    """Run an operator bank that wallets are opened at."""


@operator.command("serve")
@click.argument("directory", type=click.Path(path_type=Path), default=Path("sandbox"))
@host_option
@port_option(8000)
@click.option("--socket", type=click.Path(path_type=Path), help="Listen at this Unix socket instead.")
@click.option("--issuer", help="The issuer is another process, at this address: https://HOST:PORT.")
@database_option
@click.option("--sandbox", is_flag=True, help="With a clock that can be put forward, and made-up persons.")
@click.option("--log", type=click.Path(path_type=Path), help="Add a line of JSON for each request here.")
@json_option
def operator_serve(
    directory: Path,
    host: str,
    port: int,
    socket: Path | None,
    issuer: str | None,
    database: str | None,
    sandbox: bool,
    log: Path | None,
    as_json: bool,
) -> None:
    """Serve a sandbox operator until interrupted. Its money is play money.

    Its keys and databases lie in DIRECTORY, `sandbox` if none is given. Without --issuer, it runs an issuer
    of its own; the first time, it makes a network with both. With --issuer, DIRECTORY is what `shuangli
    issuer admit` has made.
    """
    with needs_extra("api", "an operator"):
        from shuangli.operator.service.server import serve

    def announce(serving: "Serving") -> None:
        facts = {
            "network": serving.network,
            "operator": serving.operator,
            "root": serving.root.hex(),
            "address": serving.address,
        }
        say(as_json, facts, "\n".join(f"{name:<9}{value}" for name, value in facts.items()))

    serve(
        directory,
        host=host,
        port=port,
        socket_path=socket,
        issuer=issuer,
        database=database,
        sandbox=sandbox,
        log=log,
        announce=announce,
    )


@operator.group(cls=OneLineGroup)
def client() -> None:
    """Programs that may use the API with tokens."""


@client.command("add")
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, help="What it may do; several times.")
@click.option("--wallet", help="The key of the wallet that it acts for: 64 hex digits.")
@database_option
@json_option
def client_add(
    directory: Path,
    name: str,
    scopes: tuple[str, ...],
    wallet: str | None,
    database: str | None,
    as_json: bool,
) -> None:
    """Let program NAME use the API of the operator in DIRECTORY. Its secret is shown now and never again."""
    secret = _programs().add(directory, name, scopes, wallet=wallet, database=database)
    say(as_json, {"client": name, "secret": secret}, f"client    {name}\nsecret    {secret}")


@client.command("revoke")
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("name")
@database_option
@json_option
def client_revoke(directory: Path, name: str, database: str | None, as_json: bool) -> None:
    """Take secret and tokens of program NAME out of use at the operator in DIRECTORY; it may be running."""
    _programs().revoke(directory, name, database=database)
    say(as_json, {"client": name, "revoked": True}, f"client {name} is revoked")


@client.command("list")
@click.argument("directory", type=click.Path(path_type=Path))
@database_option
@json_option
def client_list(directory: Path, database: str | None, as_json: bool) -> None:
    """Show the programs that the operator in DIRECTORY knows."""
    found = _programs().listed(directory, database=database)
    facts = [
        {"client": name, "scopes": scopes.split(), "revoked": revoked} for name, scopes, revoked in found
    ]
    lines = [f"{name}  {scopes}{'  revoked' if revoked else ''}" for name, scopes, revoked in found]
    say(as_json, {"clients": facts}, "\n".join(lines) or "there are none")


def _programs() -> ModuleType:
    """What keeps an operator's programs.

    Raises:
        BadInput: what it needs is not installed (`bad-option`).
    """
    with needs_extra("api", "an operator"):
        from shuangli.operator.service import programs
    return programs
