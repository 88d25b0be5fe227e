# Everything here works on a fresh machine that has Python 3.11 or newer, and make.

PYTHON ?= python3
PORT ?= 5000

VENV = .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip install -qq --disable-pip-version-check
PINS = requirements/dev.txt requirements/lesson.txt
LARGE = $(wildcard benchmarks/large_*.py)

.DEFAULT_GOAL := help
.PHONY: help demo lesson test check bench bench-large format pins clean
.PHONY: style types walls spelling

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile


# To look at --------------------------------------------------------------------------

demo: lesson ## Start the site to look at (for now, the lesson's)

lesson: $(VENV)/for-lesson ## Start the lesson's site on http://127.0.0.1:5000
	@cd examples/lesson && ../../$(BIN)/flask --app wsgi run --debug --port $(PORT)


# To work with ------------------------------------------------------------------------

test: style types walls spelling $(VENV)/for-benchmarks ## Run everything that CI runs
	$(BIN)/python -m pytest --cov --cov-report=term
	$(BIN)/python scripts/other-pythons
	$(BIN)/python scripts/dependents

check: style types walls spelling ## Run the everyday part, in under two minutes
	$(BIN)/python -m pytest -n auto -m "not browser and not slow"

bench: $(VENV)/for-benchmarks ## Measure against bare Flask and Flask-Login
	@for file in $(filter-out $(LARGE), $(wildcard benchmarks/[!_]*.py)); do \
	    echo "== $$file"; $(BIN)/python "$$file" || exit 1; \
	done

bench-large: $(VENV)/for-benchmarks ## Measure millions of rows, and many workers
	@for file in $(LARGE); do \
	    echo "== $$file"; $(BIN)/python "$$file" || exit 1; \
	done

format: $(VENV)/for-work ## Put the code in its usual form
	$(BIN)/ruff check --fix --exit-zero --quiet
	$(BIN)/ruff format

style: $(VENV)/for-work
	$(BIN)/ruff check
	$(BIN)/ruff check --quiet --preview --select PLR1702
	$(BIN)/ruff format --check

types: $(VENV)/for-work
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

walls: $(VENV)/for-work
	$(BIN)/lint-imports --no-cache

spelling: $(VENV)/for-work
	$(BIN)/codespell


# To keep up --------------------------------------------------------------------------

COMPILE = UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip compile --quiet --universal \
	--python-version 3.11 --generate-hashes --no-annotate --no-header

# `lowest` goes its own way; the others must agree with `dev`.
pins: $(VENV)/for-work ## Pin the newest of what this project uses
	$(COMPILE) --upgrade requirements/dev.in -o requirements/dev.txt
	$(COMPILE) --upgrade -c requirements/dev.txt requirements/test.in -o requirements/test.txt
	$(COMPILE) --upgrade -c requirements/dev.txt requirements/lesson.in -o requirements/lesson.txt
	$(COMPILE) --upgrade -c requirements/dev.txt requirements/bench.in -o requirements/bench.txt
	$(COMPILE) --upgrade requirements/lowest.in -o requirements/lowest.txt
	$(COMPILE) --upgrade -c requirements/dev.txt requirements/dependents.in -o requirements/dependents.txt

clean: ## Remove what `make` has made
	rm -rf .venv .venvs dist htmlcov .coverage .coverage.* .hypothesis
	rm -rf .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find benchmarks docs examples scripts src tests -name __pycache__ -exec rm -rf {} +


# The environment ---------------------------------------------------------------------
# Empty files in it say how far it is made. New pins: it is made anew from the start.

$(VENV)/empty: $(PINS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "This needs Python 3.11 or newer, and '$(PYTHON)' is not that."; \
	    echo "Name one that is: make PYTHON=python3.12 $(MAKECMDGOALS)"; \
	    exit 1; }
	@echo "Making an environment in $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV) || { \
	    echo "On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@touch $@

# Two steps: pip refuses an editable package where hashes are asked for. And no deps: the
# pins name all that is needed, and older pips look at a newer release of a package that
# another one asks for with an extra, and stumble over its hash.
$(VENV)/for-lesson: $(VENV)/empty pyproject.toml
	@echo "Installing what the lesson needs"
	@$(PIP) --no-deps --require-hashes -r requirements/lesson.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/for-work: $(VENV)/empty pyproject.toml
	@echo "Installing what the tests and the tools need: half a minute or more"
	@$(PIP) --no-deps --require-hashes -r requirements/dev.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/for-benchmarks: $(VENV)/for-work requirements/bench.txt
	@echo "Installing what the benchmarks need besides"
	@$(PIP) --no-deps --require-hashes -r requirements/bench.txt
	@touch $@
