# Two commands do everything: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOST ?= 127.0.0.1
PORT ?= 8000
WORKERS ?= 2
TESTERS ?= 3
PIPFLAGS ?=

.PHONY: run test tests install install-test lint style checks format translations screenshots clean

run: $(VENV)/.installed
	@echo "==> Preparing the installation and serving it"
	@$(BIN)/dari serve --host $(HOST) --port $(PORT) --workers $(WORKERS)

test: $(VENV)/.installed-test style
	@$(MAKE) --no-print-directory -j2 checks tests

# Byte code is kept, whatever the environment says: each tester and each server that a test starts
# would compile all modules anew. The first line compiles the tests once for all testers. A file's
# tests stay with one tester, so that what they share is made once.
tests: export PYTHONDONTWRITEBYTECODE =
tests: $(VENV)/.installed-test
	@echo "==> Tests"
	@$(BIN)/python -m pytest --collect-only -qq >/dev/null 2>&1 || true
	@$(BIN)/python -m pytest -n $(TESTERS) --dist loadfile --no-loadscope-reorder

lint: style checks

style: $(VENV)/.installed-test
	@echo "==> Lint, format"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

checks: $(VENV)/.installed-test
	@echo "==> Types, floors"
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.installed-test
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

translations: $(VENV)/.installed
	@$(BIN)/pybabel compile -d service/translations

screenshots: $(VENV)/.installed-test
	@$(BIN)/python docs/screenshots.py

install: $(VENV)/.installed
install-test: $(VENV)/.installed-test

$(BIN)/python:
	@echo "==> Making $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Dari needs Python 3.11 or newer: make run PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "==> Installing Dari and what it needs (a minute or two on the first run)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt | $(BIN)/python
	@echo "==> Installing Dari with what its tests need (a minute or two on the first run)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIPFLAGS) -c constraints.txt -e '.[test,train]'
	@touch $(VENV)/.installed $@

clean:
	rm -rf $(VENV) build *.egg-info
