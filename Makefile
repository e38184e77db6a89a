# Two commands matter: `make reports` and `make test`. Both set up .venv by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOCK := --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header --no-annotate
EXAMPLES := $(notdir $(patsubst %/,%,$(wildcard data/examples/*/)))

.PHONY: setup reports test check docs bench lock wheel wheels clean help

help:  ## say what there is to type
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP)  ## make .venv with the locked versions and rdclib

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; $(PYTHON) is older."; echo "Install it, then type  make setup PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

reports: setup  ## make the reports of the example cities
	@$(BIN)/rdc run $(EXAMPLES)

test: setup  ## run the whole test suite
	$(BIN)/python -m pytest -n 2 --dist loadfile -q

check: setup  ## format, lint and house
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m pytest -q tests/test_house.py

docs: setup  ## build the documentation into docs/_build/html
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html

bench: setup  ## measure against what a user would otherwise do
	@for file in tests/benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

lock: setup  ## make both lock files anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml $(LOCK) --upgrade -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml $(LOCK) --all-extras --upgrade -o requirements-dev.lock

wheel: setup  ## build the package into dist/
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation -w dist .

wheels: wheel  ## fill wheels/ for a machine without internet: the package and everything that it needs
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --require-hashes -r requirements.lock -d wheels
	cp dist/rdclib-*.whl wheels/

clean:  ## remove .venv and reports
	rm -rf $(VENV) dist
	find reports -mindepth 1 ! -name README.md -delete
