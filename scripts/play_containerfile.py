"""Play the Containerfile in a directory that holds a Debian, with chroot in place of a container engine.

    python -m scripts.play_containerfile build ROOT
    python -m scripts.play_containerfile run ROOT [ARGUMENT...]

`build` plays its steps, and `run` starts what the image would start, with these arguments or those of CMD;
both as root. Only instructions and forms that the file uses are known, and any other is refused: what was
played is what the file says.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
CONTAINERFILE: Final = ROOT / "Containerfile"
INSTRUCTIONS: Final = ("FROM", "RUN", "COPY", "ENV", "USER", "WORKDIR", "ENTRYPOINT", "CMD")
CHROOT: Final = "/usr/sbin/chroot"
BASE: Final = re.compile(r"docker\.io/library/debian:([a-z]+)-slim")


class Step(NamedTuple):
    """One instruction, its continued lines joined."""

    instruction: str
    value: str


@dataclass(slots=True, kw_only=True)
class State:
    """What later steps, and the image in the end, start with."""

    environment: dict[str, str] = field(default_factory=dict)
    user: str = "0"
    directory: str = "/"
    entrypoint: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)

    def note(self, step: Step) -> None:
        """Take in a step that changes nothing but this."""
        match step.instruction:
            case "ENV":
                name, _, value = step.value.partition("=")
                self.environment[name] = value
            case "USER":
                self.user = step.value
            case "WORKDIR":
                self.directory = step.value
            case "ENTRYPOINT":
                self.entrypoint = json.loads(step.value)
            case "CMD":
                self.arguments = json.loads(step.value)


def steps(text: str) -> list[Step]:
    """The instructions of a Containerfile.

    Raises:
        ValueError: one that is not known here, or in a form that is not.
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found = []
    for line in "\n".join(lines).replace("\\\n", "").splitlines():
        instruction, _, value = line.partition(" ")
        step = Step(instruction, " ".join(value.split()))
        if instruction not in INSTRUCTIONS or step.value.startswith("--"):
            raise ValueError(f"this is not known here: {line}")
        found.append(step)
    if [step.instruction for step in found].index("FROM") != 0 or not BASE.fullmatch(found[0].value):
        raise ValueError("it should begin with FROM, and a slim Debian")
    return found


def state_of(found: list[Step]) -> State:
    """What the image starts with."""
    state = State()
    for step in found:
        state.note(step)
    return state


def chroot(root: Path, state: State, command: list[str], given: Mapping[str, str]) -> None:
    """Run a command as the state has it. `given` is what a builder adds, such as proxies."""
    users = [line.split(":") for line in (root / "etc/passwd").read_text(encoding="utf-8").splitlines()]
    (home,) = (entry[5] for entry in users if entry[2] == state.user)
    environment = {**given, "HOME": home, **state.environment}
    inside = ["/bin/sh", "-euc", 'cd "$1" && shift && exec "$@"', "sh", state.directory, *command]
    subprocess.run(
        [CHROOT, f"--userspec={state.user}:{state.user}", str(root), *inside],
        env=environment,
        stdin=subprocess.DEVNULL,
        check=True,
    )


def copy(root: Path, value: str) -> None:
    """COPY PATTERN DIRECTORY/."""
    pattern, directory = value.split(" ")
    inside = root / PurePosixPath(directory).relative_to("/")
    inside.mkdir(parents=True, exist_ok=True)
    found = sorted(ROOT.glob(pattern))
    if not found:
        raise ValueError(f"COPY {value}: there is no such file")
    for path in found:
        shutil.copy(path, inside)


def build(root: Path, given: Mapping[str, str]) -> None:
    """Play all steps."""
    state = State()
    for step in steps(CONTAINERFILE.read_text(encoding="utf-8")):
        print(f"{step.instruction} {step.value}", flush=True)
        match step.instruction:
            case "FROM":
                (suite,) = BASE.findall(step.value)
                if f"VERSION_CODENAME={suite}" not in (root / "etc/os-release").read_text(encoding="utf-8"):
                    raise ValueError(f"{root} is not {suite}")
            case "RUN":
                chroot(root, state, ["/bin/sh", "-c", step.value], given)
            case "COPY":
                copy(root, step.value)
            case _:
                state.note(step)


def main() -> int:
    """Build, or run."""
    what, root, arguments = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
    given = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **os.environ}
    try:
        if what == "build":
            build(root, given)
        else:
            state = state_of(steps(CONTAINERFILE.read_text(encoding="utf-8")))
            chroot(root, state, [*state.entrypoint, *(arguments or state.arguments)], {"LANG": "C.UTF-8"})
    except (ValueError, subprocess.CalledProcessError) as error:
        print(f"Containerfile: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
