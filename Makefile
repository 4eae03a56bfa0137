# `make help` lists the targets. All of them work in `.venv` in this folder.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
JOBS ?= $(shell getconf _NPROCESSORS_ONLN)
SETUP_STAMP := $(VENV)/.setup-stamp
DEV_STAMP := $(VENV)/.dev-stamp
NATIVE := CMakeLists.txt $(shell find csrc -type f 2>/dev/null) $(wildcard recipes/*.py recipes/*.toml recipes/*.json)
EXTRAS := train,text,llm,speech,loudness,cluster,plot,images,dev
# What builds us without isolation; setuptools and wheel build the two pure-Python dependencies that come as source.
BUILD_TOOLS := scikit-build-core pybind11 cmake ninja setuptools wheel

# Two targets must not install into one .venv at once; the work inside each is parallel already.
.NOTPARALLEL:

.PHONY: help
help: ## Show this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.PHONY: check-tools
check-tools:
	@scripts/check-tools $(PYTHON)

$(BIN)/python: | check-tools
	$(PYTHON) -m venv $(VENV)

.PHONY: demo
demo: $(BIN)/python ## Install with core dependencies only, make SynTone, verify it
	@# An editable install, as `make setup` and `make lint` leave it, is brought up to date and not replaced:
	@# the tests would otherwise go on with a frozen copy.
	if [ -e $(DEV_STAMP) ]; then $(MAKE) $(DEV_STAMP); else $(PIP) install -q -c constraints.txt .; fi
	$(BIN)/synthkit generate syntone --out demo/syntone
	$(BIN)/synthkit verify demo/syntone --regenerate 20
	@echo
	@echo "SynTone is in demo/syntone: read demo/syntone/README.md, or try"
	@echo "  $(BIN)/synthkit show demo/syntone"
	@echo "  $(BIN)/python -c 'import synthkit; print(synthkit.load(\"demo/syntone\", split=\"test\")[0])'"
	@echo "  $(BIN)/synthkit list"

.PHONY: setup
setup: $(SETUP_STAMP) ## Make .venv with everything: all extras, development tools, system programs

$(SETUP_STAMP): pyproject.toml constraints.txt $(NATIVE) | $(BIN)/python
	scripts/install-system-packages
	$(PIP) install -q -c constraints.txt $(BUILD_TOOLS)
	$(PIP) install -q -c constraints.txt --no-build-isolation -Cbuild-dir=build/dev -e '.[$(EXTRAS)]'
	touch $@ $(DEV_STAMP)

# The core and the tools, enough to build and format: the heavy extras are left to `make setup`.
$(DEV_STAMP): pyproject.toml constraints.txt $(NATIVE) | $(BIN)/python
	$(PIP) install -q -c constraints.txt $(BUILD_TOOLS)
	$(PIP) install -q -c constraints.txt --no-build-isolation -Cbuild-dir=build/dev -e '.[dev]'
	touch $@

.PHONY: build
build: | $(DEV_STAMP) ## Build the native kernels again, into .venv
	$(PIP) install -q --no-deps --no-build-isolation -Cbuild-dir=build/dev -e .

.PHONY: test
test: setup test-cpp bench-smoke ## All tests
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal --durations 10

.PHONY: test-cpp
test-cpp: | $(DEV_STAMP) ## The C++ tests, without Python
	@mkdir -p build
	$(BIN)/cmake -S . -B build/cpp -G Ninja -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN)/ninja) \
	  -DSYNTHKIT_TESTS=ON -DSYNTHKIT_PYTHON=OFF -DSYNTHKIT_WERROR=ON > build/cpp.log 2>&1 || { cat build/cpp.log; exit 1; }
	$(BIN)/cmake --build build/cpp
	$(BIN)/ctest --test-dir build/cpp --output-on-failure

.PHONY: sanitize
sanitize: | $(DEV_STAMP) ## The C++ tests under ASan + UBSan, then under TSan
	for kind in address,undefined thread; do \
	  $(BIN)/cmake -S . -B build/$${kind%%,*} -G Ninja -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN)/ninja) \
	    -DSYNTHKIT_TESTS=ON -DSYNTHKIT_PYTHON=OFF -DSYNTHKIT_SANITIZE=$$kind; \
	  $(BIN)/cmake --build build/$${kind%%,*}; \
	  $(BIN)/ctest --test-dir build/$${kind%%,*} --output-on-failure; \
	done

.PHONY: lint
lint: setup ## ruff, mypy --strict (which reads the types of torch and the other extras), clang-format, import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/clang-format --dry-run -Werror $$(find csrc -name '*.cpp' -o -name '*.h')
	$(BIN)/python -m pytest -q tests/test_layers.py

.PHONY: format
format: $(DEV_STAMP) ## Bring all code into form
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i $$(find csrc -name '*.cpp' -o -name '*.h')

.PHONY: bench
bench: setup ## Check answers, then time against baselines in the same run
	$(BIN)/python -m benchmarks

.PHONY: bench-smoke
bench-smoke: setup
	$(BIN)/python -m benchmarks --smoke

.PHONY: soak
soak: setup ## Kill a build at many random moments (20 minutes)
	SYNTHKIT_SOAK_KILLS=400 $(BIN)/python -m pytest -q tests/run/test_kill.py

.PHONY: fuzz
fuzz: setup ## Score random input for ten minutes
	SYNTHKIT_FUZZ_METRICS=50000 $(BIN)/python -m pytest -q tests/metrics/test_random_input.py

.PHONY: dist
dist: | $(DEV_STAMP) ## Source distribution and wheel, into dist/
	$(BIN)/python -m build --no-isolation

.PHONY: clean
clean: ## Remove what was built; .venv stays
	rm -rf build dist demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
