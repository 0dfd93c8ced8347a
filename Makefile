# make run    process seeds/ and show the result      make ui      open Dagster
# make test   lint, types and tests                   make lock    renew the pinned dependencies

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
OUT ?= data

# Where the training and benchmark data lies; none of it is part of the project.
DATA ?= ../shared

.PHONY: fuzz screenshots run test ui lock docs clean bench bench-accuracy bench-speed bench-scale

run: $(VENV)/.installed
	@$(BIN)/copydesk run seeds --scrape-date 2018-07-27 --out $(OUT)

test: $(VENV)/.installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	COPYDESK_DATASETS=$(DATA) $(BIN)/python -m pytest

PORT ?= 3000
ui: $(VENV)/.installed
	@test -d inbox || { mkdir -p inbox/2018-07-27 && cp seeds/* inbox/2018-07-27/ \
	  && echo "Put the sample scrapes into inbox/2018-07-27; add days of your own beside it"; }
	@exec env DAGSTER_HOME=$(CURDIR) $(BIN)/python -m pipeline.defs.ui --port $(PORT)

# One environment: the second run of each target reuses what is installed.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Copydesk needs Python 3.11 or later; name one: make run PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The locks name every package, so nothing is left to resolve: pip before 23.3 forgets a pin where
# some package asks for the pinned one with an extra.
$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the pinned dependencies into $(VENV) (once)"
	@$(PIP) install --quiet --no-deps --require-hashes --requirement requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@$(PIP) install --quiet --no-deps --require-hashes --requirement requirements-dev.lock
	@touch $@

# Locks hold versions and hashes, and no address of a registry.
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --no-annotate
lock: $(VENV)/.installed-dev
	$(LOCK) --all-extras --output-file requirements-dev.lock
	$(LOCK) --extra ui --extra build --constraint requirements-dev.lock \
	  --output-file requirements.lock
	$(LOCK) --extra ui --extra build --extra postgres --constraint requirements-dev.lock \
	  --output-file requirements-production.lock

docs: $(VENV)/.installed
	$(BIN)/python -m pipeline.publish.tables_md README.md docs/tables.md

# Every figure of the README, against peers: tables and plots in benchmarks/results/.
bench: bench-accuracy bench-speed bench-scale

bench-accuracy bench-speed bench-scale: bench-%: .bench/.installed
	$(BIN)/python -m benchmarks $* --data $(DATA)

.bench/.installed: $(wildcard benchmarks/peers/*.txt) $(VENV)/.installed
	$(BIN)/python -m benchmarks peers
	@touch $@

clean:
	rm -rf $(VENV) .bench .dagster build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Coverage-guided fuzzing of ingest for ten minutes; what it finds stays in .fuzz/.
fuzz: $(VENV)/.installed-dev
	$(PIP) install --quiet atheris==3.0.0
	mkdir -p .fuzz/corpus
	cd .fuzz && ../$(BIN)/python ../tests/faults/fuzz_ingest.py corpus -max_total_time=600

# The pictures of the docs; needs Chromium.
screenshots: $(VENV)/.installed-dev
	$(BIN)/python -m tests.browser.screenshots docs/screenshots
