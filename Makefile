# `make help` lists the targets. All of them work in `.venv` in this folder.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# Modules are compiled when they are first imported: of those of the extras most never are.
INSTALL := $(PIP) install -q --no-compile
JOBS ?= $(shell getconf _NPROCESSORS_ONLN)
SETUP_STAMP := $(VENV)/.setup-stamp
DEV_STAMP := $(VENV)/.dev-stamp
NATIVE := CMakeLists.txt $(shell find csrc -type f 2>/dev/null) $(wildcard recipes/*.py recipes/*.toml recipes/*.json)
EXTRAS := train,text,llm,speech,loudness,cluster,hub,plot,images,docs,dev
# What builds us without isolation; setuptools and wheel build the two pure-Python dependencies that come as source.
BUILD_TOOLS := scikit-build-core pybind11 cmake ninja setuptools wheel

# What a development install leaves out, as it takes minutes to build: `make cuda` adds the kernels for GPUs.
DEV_BUILD := -Cbuild-dir=build/dev -Ccmake.define.SYNTHKIT_CUDA=OFF

# Whether programs for aarch64 can be built and run here.
HAS_ARM := command -v aarch64-linux-gnu-g++ > /dev/null && command -v qemu-aarch64 > /dev/null

# Two targets must not install into one .venv at once; the work inside each is parallel already.
.NOTPARALLEL:

.PHONY: help
help: ## Show this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# Kernels for GPUs that were built of other sources.
DROP_CUDA := rm -f $(VENV)/lib/python*/site-packages/synthkit/_cuda.*

# What CMake needs to find this Python and its pybind11.
FIND_PYTHON = -DPython_EXECUTABLE=$(abspath $(BIN)/python) -Dpybind11_DIR=$$($(BIN)/python -m pybind11 --cmakedir)

.PHONY: check-tools
check-tools:
	@scripts/check-tools $(PYTHON)

$(BIN)/python: | check-tools
	$(PYTHON) -m venv $(VENV)

.PHONY: demo
demo: $(BIN)/python ## Install with core dependencies only, make SynTone, verify it
	@# An editable install, as `make setup` and `make lint` leave it, is brought up to date and not replaced:
	@# the tests would otherwise go on with a frozen copy.
	if [ -e $(DEV_STAMP) ]; then $(MAKE) $(DEV_STAMP); else $(INSTALL) -c constraints.txt -Ccmake.define.SYNTHKIT_CUDA=OFF .; fi
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
	$(INSTALL) -c constraints.txt $(BUILD_TOOLS)
	$(INSTALL) -c constraints.txt --no-build-isolation $(DEV_BUILD) -e '.[$(EXTRAS)]'
	$(DROP_CUDA)
	touch $@ $(DEV_STAMP)

# The core and the tools, enough to build and format: the heavy extras are left to `make setup`.
$(DEV_STAMP): pyproject.toml constraints.txt $(NATIVE) | $(BIN)/python
	$(INSTALL) -c constraints.txt $(BUILD_TOOLS)
	$(INSTALL) -c constraints.txt --no-build-isolation $(DEV_BUILD) -e '.[dev]'
	touch $@

.PHONY: build
build: | $(DEV_STAMP) ## Build the native kernels again, into .venv (those for GPUs: make cuda)
	$(DROP_CUDA)
	$(INSTALL) --no-deps --no-build-isolation $(DEV_BUILD) -e .

.PHONY: test
test: setup test-cpp bench-smoke ## All tests
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal --durations 10
	@# On aarch64 itself test-cpp was this. Else CI must run it; others are told, last of all, where it was left out.
	@case $$(uname -m) in aarch64 | arm64) exit 0 ;; esac; \
	if [ -n "$${CI:-}" ] || { $(HAS_ARM); }; then $(MAKE) test-arm; \
	else echo "LEFT OUT: make test-arm, which needs g++-aarch64-linux-gnu and qemu-user" >&2; fi

.PHONY: test-cpp
test-cpp: | $(DEV_STAMP) ## The C++ tests, without Python
	@mkdir -p build
	$(BIN)/cmake -S . -B build/cpp -G Ninja -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN)/ninja) \
	  -DSYNTHKIT_TESTS=ON -DSYNTHKIT_PYTHON=OFF -DSYNTHKIT_WERROR=ON -DSYNTHKIT_EMULATED_MODULE=ON $(FIND_PYTHON) \
	  > build/cpp.log 2>&1 || { cat build/cpp.log; exit 1; }
	$(BIN)/cmake --build build/cpp
	$(BIN)/ctest --test-dir build/cpp --output-on-failure -j $(JOBS)

# For every architecture by default; CUDA_ARCHITECTURES=native for the GPU that is here.
CUDA_ARCHITECTURES ?=
.PHONY: cuda
cuda: | $(DEV_STAMP) ## Compile the kernels for GPUs, look at what was compiled, put them into .venv
	@command -v nvcc > /dev/null || [ -n "$${CUDACXX:-}" ] || { echo "cuda: needs nvcc (CUDA 12 or 13) on the PATH" >&2; exit 1; }
	@mkdir -p build
	$(BIN)/cmake -S . -B build/cuda -G Ninja -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN)/ninja) -DSYNTHKIT_CUDA=ON \
	  -DSYNTHKIT_WERROR=ON $(FIND_PYTHON) $(if $(CUDA_ARCHITECTURES),-DCMAKE_CUDA_ARCHITECTURES='$(CUDA_ARCHITECTURES)') \
	  > build/cuda.log 2>&1 || { cat build/cuda.log; exit 1; }
	$(BIN)/cmake --build build/cuda --target _cuda
	$(BIN)/python scripts/check-sass build/cuda
	$(BIN)/python scripts/place-module build/cuda

