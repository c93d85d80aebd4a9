"""`shuangli wallet serve`: the wallet as pages in a browser on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shuangli.cli_common import port_option, say
from shuangli.cli_holder import Holder, holder_options, tell_opened
from shuangli.extras import needs_extra

if TYPE_CHECKING:
    from shuangli.wallet.commands.edges import Edges
    from shuangli.wallet.commands.opened import OpenWallet


@click.command("serve")
@holder_options
@port_option(8100)
@needs_extra("web", "the web wallet")
def wallet_serve(
    edges: "Edges | None", path: Path, passphrase_file: Path | None, as_json: bool, port: int
) -> None:
    """Show the wallet in a browser on this machine, until interrupted; no other command can use it meanwhile.

    It prints a link that lets one browser in, and a new one whenever the last was used.
    """
    from shuangli.wallet.commands.edges import Answer
    from shuangli.wallet.web.server import serve

    def announce(link: str) -> None:
        say(as_json, {"link": link}, f"open this link once, in a browser here: {link}")

    holder = Holder.ask(path, passphrase_file, as_json)

    def act(found: "OpenWallet", used: "Edges") -> Answer:
        serve(found, used, port=port, passphrase=holder.passphrase, announce=announce)
        return Answer(facts={}, lines=("the wallet is closed",))

    tell_opened(holder, edges, act)
