"""`python -m shuangli` is the command `shuangli`."""

from shuangli.cli import main

main()