.PHONY: test-gpu
test-gpu: ## Build for the GPU that is here, check every kernel against the CPU, time them; writes benchmarks/results
	scripts/test-gpu

.PHONY: test-arm
test-arm: | $(DEV_STAMP) ## The C++ tests built for aarch64, through qemu: the same bits as here
	@$(HAS_ARM) || { echo "test-arm: first apt-get install g++-aarch64-linux-gnu qemu-user" >&2; exit 1; }
	@mkdir -p build
	$(BIN)/cmake -S . -B build/arm -G Ninja -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN)/ninja) \
	  -DCMAKE_TOOLCHAIN_FILE=$(abspath scripts/aarch64-linux-gnu.cmake) \
	  -DSYNTHKIT_TESTS=ON -DSYNTHKIT_PYTHON=OFF -DSYNTHKIT_WERROR=ON > build/arm.log 2>&1 || { cat build/arm.log; exit 1; }
	$(BIN)/cmake --build build/arm
	@# Emulated kernels in one order of their threads: other orders are tested on the machine itself, ten times as fast.
	$(BIN)/ctest --test-dir build/arm --output-on-failure -j $(JOBS) --exclude-regex '_(backward|mixed)$$'

.PHONY: sanitize
# The emulator's fibers are no threads: the race detector has nothing to say of them.
sanitize: | $(DEV_STAMP) ## The C++ tests under ASan + UBSan, then under TSan
	for kind in address,undefined thread; do \
	  $(BIN)/cmake -S . -B build/$${kind%%,*} -G Ninja -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN)/ninja) \
	    -DSYNTHKIT_TESTS=ON -DSYNTHKIT_PYTHON=OFF -DSYNTHKIT_SANITIZE=$$kind; \
	  $(BIN)/cmake --build build/$${kind%%,*}; \
	  without=; [ $$kind != thread ] || without='--exclude-regex test_cuda'; \
	  $(BIN)/ctest --test-dir build/$${kind%%,*} --output-on-failure $$without; \
	done

.PHONY: lint
lint: setup ## ruff, mypy --strict (which reads the types of torch and the other extras), clang-format, import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/clang-format --dry-run -Werror $$(find csrc -name '*.cpp' -o -name '*.h' -o -name '*.cu')
	$(BIN)/python -m pytest -q tests/test_layers.py

.PHONY: format
format: $(DEV_STAMP) ## Bring all code into form
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i $$(find csrc -name '*.cpp' -o -name '*.h' -o -name '*.cu')

.PHONY: bench
bench: setup ## Check answers, then time against baselines in the same run
	$(BIN)/python -m benchmarks

.PHONY: bench-smoke
bench-smoke: setup
	$(BIN)/python -m benchmarks --smoke

.PHONY: docs
docs: setup ## Run the notebook, build the site into build/docs; a warning is an error
	rm -rf build/docs
	$(BIN)/python docs/notebook.py
	$(BIN)/python -m sphinx -W --keep-going -q -j $(JOBS) -b html docs build/docs

# Tests that may take as long as they like.
LONG := $(BIN)/python -m pytest -q --timeout 0

.PHONY: soak
soak: setup ## Kill workers, schedulers and builds of Dask into S3 at random (20 minutes); nothing may be lost
	SYNTHKIT_SOAK_SECONDS=1200 $(LONG) -s tests/run/test_soak.py
	@# And all of what the tests look at in part: every label of ListOps, five times the questions.
	SYNTHKIT_SOAK_STRIDE=1 SYNTHKIT_SOAK_QUESTIONS=2000 $(LONG) tests/generators/test_listops.py tests/llm/test_asking.py

.PHONY: soak-disk
soak-disk: setup ## Kill a build on the disk at many random moments (20 minutes)
	SYNTHKIT_SOAK_KILLS=400 $(LONG) tests/run/test_kill.py

.PHONY: fuzz
fuzz: setup ## Score random input for ten minutes
	SYNTHKIT_FUZZ_METRICS=50000 $(LONG) tests/metrics/test_random_input.py

# Without kernels for GPUs, also where there is nvcc: they are larger than all the rest, and not for everybody.
.PHONY: dist
dist: | $(DEV_STAMP) ## Source distribution and, of it, the wheel, into dist/, and a look into both
	rm -rf dist build/wheel
	$(BIN)/python -m build --no-isolation -Ccmake.define.SYNTHKIT_CUDA=OFF -Cbuild-dir=$(abspath build/wheel)
	$(BIN)/python scripts/check-wheel dist/*.whl --map build/wheel/_core.map --sdist dist/*.tar.gz

.PHONY: clean
clean: ## Remove what was built; .venv stays
	rm -rf build dist demo docs/_generated .pytest_cache .mypy_cache .ruff_cache .hypothesis
