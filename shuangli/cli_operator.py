"""`shuangli operator …`: run an operator."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shuangli.cli_common import OneLineGroup, json_option, say
from shuangli.errors import BadInput

if TYPE_CHECKING:
    from shuangli.operator.service.server import Serving


@click.group(cls=OneLineGroup)
def operator() -> None:
    """Run an operator bank that wallets are opened at."""


@operator.command("serve")
@click.option(
    "--database",
    type=click.Path(path_type=Path),
    default=Path("sandbox"),
    show_default=True,
    help="Directory of keys and databases; made the first time.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8000, show_default=True, help="0: a free one."
)
@click.option("--socket", type=click.Path(path_type=Path), help="Listen at this Unix socket instead.")
@json_option
def operator_serve(database: Path, host: str, port: int, socket: Path | None, as_json: bool) -> None:
    """Serve a sandbox operator, with an issuer of its own, until interrupted. Its money is play money."""
    try:
        from shuangli.operator.service.server import serve
    except ModuleNotFoundError as error:
        raise BadInput("bad-option", "an operator needs more: pip install 'shuangli[api]'") from error

    def announce(serving: "Serving") -> None:
        facts = {
            "network": serving.network,
            "operator": serving.operator,
            "root": serving.root.hex(),
            "address": serving.address,
        }
        say(as_json, facts, "\n".join(f"{name:<9}{value}" for name, value in facts.items()))

    serve(database, host=host, port=port, socket_path=socket, announce=announce)
