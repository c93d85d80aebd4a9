"""The Containerfile: a user without rights, no secret, and no step that .ci/run could not have played."""

import re

import pytest

from scripts.play_containerfile import CONTAINERFILE, ROOT, Step, state_of, steps

TEXT = CONTAINERFILE.read_text(encoding="utf-8")
STEPS = steps(TEXT)
BASE = "FROM docker.io/library/debian:bookworm-slim\n"


def test_it_runs_as_a_user_without_rights() -> None:
    state = state_of(STEPS)
    assert state.user == "10001"
    assert any(f"useradd --uid {state.user} " in step.value for step in STEPS if step.instruction == "RUN")
    assert state.directory.startswith("/home/")
    assert state.entrypoint == ["shuangli"]


def test_nothing_but_the_wheel_gets_in() -> None:
    assert [step.value for step in STEPS if step.instruction == "COPY"] == ["dist/*.whl /tmp/dist/"]
    rules = [line for line in (ROOT / ".containerignore").read_text().splitlines() if line[0] != "#"]
    assert rules == ["*", "!dist/*.whl"]


def test_no_secret_is_baked_in() -> None:
    secret = re.compile(
        r"passw|passphrase|secret|token|key|credential|root-key|https?://[^/\s]*@", re.IGNORECASE
    )
    assert not [step for step in STEPS if secret.search(step.value)]
    assert [step.value.partition("=")[0] for step in STEPS if step.instruction == "ENV"] == ["PATH"]


def test_steps_are_read_as_a_builder_reads_them() -> None:
    text = BASE + '# said\nRUN one \\\n    # said between\n    && two\nUSER 7\nCMD ["a", "b c"]\n'
    assert steps(text)[1:] == [Step("RUN", "one && two"), Step("USER", "7"), Step("CMD", '["a", "b c"]')]
    assert state_of(steps(text)).arguments == ["a", "b c"]


@pytest.mark.parametrize(
    "text",
    [
        BASE + "ADD https://example.org/x /x",
        BASE + "ARG TOKEN",
        BASE + "COPY --from=build /x /x",
        BASE + "RUN --mount=type=secret,id=x cat /run/secrets/x",
        BASE + "run true",
        "RUN true\n" + BASE,
        "FROM scratch",
    ],
)
def test_what_it_cannot_play_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not known here|should begin with FROM"):
        steps(text)
