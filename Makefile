# Two commands: `make demo` and `make test`. Both set up what they need in .venv, from Python alone.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
DEMO_STORE ?= .noteatlas-demo
PORT ?= 8765

.PHONY: demo test lint types imports pytest clean help

help:
	@echo "make demo   set up, load the sample notes, serve the map (PORT=$(PORT))"
	@echo "make test   set up, lint, check types and import rules, run all tests"
	@echo "make clean  remove what the two made"

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Note Atlas needs Python 3.11 or newer: install it, or say PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/.run

demo: $(VENV)/.run
	$(BIN)/noteatlas demo --store $(DEMO_STORE) --port $(PORT)

test: lint types imports pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

imports: $(VENV)/.dev
	$(BIN)/lint-imports

pytest: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadgroup

clean:
	rm -rf $(VENV) $(DEMO_STORE) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache test-output
