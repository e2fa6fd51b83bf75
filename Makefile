# Everything starts here. Each target sets up what it needs; nothing is installed outside .venv.
#   make demo   the main job on the demonstration data          make test   lint, types, layers, tests
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint bench serve clean
.DEFAULT_GOAL := demo

# torch is asked for by itself first: what else needs it then finds it there, and brings no other build.
$(READY): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)

demo: $(READY)
	$(BIN)/evitrail demo

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/pytest --numprocesses auto --dist loadfile

bench: $(READY)
	$(BIN)/python bench/run.py

# The report of the last demo, on loopback only.
serve: demo
	$(BIN)/python -m http.server 8765 --bind 127.0.0.1 --directory evitrail-demo/experiment

clean:
	rm -rf $(VENV) evitrail-demo evitrail-run evitrail-ask evitrail-store
