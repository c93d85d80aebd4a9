"""`python -m tests.service.clocked FILE WORDS...`: `shuangli WORDS...`, as if it were later by the seconds in
FILE.

Only the services' own clock is moved; the machine's, by which TLS goes, is not.
"""

import sys
import time
from pathlib import Path

from shuangli.cli import main
from shuangli.issuer.service import server as issuer
from shuangli.operator.service import server as operator

_FILE = Path(sys.argv[1])


def _now_s() -> int:
    return int(time.time()) + int(_FILE.read_text())


if __name__ == "__main__":
    issuer._now_s = operator._now_s = _now_s
    main(sys.argv[2:])
