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
PYTEST = $(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile

# The tests run another implementation of COSE with this interpreter (tests/interop/requirements.txt).
export SHUANGLI_INTEROP_PYTHON := $(CURDIR)/$(INTEROP)/bin/python

.PHONY: help demo test test-all bench lint format clean
.NOTPARALLEL:
.DELETE_ON_ERROR:

help:
	@echo 'make demo      simulate a metro day, print where the report is'
	@echo 'make test      ruff, mypy, and all tests but the heavy ones'
	@echo 'make test-all  the same with the heavy tests; what CI runs'
	@echo 'make bench     the benchmarks, written to build/bench.json; ONLY=name runs one'
	@echo 'make lint      ruff and mypy only'
	@echo 'make format    let ruff mend what it can'
	@echo 'make clean     remove build and the virtual environments'

demo: $(VENV)/.installed-sim
	@$(BIN)/shuangli sim run transit --out '$(OUT)'
	@echo 'report: $(abspath $(OUT))/report.html'

test: lint $(INTEROP)/.installed
	$(PYTEST) -m 'not heavy' $(PYTEST_ARGS)

test-all: lint $(INTEROP)/.installed
	$(PYTEST) $(PYTEST_ARGS)

bench: $(VENV)/.installed-dev
	$(BIN)/python bench/run.py $(ONLY)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf build $(VENV) $(INTEROP) .mypy_cache .pytest_cache .ruff_cache .hypothesis

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
	@touch $(VENV)/.installed-sim $@

$(INTEROP)/.installed: tests/interop/requirements.txt
	@echo 'installing another implementation of COSE into $(INTEROP)'
	@$(PYTHON) -m venv $(INTEROP)
	@$(INTEROP)/bin/python $(PIP_INSTALL) --requirement $<
	@touch $@
