"""The command line: `shuangli …`. The composition root: it alone may import every folder, and does so lazily.

Exit codes: 0 done; 1 the answer is "no" (evidence false, report does not hold); 2 bad input, with one
line on standard error, never a traceback.
"""

from pathlib import Path

import click

from shuangli import __version__
from shuangli.cli_common import (
    OneLineGroup,
    answer_no,
    json_option,
    read_file,
    root_key,
    root_option,
    say,
)
from shuangli.cli_completion import completion
from shuangli.cli_issuer import issuer
from shuangli.cli_operator import operator
from shuangli.cli_report import report
from shuangli.cli_sim import demo, sim
from shuangli.cli_wallet import wallet
from shuangli.cli_wallet_serve import wallet_serve
from shuangli.cli_witness import witness
from shuangli.errors import ProtocolError


@click.group(cls=OneLineGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="shuangli")
def main() -> None:
    """Dual-offline digital-currency payments: make them, simulate them, and check what they leave behind."""


main.add_command(completion)
main.add_command(demo)
main.add_command(issuer)
main.add_command(operator)
main.add_command(report)
main.add_command(sim)
main.add_command(wallet)
wallet.add_command(wallet_serve)
main.add_command(witness)


@main.group()
def evidence() -> None:
    """Check evidence of double spends."""


@evidence.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@root_option
@json_option
def evidence_verify(file: Path, root: str, as_json: bool) -> None:
    """Say whether FILE proves that one key spent one coin twice. Exit code 1: it does not."""
    from shuangli.offline.evidence import verify_evidence

    key, data = root_key(root), read_file(file)
    try:
        fork = verify_evidence(data, root=key)
    except ProtocolError as fault:
        answer_no(as_json, fault, file)
    facts = {
        "coin": fork.coin_id.hex(),
        "culprit": fork.culprit.hex(),
        "operator": fork.operator,
        "transfers": [transfer.signed.id.hex() for transfer in fork.transfers],
    }
    text = f"yes: key {fork.culprit.hex()} of {fork.operator} spent coin {fork.coin_id.hex()} twice"
    say(as_json, {"verified": True, **facts}, text)


if __name__ == "__main__":
    main()
