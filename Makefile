# `make` alone prints this list.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TALON_PORT ?= 8080
# Tests start some hundred processes of an office: each would compile the whole project again.
unexport PYTHONDONTWRITEBYTECODE

help: ## print this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(VENV)/.done ## make the virtual environment from the lock

$(VENV)/.done: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: setup ## an office with simulated hardware; prints the addresses to open (TALON_PORT=8080)
	$(BIN)/talon demo var/demo --port $(TALON_PORT)

demo-network: setup ## a situation centre and seventeen offices on this machine (TALON_PORT=8090)
	$(BIN)/talon network var/network --port $(if $(filter 8080,$(TALON_PORT)),8090,$(TALON_PORT))

test: setup system lint ## lint, then every test that fits into some minutes
	$(BIN)/python -m pytest -n 4

lint: setup ## ruff, mypy --strict, import rules, shellcheck, codespell
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports
	$(BIN)/shellcheck .ci/run $$(git ls-files '*.sh')
	$(BIN)/codespell

format: setup ## let ruff arrange the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup ## the promises of performance, as ratios against a floor measured in the same run
	$(BIN)/python -m tests.bench

soak: setup system ## long runs: power cuts, kills, races, the state machine (about an hour)
	$(BIN)/python -m tests.soak

voices: setup ## make the clips of the voice again (needs RHVoice of Debian: docs/voice.md)
	$(BIN)/python -m hardware.sound.making

system: ## what the tests use of the operating system (Debian, as root); without it they skip and say so
	@.ci/system.sh

lock: ## resolve the dependencies anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --group dev pyproject.toml \
		-o requirements.lock --no-header

clean: ## remove what can be made again
	rm -rf $(VENV) var build dist ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: help setup run demo-network test lint format bench soak system voices lock clean
