"""Importing the package loads NumPy and what speaks to its like, and no other array library."""

import json
import subprocess
import sys

SCRIPT = """
import json, sys
import numpy
before = set(sys.modules)
import dice
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def test_import_loads_numpy_and_no_other_array_library():
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert not result.stderr
    loaded = {name.partition(".")[0] for name in json.loads(result.stdout)}
    assert loaded - set(sys.stdlib_module_names) == {"dice", "array_api_compat"}


def test_numpy_calls_load_no_other_library():
    script = """
import sys
import dice
dice.dice_loss([0.5, 0.5], [1, 0])
dice.dice_score([1, 0], [1, 0])
dice.Overlap(1, 2, 2).dice()
for value in ("text", None, 1j, object()):
    try:
        dice.dice_score(value, [1])
    except TypeError:
        pass
others = "torch", "jax", "dask", "scipy"
print([name for name in others if name in sys.modules])
"""
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n" and not result.stderr
