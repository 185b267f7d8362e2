# Every target makes what it needs: the environment .venv from the locked versions, then the rest.
# Another Python, a second environment: make unit PYTHON=python3.12 VENV=.venv-3.12

VENV   ?= .venv
BIN     = $(VENV)/bin
READY   = $(VENV)/installed
BOOK    = _build/html/index.html
LIVE    = _build/live/sizes.json
PDF     = _build/dice-from-pixels-to-loss.pdf
SOURCES = _config.yml _toc.yml $(shell find book/ notebooks/ dice/ benchmarks/results/ ! -path '*/.*' ! -path '*__pycache__*' 2>/dev/null)
PYTEST  = $(BIN)/pytest -n logical --maxprocesses 4
PEERS  ?= .venv-peers
SKIP    = skip-execution
CORE    = dice/*.py dice/engine/*.py $(patsubst %,tests/package/test_%.py,array_libraries tversky_and_gradients import bad_input hints overlap scores_and_losses)
PORT   ?= 8000
OWN    ?= practice/my_dice
GIB    ?= 8
NEWEST  = 3.14
comma  := ,

unexport PYTHONPATH PYTHONHOME  # never another checkout's packages
unexport PYTHONDONTWRITEBYTECODE  # or pytest compiles every test anew, in each of its processes
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help book live test lint format unit notebooks outputs optional pages nu lighthouse lab practice practice-test serve pdf dist lock faults address floor peers mutants size train train-unet bench cuda scale clean

help:  ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | while IFS='	' read -r name does; do printf '  %-13s %s\n' "$$name" "$$does"; done

book: $(BOOK)  ## Build the book, and say where to open it
	@echo "The book is ready. Open file://$(CURDIR)/$(BOOK)"

live: $(LIVE) $(BOOK)  ## Build the book with cells that run in the page (needs npm; fetches 90 MB once)
	@echo "The cells of the book run in the page. Open file://$(CURDIR)/$(BOOK)"

test: lint unit notebooks pages  ## Check the course: the targets lint, unit, notebooks and pages (every page and slow test: make test ALL=1)

lint: $(READY)  ## Check style, types and spelling
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/codespell

format: $(READY)  ## Put the code, notebooks included, into the common style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

unit: $(READY)  ## Test the package and the form of the notebooks (slow tests too: make unit ALL=1)
	$(PYTEST) -m "not book$(if $(ALL),, and not beyond)"

notebooks: $(READY)  ## Run every notebook and compare each output with the stored one
	$(PYTEST) --dist loadfile --nbval notebooks

outputs: $(READY)  ## Run every notebook and store its outputs anew
	$(BIN)/python tools/hosted.py
	$(BIN)/python -m nbconvert --to notebook --execute --inplace --log-level WARN notebooks/*.ipynb \
	  --ExecutePreprocessor.record_timing=False \
	  --ExecutePreprocessor.skip_cells_with_tag=$(SKIP) \
	  --Exporter.preprocessors=nbconvert.preprocessors.CoalesceStreamsPreprocessor \
	  --Exporter.preprocessors=tools.numbered.numbered \
	  --ClearMetadataPreprocessor.enabled=True \
	  --ClearMetadataPreprocessor.clear_cell_metadata=False \
	  --ClearMetadataPreprocessor.preserve_nb_metadata_mask="{'kernelspec', ('language_info', 'name')}"
	$(BIN)/python tools/outputs.py --store

optional:  ## Run the optional cells too, in the environment of make peers, and store all outputs anew
	@$(MAKE) --no-print-directory $(PEERS)/compared VENV=$(PEERS)
	@$(MAKE) --no-print-directory outputs VENV=$(PEERS) SKIP=

pages: $(BOOK)  ## Build the book, and check its pages, in a browser five that stand for all (every page: make pages ALL=1)
	$(PYTEST) -m "book$(if $(ALL),, and not beyond)"
	@cat $(dir $(LIVE))told/*.txt 2>/dev/null || true

nu: $(BOOK)  ## Check the form of the pages with the Nu HTML checker (needs Java and Node.js)
	npx --yes vnu-jar@26.9.27 --errors-only --skip-non-html _build/html

lighthouse: $(BOOK)  ## Print what Lighthouse says of every page, 5 minutes (needs Node.js and Chromium)
	$(BIN)/python tools/lighthouse.py

lab: $(READY)  ## Open the notebooks in JupyterLab
	$(BIN)/jupyter-lab --notebook-dir=notebooks

.PHONY: practice practice-test
practice: $(READY)  ## Open Build it yourself without its solutions in JupyterLab, from the folder practice/
	@$(BIN)/python tools/make_practice.py
	$(BIN)/jupyter-lab --notebook-dir=. practice/build_it_yourself.ipynb

practice-test: $(READY)  ## Run our tests on the package that you built (another folder: make practice-test OWN=folder)
	$(BIN)/python -m pytest tests/package --practice $(OWN)

serve: $(BOOK)  ## Serve the book on this machine (another port: make serve PORT=9000)
	$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

pdf: $(PDF)  ## Make one PDF of the whole book (wants Chromium; a minute or two)
	@echo "The PDF is ready: $(PDF)"

dist: $(LIVE) $(PDF)  ## Make one zip of the whole course, to read and run without network
	@$(BIN)/python tools/dist.py

lock: | $(BIN)/python  ## Renew constraints.txt: the newest versions that fit, for Python 3.11 to 3.14
	$(BIN)/python -m pip install --quiet uv
	sed '/^-/d' requirements.txt | $(BIN)/uv pip compile - pyproject.toml --extra course --extra dev \
	  --universal --python-version 3.11 --fork-strategy fewest --upgrade --no-annotate \
	  --quiet --custom-compile-command "make lock" --output-file constraints.txt

faults: $(READY)  ## Plant faults in a copy, and show that the tests catch each (some: make faults ONLY=link)
	$(BIN)/python tools/plant_faults.py "$(ONLY)"

address: $(READY)  ## Build a copy of the book as if it were published, and check its pages
	$(BIN)/python tools/with_address.py

floor:  ## Run the unit tests on the oldest NumPy and Matplotlib that the package allows (Python 3.11 or 3.12)
	@$(MAKE) unit VENV=.venv-floor NEWEST=3.12 OLDEST="numpy==2.0.* matplotlib==3.8.* pyparsing==3.1.*"

peers:  ## Compare with other libraries; test PyTorch, JAX, Dask, and that every branch is run (PyTorch is large)
	@$(MAKE) --no-print-directory $(PEERS)/compared VENV=$(PEERS)
	$(PEERS)/bin/pytest tests/peers
	$(PEERS)/bin/coverage run -m pytest $(CORE)  # another process: optax is compared with 64 bits on
	$(PEERS)/bin/coverage report --show-missing --fail-under=100
	$(PEERS)/bin/pytest tests/notebooks/test_optional_cells.py

mutants:  ## Change the core, one thing at a time, and see that a test notices (an hour; with the peers' packages)
	@$(MAKE) --no-print-directory $(PEERS)/compared VENV=$(PEERS)
	$(PEERS)/bin/python tools/mutants.py

size: $(READY)  ## Count the lines of code, of the package by file and of all by folder
	$(BIN)/python tools/size.py

bench:  ## Measure speed and memory beside other libraries, 10 minutes (a first look: make bench QUICK=1)
	@$(MAKE) --no-print-directory $(PEERS)/compared VENV=$(PEERS)
	$(PEERS)/bin/python -m pip install --quiet -c constraints.txt numba matplotlib
	$(PEERS)/bin/python benchmarks/speed.py $(if $(QUICK),--quick)
	@$(MAKE) --no-print-directory live
	$(BIN)/python benchmarks/in_the_page.py

cuda:  ## Measure the losses on a graphics card, and run PyTorch's and JAX's tests there (needs one)
	@$(MAKE) --no-print-directory $(PEERS)/compared VENV=$(PEERS)
	$(PEERS)/bin/python -m pip install --quiet -c constraints.txt matplotlib
	$(PEERS)/bin/python benchmarks/training.py --cuda
	XLA_PYTHON_CLIENT_PREALLOCATE=false $(PEERS)/bin/pytest tests/package/test_array_libraries.py

train: $(READY)  ## Train the models of the chapter on training, where the record stops, and record what they score (half an hour or more)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tools/records/train.py
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tools/records/again.py

train-unet:  ## Train the U-Net of the chapter on training, on real pictures, where its record stops (half an hour or more; with the peers' packages)
	@$(MAKE) --no-print-directory $(PEERS)/compared VENV=$(PEERS)
	OPENBLAS_NUM_THREADS=1 $(PEERS)/bin/python tools/records/train_unet.py

scale: $(READY)  ## Score volumes larger than memory, and record it for the chapter on scale (another size: GIB=1)
	MALLOC_TRIM_THRESHOLD_=65536 $(BIN)/python tools/records/scale.py --gib $(GIB)  # gives back free memory, as Dask's workers do

clean:  ## Remove all that make has made
	rm -rf .venv* _build build *.egg-info .coverage .*_cache .hypothesis

# What the targets are made of

# The time of the commit, so that the same commit makes the same files.
$(BOOK) $(PDF): export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || date +%s)

$(BIN)/python:
	@without=; for python in $(if $(PYTHON),"$(PYTHON)",python3 python3.14 python3.13 python3.12 python3.11); do \
	  "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= ($(subst .,$(comma),$(NEWEST))))' 2>/dev/null || continue; \
	  "$$python" -c 'import ensurepip, venv' 2>/dev/null && exec "$$python" -m venv $(VENV); \
	  without="$$python has no venv module (Debian, Ubuntu: apt install python3-venv). "; \
	done; \
	echo "$${without}Needed: Python 3.11 to $(NEWEST) with its venv module; name one with PYTHON=/path/to/python (the README has a way without admin rights)" >&2; exit 1

$(READY): requirements.txt constraints.txt pyproject.toml | $(BIN)/python
	@echo "Installing the locked versions into $(VENV) (the first time takes some minutes)"
	$(BIN)/python -m pip install --quiet -r requirements.txt -e ".[course,dev]"
	$(if $(OLDEST),$(BIN)/python -m pip install --quiet $(OLDEST))
	@mkdir -p $(VENV)/etc/ipython  # spares a warning at each start of a kernel
	@echo "c.IPKernelApp.log_level = 'ERROR'" > $(VENV)/etc/ipython/ipython_kernel_config.py
	@touch $@

$(PEERS)/compared: $(wildcard tests/peers/*.txt) constraints.txt pyproject.toml | $(BIN)/python
	@echo "Installing PyTorch and the libraries to compare with into $(PEERS) (this takes some minutes)"
	$(BIN)/python -m pip install --quiet -c constraints.txt -c tests/peers/constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --quiet --no-deps -r tests/peers/constraints.txt -r tests/peers/alone.txt -e .
	@touch $@

# Always from scratch: a partial build would leave stale sidebars, and forget its warnings.
# Once made, the book has them; to make them, name the target.
$(BOOK): $(READY) $(SOURCES) $(if $(filter live dist,$(MAKECMDGOALS)),$(LIVE),$(wildcard $(LIVE)))
	@$(BIN)/python tools/outputs.py
	@rm -rf _build/html _build/.doctrees
	$(BIN)/jupyter-book build . -q -W -n --keep-going >/dev/null

$(LIVE): tools/live.py tools/live/compile.mjs | $(READY)
	@$(BIN)/python tools/live.py

$(PDF): $(BOOK) tools/print.py tools/print.css
	@$(BIN)/python tools/print.py
