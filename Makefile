# What a developer types. It needs Python >= 3.11 with pip, and make; all else goes into $(VENV).
PYTHON ?= python3
VENV   ?= .venv
# Half as many again as there are cores: a third of what tests take is waiting for terminals, servers and clocks.
JOBS   ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores + (cores + 1) / 2)))
ARGS   ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# Compiled modules are kept: without them each command that a test runs compiles some 200 files anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo cluster cluster-down test soak check unit lint format types contracts locale locale-check docs docs-check constraints clean

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' Makefile

demo: $(VENV)/.runtime ## a believable desk in the console, from nothing
	@$(BIN)/csdesk demo $(ARGS)

cluster: $(VENV)/.dev ## PostgreSQL, two servers behind a proxy and three consoles in tmux; ARGS=--no-tmux for none of these
	@$(BIN)/python -m tools.cluster up $(ARGS)

cluster-down: $(VENV)/.dev ## end what make cluster started, and remove it
	@$(BIN)/python -m tools.cluster down

test: $(VENV)/.dev ## the whole suite, on every core
	@echo "pytest: all of tests/"
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal $(ARGS)

# Each law is tried on many times as many lives as in the suite; a test may take longer than 5 minutes here. The shift
# is one of 24 hours at one console: memory, tasks, screens, files after the first hours are those at the end.
SOAK ?= 50
soak: $(VENV)/.dev ## the long versions of tests that try chance, and a console's day; an hour or more, SOAK=5 for a tenth, ARGS="-k return"
	@echo "pytest: lives of cases in any order, $(SOAK) times as many; every key of the bottom line in every state; a console's day"
	@CSDESK_SOAK=$(SOAK) $(BIN)/python -m pytest -q -n $(JOBS) -o faulthandler_timeout=0 \
		tests/unit/domain/cases/test_machines.py tests/tui/test_footer.py tests/soak \
		tests/unit/server/test_surface.py $(ARGS)

check: lint types contracts locale-check docs-check unit ## the fast lane, under a minute

# What starts servers or programs, writes large files or plays whole lives of cases is left to the suite.
SLOW := tests/unit/interop tests/unit/effects tests/unit/store tests/unit/cli tests/unit/domain/cases/test_machines.py
unit: $(VENV)/.dev
	@echo "pytest: tests/unit, a few examples of each law, without $(SLOW)"
	@$(BIN)/python -m pytest -q -n $(JOBS) --hypothesis-profile=fast $(addprefix --ignore=,$(SLOW)) tests/unit $(ARGS)

lint: $(VENV)/.dev ## ruff, rules and layout
	@echo "ruff: rules and layout"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "layout differs: run make format"; exit 1; }

format: $(VENV)/.dev ## lay the code out as lint wants it
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

types: $(VENV)/.dev ## mypy, strict over src and tools
	@echo "mypy: src, tools, tests"
	@$(BIN)/mypy

contracts: $(VENV)/.dev ## the floors: who may import whom
	@$(BIN)/lint-imports --no-logo

locale: $(VENV)/.dev ## make zh_Hant.po and the compiled catalogues
	@$(BIN)/python tools/catalogues.py

locale-check: $(VENV)/.dev ## fail when a catalogue is stale or says less than the others
	@$(BIN)/python tools/catalogues.py --check

docs: $(VENV)/.dev ## make docs/reference/ from the code
	@$(BIN)/python tools/pages.py

docs-check: $(VENV)/.dev ## fail when a page of docs/reference/ is stale
	@$(BIN)/python tools/pages.py --check

constraints: $(VENV)/.dev ## pin what pyproject.toml asks for; ARGS=--upgrade for newer versions
	@echo "uv: constraints.txt"
	@$(BIN)/uv pip compile pyproject.toml --quiet --all-extras --universal --python-version 3.11 \
		--no-annotate --custom-compile-command "make constraints" --output-file constraints.txt $(ARGS)

clean: ## remove all that make made
	rm -rf $(VENV) build dist .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Debian splits ensurepip from Python; there pip itself can fill a venv that was made without it.
$(BIN)/python:
	@echo "venv: $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"csdesk needs Python 3.11 or newer: say which with make PYTHON=...")'
	@if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then $(PYTHON) -m venv $(VENV); \
	else $(PYTHON) -m venv --without-pip $(VENV) && \
		$(PYTHON) -m pip --python $(BIN)/python install --quiet pip; \
	fi || { rm -rf $(VENV); exit 1; }

# Stamps: nothing is installed twice until pyproject.toml or constraints.txt changes.
$(VENV)/.runtime: pyproject.toml constraints.txt | $(BIN)/python
	@echo "pip: csdesk into $(VENV)"
	@$(PIP) --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "pip: csdesk and what its tests need into $(VENV)"
	@$(PIP) --editable '.[dev,semantic,server]'
	@touch $@ $(VENV)/.runtime
