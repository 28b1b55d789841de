# Two commands are enough: 'make demo' installs and runs the main job, 'make test' installs and tests.
# 'make' alone lists the others. Needs Python 3.11 or newer and nothing else.

PYTHON ?= python3
VENV ?= .venv
RUN_ID ?= demo
TEST_WORKERS ?= 2
ENGINE ?= $(if $(filter Darwin,$(shell uname -s)),mlx,torch)
# SEED, MODEL and PRESET are optional: make train RUN_ID=second SEED=1
# PIP_TORCH takes options for torch alone, for instance where a CPU build has its own index.
PIP_TORCH ?=
WEB ?=

STAMP := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check install -q -c constraints.txt
GRAPHTUTOR := $(VENV)/bin/graphtutor
SETTINGS := $(if $(PRESET),--preset $(PRESET)) $(if $(MODEL),--set model.name=$(MODEL)) \
            $(if $(SEED),--set seed=$(SEED))
# A run that was stopped goes on where it stopped.
RESUME = $(if $(wildcard data/runs/$(RUN_ID)/config.yaml),--resume)

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo blueprint-demo rag-demo train data infer_base sft rsft eval audit report pretrain test test-slow check \
        test-harness test-unsloth test-browser test-wheel check-web format clean train-360m serve setup-mlx setup-unsloth train-360m-unsloth

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9_-]+:.*## / { printf "  %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "Variables: RUN_ID=$(RUN_ID) SEED MODEL PRESET PYTHON=$(PYTHON) VENV=$(VENV)"

setup: $(STAMP) ## install into VENV (once; again when the dependencies change)

setup-dev: $(DEV) ## install what the tests need as well

# torch comes first and alone: resolved together with the rest, pip may swap a CPU build for the
# CUDA build and its gigabytes of libraries.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "graphtutor: $(PYTHON): wanted Python 3.11 or newer, got $$($(PYTHON) --version 2>&1)." \
	       "What to do: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@echo "Installing into $(VENV) (about 1.7 GB, a minute or more)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) $(PIP_TORCH) "$$(sed -n '/^torch==/p' constraints.txt)"
	@$(PIP) -e '.[all]'
	@touch $@

$(DEV): $(STAMP)
	@echo "Installing what the tests need (about 700 MB, a minute or more)"
	@$(PIP) -e '.[dev]'
	@touch $@

demo: $(STAMP) ## install, then the main job with the embedded model: about six minutes
	$(GRAPHTUTOR) run --run-id $(RUN_ID) $(SETTINGS) $(RESUME)

blueprint-demo: $(STAMP) ## blueprints of DevOps and physics: expand, train, score before and after
	$(GRAPHTUTOR) blueprint expand devops physics --valid 0.25 --drills 30 --out data/blueprint-data/demo \
	  $(if $(SEED),--seed $(SEED))
	$(GRAPHTUTOR) blueprint train data/blueprint-data/demo --run-id $(RUN_ID) \
	  $(if $(SEED),--set seed=$(SEED)) \
	  $(if $(wildcard data/blueprints/$(RUN_ID)/config.yaml),--resume)

CORPUS := src/graphtutor/retrieval/corpus
rag-demo: $(STAMP) ## retrieval offline: runbooks and graph in, cited answers out, and their figures
	$(GRAPHTUTOR) rag add $(CORPUS)/runbooks --graph software_troubleshooting
	$(GRAPHTUTOR) rag ask "How can a Retry Storm end in a Failed Rollout?" \
	  --graph software_troubleshooting
	$(GRAPHTUTOR) rag eval $(CORPUS)/questions.jsonl --graph software_troubleshooting

train: demo ## the same as demo; choose with RUN_ID, SEED, MODEL, PRESET

data: $(STAMP) ## one phase: make the task files
	$(GRAPHTUTOR) data --run-id $(RUN_ID) $(SETTINGS)

infer_base: $(STAMP) ## one phase: the base model answers the evaluation tasks
	$(GRAPHTUTOR) infer --run-id $(RUN_ID) $(SETTINGS)

sft: $(STAMP) ## one phase: supervised fine-tuning
	$(GRAPHTUTOR) sft --run-id $(RUN_ID) $(SETTINGS)

rsft: $(STAMP) ## one phase: sample, verify, train on the winners
	$(GRAPHTUTOR) rsft --run-id $(RUN_ID) $(SETTINGS)

eval: $(STAMP) ## one phase: evaluate what has been trained
	$(GRAPHTUTOR) eval --run-id $(RUN_ID) $(SETTINGS)

audit: $(STAMP) ## leaks, ill-posed tasks and shortcuts in the data of the run
	$(GRAPHTUTOR) audit $(RUN_ID)

report: $(STAMP) ## render the run again as Markdown, HTML and plots
	$(GRAPHTUTOR) report $(RUN_ID)

pretrain: $(STAMP) ## make the embedded model again, into data/pretrain (some two hours on a CPU)
	$(GRAPHTUTOR) pretrain data/pretrain/one --compile
	$(GRAPHTUTOR) pretrain data/pretrain/two --from data/pretrain/one/model --compile

test: check ## install, then lint, types and the fast tests
	OMP_NUM_THREADS=1 $(VENV)/bin/pytest -q -n $(TEST_WORKERS)

test-slow: $(DEV) ## the tests that take minutes
	$(VENV)/bin/pytest -q -m slow

