# make up      install into .venv, start the sandbox, deploy every environment
# make test    install, then every check and test
# make test-unit  the tests that need neither a cloud nor the engine
# make check   formatting, lint and types only
# make bench   figures of speed and memory
# make fidelity  hold the stacks against the official providers, where they can be had
# make down    end the sandbox's processes
# make clean   end them and remove everything that was made here
# make docs    write what is generated: the JSON Schema, the component table of the README, and docs/
# make lock    resolve the dependencies anew, as pyproject.toml bounds them

PYTHON ?= python3
SHELL := /bin/sh
BIN := .venv/bin
# What is installed is named by what was asked for and where: a changed lock or a moved checkout installs again.
KEY := $(shell { pwd; cat requirements.lock requirements-uv.lock policies/requirements.txt pyproject.toml sandbox/pyproject.toml; } | cksum | tr ' ' '-')
STAMP := .venv/installed-$(KEY)

# pip asks rustc for its version to name itself; where that is rustup's, it would write into HOME.
export RUSTUP_HOME := $(CURDIR)/.build/rustup

# Modules are compiled once, into __pycache__, which `make clean` removes; without that each of many processes does it.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: up test test-unit check engine bench fidelity down clean docs lock install
.SILENT:

up: $(STAMP)
	$(BIN)/python -m sandbox up

test: $(STAMP)
	# Side by side: the one waits for modules to be downloaded, the other uses a single core.
	$(MAKE) --no-print-directory --jobs 2 check engine
	$(BIN)/pytest -n 3 --durations 12 -q -m "unit or cloud or e2e"

test-unit: $(STAMP)
	$(BIN)/pytest -n 2 -q

check: $(STAMP)
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet || { echo "run $(BIN)/ruff format"; exit 1; }
	$(BIN)/mypy --no-error-summary

engine: $(STAMP)
	$(BIN)/python -m keystead_sandbox.engine.engine >/dev/null

bench: $(STAMP)
	$(BIN)/python -m bench

fidelity: $(STAMP)
	$(BIN)/python -m fidelity

down:
	if [ -x $(BIN)/python ] && [ -d .sandbox ]; then $(BIN)/python -m sandbox down; fi

clean: down
	rm -rf .venv policies/.venv .sandbox .build stacks/.build build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

install: $(STAMP)

$(STAMP):
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "Keystead needs Python 3.11 or newer as $(PYTHON); install it, or name it: make PYTHON=python3.12" >&2; exit 1; }
	echo "installing the pinned dependencies into .venv"
	$(BIN)/python -c '' 2>/dev/null || { rm -rf .venv; $(PYTHON) -m venv .venv; } || { \
	    echo "$(PYTHON) cannot make a virtual environment; on Debian install python3-venv" >&2; exit 1; }
	rm -f .venv/installed-*
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-uv.lock
	VIRTUAL_ENV=.venv $(BIN)/uv pip sync --quiet --no-config --system-certs --require-hashes --only-binary :all: requirements.lock requirements-uv.lock
	# The policy pack has an environment of its own: pulumi-policy pins another protobuf.
	$(PYTHON) -m venv --without-pip --clear policies/.venv
	VIRTUAL_ENV=policies/.venv $(BIN)/uv pip sync --quiet --no-config --system-certs --require-hashes --only-binary :all: policies/requirements.txt
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --no-config --offline --no-deps --no-build-isolation --editable . --editable sandbox
	touch $@

docs: $(STAMP)
	$(BIN)/keystead schema --write
	$(BIN)/python -m keystead.reference README.md docs/cli.md docs/changes.md
	PYTHONPATH=policies $(BIN)/python -m keystead_policies reference docs/policies.md

lock:
	$(BIN)/uv pip compile --quiet --no-config --system-certs --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header --upgrade --no-emit-package keystead --no-emit-package keystead-sandbox --group dev \
	    pyproject.toml sandbox/pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --no-config --system-certs --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header --upgrade policies/pyproject.toml -o policies/requirements.txt
	grep '^uv==' requirements-uv.lock | cut -d' ' -f1 | $(BIN)/uv pip compile --quiet --no-config --system-certs --universal \
	    --python-version 3.11 --generate-hashes --no-emit-index-url --no-header - -o requirements-uv.lock
