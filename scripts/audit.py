"""Ask a database of vulnerabilities about everything that Shuangli depends on: `make audit`.

    python -m scripts.audit [--osv-url URL]

Exit code 0: clean, all packages were looked up and nothing is known of them. 1: something is known. 2: not
run, or not for all of them.

pip-audit calls a package clean that its database does not know, and a mirror or a proxy may know none. So it
is first asked about a release with published holes: a database that does not name them was not reached,
whatever it answers.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from scripts.dependencies import needed, own_groups

OSV: Final = "https://api.osv.dev/v1/query"
KNOWN_BAD: Final = ("jinja2", "2.4.1")  # CVE-2014-0012, CVE-2016-10745, CVE-2019-10906
CLEAN, FOUND, NOT_RUN = 0, 1, 2
LONGEST_REASON: Final = 300


class NotRun(Exception):
    """The database was not asked, or its answer cannot be believed; says why."""


class Answer(NamedTuple):
    """What the database says: the holes of each package, and the packages that it has not looked up."""

    holes: dict[str, list[str]]
    skipped: list[str]


def ask(packages: list[tuple[str, str]], osv_url: str) -> Answer:
    """Let pip-audit ask about packages of these versions.

    Raises:
        NotRun: it has not come to an answer about all of them.
    """
    with tempfile.TemporaryDirectory() as directory:
        listed, answer = Path(directory, "requirements.txt"), Path(directory, "answer.json")
        listed.write_text("".join(f"{name}=={version}\n" for name, version in packages), encoding="utf-8")
        options = ("--no-deps", "--disable-pip", "--progress-spinner=off", "--vulnerability-service=osv")
        command = [sys.executable, "-m", "pip_audit", *options, f"--osv-url={osv_url}"]
        command += [f"--requirement={listed}", "--format=json", f"--output={answer}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        try:
            found = json.loads(answer.read_bytes())["dependencies"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NotRun((done.stderr.strip().splitlines() or ["no answer"])[-1][:LONGEST_REASON]) from error
    holes = {
        f"{package['name']} {package['version']}": [hole["id"] for hole in package["vulns"]]
        for package in found
        if package.get("vulns")
    }
    told = {package["name"].lower() for package in found if "skip_reason" not in package}
    return Answer(holes, [name for name, _ in packages if name.lower() not in told])


def audit(osv_url: str) -> tuple[int, str]:
    """The exit code, and what to say."""
    own = own_groups()
    installed = needed((each for group in own.values() for each in group), own).installed
    packages = sorted((name, package.version) for name, package in installed.items())
    try:
        if not ask([KNOWN_BAD], osv_url).holes:
            raise NotRun(f"{osv_url} answers, and does not know of the holes of {' '.join(KNOWN_BAD)}")
        answer = ask(packages, osv_url)
    except NotRun as why:
        return NOT_RUN, f"not run: {why}"
    if answer.holes:
        return FOUND, "\n".join(f"known: {name}: {', '.join(holes)}" for name, holes in answer.holes.items())
    if answer.skipped:
        return NOT_RUN, f"not run for: {', '.join(answer.skipped)}"
    return CLEAN, f"clean: nothing is known of {len(packages)} packages"


def main() -> int:
    """Audit what is installed here."""
    parser = argparse.ArgumentParser(description="Look for known vulnerabilities of what is installed.")
    parser.add_argument("--osv-url", default=OSV, help="a database that speaks the OSV protocol")
    code, text = audit(parser.parse_args().osv_url)
    print(f"audit: {text}")
    return code


if __name__ == "__main__":
    sys.exit(main())