# inspect-ai has an environment of its own: it wants older versions than constraints.txt has.
$(VENV)-inspect/.installed: pyproject.toml constraints-inspect.txt
	@echo "Installing into $(VENV)-inspect (about 350 MB, half a minute or more)"
	@$(PYTHON) -m venv $(VENV)-inspect
	@$(VENV)-inspect/bin/python -m pip --disable-pip-version-check install -q \
	  -c constraints-inspect.txt -e '.[inspect]' hypothesis pytest
	@touch $@

test-harness: $(VENV)-inspect/.installed ## the inspect_ai export, and the others without their programs
	OMP_NUM_THREADS=1 $(VENV)-inspect/bin/pytest -q tests/harness tests/cli/test_harness.py

# The browser is Debian's: what Playwright would download is not needed.
CHROMIUM := $(or $(GRAPHTUTOR_CHROMIUM),$(shell command -v chromium || command -v chromium-browser))

test-browser: $(DEV) ## the web app in a browser; installs Debian's chromium where it may
	@[ -n "$(CHROMIUM)" ] || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; } || { \
	  echo "graphtutor: chromium: wanted on the PATH, got none. What to do: apt-get install" \
	       "chromium, or GRAPHTUTOR_CHROMIUM=/path make test-browser" >&2; exit 2; }
	OMP_NUM_THREADS=1 $(VENV)/bin/pytest -q -m browser tests/web/browser

test-wheel: $(DEV) ## the wheel in a clean environment without Node: it serves the web app
	$(VENV)/bin/pytest -q -m slow tests/web/test_wheel.py

# Only who changes the page needs Node: what is built is committed.
FRONTEND := src/graphtutor/web/frontend
check-web: ## the page's own tests, and whether what is committed is what its source builds (needs Node)
	cd $(FRONTEND) && npm ci --no-audit --no-fund --silent && npm run --silent check && \
	  npm run --silent build && git diff --exit-code --stat -- ../static

check: $(DEV) ## lint, formatting and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/pyright --pythonpath $(VENV)/bin/python

format: $(DEV) ## format and repair what can be repaired
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

clean: ## remove the environment and caches; runs under data/ stay
	rm -rf $(VENV) $(VENV)-inspect $(VENV)-unsloth build dist .pytest_cache .ruff_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# On a Mac the mlx engine is the faster one; MODEL takes a local copy of the model.
train-360m: RUN_ID = smollm-360m
train-360m: $(if $(filter mlx,$(ENGINE)),setup-mlx,$(STAMP)) ## the main job with SmolLM-360M-Instruct
	$(GRAPHTUTOR) run --run-id $(RUN_ID) --preset smollm-360m --set model.backend=$(ENGINE) \
	  $(if $(MODEL),--set model.name=$(MODEL)) $(if $(SEED),--set seed=$(SEED)) $(RESUME)

serve: $(STAMP) ## show the runs in the browser; WEB="--port 9000 --no-open" passes options
	$(GRAPHTUTOR) serve $(WEB)

setup-mlx: $(STAMP) ## install the mlx engine (Apple silicon; on Linux its CPU build)
	@$(PIP) -e '.[all,mlx]'

# unsloth has an environment of its own, with graphtutor in it: it wants older versions than
# constraints.txt has. Without a card, or with UNSLOTH_CPU=1, what CUDA needs is left out; unsloth's
# own list of dependencies would bring it back, and asks for a certifi that may not be out.
UNSLOTH_CPU ?= $(if $(shell command -v nvidia-smi),,1)
UNSLOTH_CUDA := bitsandbytes cut-cross-entropy datasets diffusers einops hf-transfer json5 msgspec \
                nest-asyncio pillow protobuf sentencepiece structlog torchao torchvision trl tyro \
                wheel xformers
UNSLOTH := $(VENV)-unsloth/.installed
PIP_UNSLOTH := $(VENV)-unsloth/bin/python -m pip --disable-pip-version-check install -q \
               -c constraints-unsloth.txt

$(UNSLOTH): pyproject.toml constraints-unsloth.txt
	@echo "Installing into $(VENV)-unsloth (about 1.4 GB, a minute or more; much more for CUDA)"
	@$(PYTHON) -m venv $(VENV)-unsloth
	@$(PIP_UNSLOTH) $(PIP_TORCH) "$$(sed -n '/^torch==/p' constraints-unsloth.txt)"
	@$(PIP_UNSLOTH) -e . accelerate peft requests transformers hypothesis pytest \
	  $(if $(UNSLOTH_CPU),,$(UNSLOTH_CUDA))
	@$(PIP_UNSLOTH) --no-deps unsloth unsloth-zoo
	@touch $@

setup-unsloth: $(UNSLOTH) ## install the unsloth engine into an environment of its own

test-unsloth: $(UNSLOTH) ## the contract suite and the unsloth engine's own tests
	OMP_NUM_THREADS=1 $(VENV)-unsloth/bin/pytest -q -k unsloth \
	  tests/backends/test_contract.py tests/backends/test_unsloth.py

train-360m-unsloth: RUN_ID = smollm-360m-unsloth
train-360m-unsloth: $(UNSLOTH) ## the main job with a 360M model on a CUDA GPU
	$(VENV)-unsloth/bin/graphtutor run --run-id $(RUN_ID) --preset smollm-360m \
	  --set model.backend=unsloth $(if $(SEED),--set seed=$(SEED)) $(RESUME)
