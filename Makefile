# One command for each purpose; `make` alone lists them. A fresh machine needs git, make and Python 3.11
# or newer with its venv module (Debian and Ubuntu: python3-venv). Everything else goes into .venv.
#
# The install is editable (`pip install -e`): one .venv serves demo, tests and work on the code, and only
# a change of pyproject.toml needs another install. What a plain install holds is checked by tests/layout.

PYTHON ?= python3
# Where `make demo` writes; what an earlier run left there is replaced.
OUT ?= build/demo
# Test processes: auto is one for each core; 0 runs all in one process, which shows what tests print.
WORKERS ?= auto
PYTEST_ARGS ?=
# One benchmark, or the lines that begin so: settle, settle.sqlite, settle.sqlite.1m.known
ONLY ?=

VENV := .venv
BIN := $(VENV)/bin
INTEROP := .venv-interop
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
PYTEST = $(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

# The tests run another implementation of COSE with this interpreter (tests/interop/requirements.txt).
export SHUANGLI_INTEROP_PYTHON := $(CURDIR)/$(INTEROP)/bin/python

.PHONY: help demo test test-all audit bench dist docs lint format clean
.NOTPARALLEL:
.DELETE_ON_ERROR:

help:
	@echo 'make demo      simulate a metro day, print where the report is'
	@echo 'make test      ruff, mypy, and all tests but the heavy ones, with fewer drawn examples'
	@echo 'make test-all  the same with the heavy tests and all examples; what CI runs'
	@echo 'make audit     look for known vulnerabilities of what is installed; says so if it cannot'
	@echo 'make bench     the benchmarks, written to build/bench.json; ONLY=name runs one'
	@echo 'make dist      the wheel and the source distribution, in dist'
	@echo 'make docs      the documentation as a site with a search, in build/site'
	@echo 'make lint      ruff and mypy only'
	@echo 'make format    let ruff mend what it can'
	@echo 'make clean     remove build and the virtual environments'

demo: $(VENV)/.installed-sim
	@$(BIN)/shuangli demo --out '$(OUT)'

test: lint $(INTEROP)/.installed
	$(PYTEST) -m 'not heavy' --hypothesis-profile=quick $(PYTEST_ARGS)

test-all: lint $(INTEROP)/.installed $(VENV)/.installed-ray
	$(PYTEST) $(PYTEST_ARGS)

audit: $(VENV)/.installed-dev
	@$(BIN)/python -m scripts.audit

bench: $(VENV)/.installed-dev
	$(BIN)/python bench/run.py $(ONLY)

# The wheel is built from the source distribution, as users' pips do it.
dist: $(VENV)/.installed-dev
	@rm -rf dist
	@$(BIN)/hatchling build --target sdist --directory dist
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps --no-index \
		--wheel-dir dist dist/*.tar.gz

docs: $(VENV)/.installed-docs
	@$(BIN)/python scripts/make_site.py build/site
	@echo 'site: $(CURDIR)/build/site/index.html'

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf build dist $(VENV) $(INTEROP) .mypy_cache .pytest_cache .ruff_cache .hypothesis

# Stamp files: make installs again only when what they depend on is newer.
$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Shuangli needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ...' >&2; exit 1; }
	@echo 'creating $(VENV)'
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed-sim: pyproject.toml | $(VENV)/.created
	@echo 'installing shuangli and what it needs into $(VENV); this takes about a minute'
	@$(BIN)/python $(PIP_INSTALL) --editable '.[api,sim]'
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/.created
	@echo 'installing shuangli and what its tests need into $(VENV); this takes about a minute'
	@$(BIN)/python $(PIP_INSTALL) --editable '.[sim,dev]'
	@touch $(VENV)/.installed-sim $(VENV)/.installed-docs $@

$(VENV)/.installed-docs: pyproject.toml | $(VENV)/.created
	@echo 'installing what the site is built with into $(VENV)'
	@$(BIN)/python $(PIP_INSTALL) --editable '.[docs]'
	@touch $@

$(VENV)/.installed-ray: $(VENV)/.installed-dev
	@echo 'installing Ray into $(VENV)'
	@$(BIN)/python $(PIP_INSTALL) --editable '.[ray]'
	@touch $@

$(INTEROP)/.installed: tests/interop/requirements.txt
	@echo 'installing another implementation of COSE into $(INTEROP)'
	@$(PYTHON) -m venv $(INTEROP)
	@$(INTEROP)/bin/python $(PIP_INSTALL) --requirement $<
	@touch $@
