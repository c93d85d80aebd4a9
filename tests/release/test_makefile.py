"""What `make test` spares, `make test-all` does: the heavy tests, and the full number of drawn examples."""

import re

from hypothesis import settings

from tests.docs.pages import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def recipe(target: str) -> str:
    """The commands of a target."""
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert found is not None
    return found[1]


def test_only_make_test_spares_anything() -> None:
    assert "-m 'not heavy' --hypothesis-profile=quick " in recipe("test")
    assert recipe("test-all") == "\t$(PYTEST) $(PYTEST_ARGS)\n"
    assert "make test-all" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_the_full_number_is_that_of_hypothesis_itself() -> None:
    full, quick = settings.get_profile("shuangli"), settings.get_profile("quick")
    assert full.max_examples == settings.get_profile("default").max_examples
    assert 30 <= quick.max_examples < full.max_examples
    assert (quick.deadline, quick.suppress_health_check) == (full.deadline, full.suppress_health_check)
