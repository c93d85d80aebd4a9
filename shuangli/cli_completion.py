"""`shuangli completion SHELL`: the script that lets a shell complete commands and options, made by click."""

from typing import Final

import click
from click.shell_completion import get_completion_class

from shuangli.errors import BadInput

VARIABLE: Final = "_SHUANGLI_COMPLETE"
"""The environment variable by which the script asks this program what may come next; click names it so."""


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a script that completes commands and options in SHELL.

    In ~/.bashrc or ~/.zshrc: eval "$(shuangli completion bash)", or zsh. For fish: shuangli completion fish >
    ~/.config/fish/completions/shuangli.fish
    """
    made_by = get_completion_class(shell)
    if made_by is None:
        raise BadInput("bad-option", f"click completes nothing in {shell}")
    click.echo(made_by(ctx.find_root().command, {}, "shuangli", VARIABLE).source())
