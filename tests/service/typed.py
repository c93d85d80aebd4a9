"""Commands for the directories of an issuer and its operators, as a person types them."""

import re

from click.testing import CliRunner

from shuangli.cli import main
from tests.devices.people import Told


def type_(*words: object) -> Told:
    """Run `shuangli ...`."""
    ran = CliRunner().invoke(main, [*map(str, words)])
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return Told(ran.exit_code, ran.stdout, ran.stderr)


def failed(told: Told, part: object) -> None:
    """It must have ended with one line that says what is wrong."""
    assert (told.code, told.out) == (2, ""), told
    assert re.fullmatch(rf"shuangli: [^\n]*{part}[^\n]*\n", told.err), told
