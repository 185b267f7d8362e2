"""The package has a readable floor and an engine behind one door, and both stay small."""

import ast
import inspect
import subprocess
import sys
from typing import get_type_hints

import pytest
from size import ENGINE, FLOORS, READABLE, code_lines, functions

import dice
from dice import options
from dice.engine import arrange, checks

PUBLIC = sorted(name for name in vars(dice) if name[0] != "_" and callable(getattr(dice, name)))
LIBRARIES = {"numpy", "torch", "jax", "dask", "array_api_compat", "sys"}
OF_A_LIBRARY = ("dtype", "float16", "float32", "float64", "int32", "int64", "uint8", "is_numpy")
DOOR = {"dice.engine", "dice.engine.arrays"}


def lines_of(paths):
    return sum(len(code_lines(path.read_text("utf8"))) for path in paths)


def test_both_floors_are_small():
    assert lines_of(READABLE) <= 500
    assert lines_of(READABLE) + lines_of(ENGINE) <= 1150


@pytest.mark.parametrize(("floor", "most"), [("readable", 25), ("engine", 45)])
def test_functions_fit_on_a_screen(floor, most):
    for path in FLOORS[floor]:
        for name, lines in functions(path.read_text("utf8")).items():
            assert lines <= most, f"{path.name}: {name}"


def names_in(tree):
    """What a module imports, and the names and attributes that it uses."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Name):
            yield node.id


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.name)
def test_no_array_library_above_the_door(path):
    names = set(names_in(ast.parse(path.read_text("utf8"))))
    assert not names & {*LIBRARIES, *OF_A_LIBRARY}
    assert {name for name in names if name.startswith("dice.engine")} <= DOOR


@pytest.mark.parametrize("path", ENGINE, ids=lambda path: path.name)
def test_no_formula_below_the_door(path):
    """The engine knows the options and nothing else that is above it."""
    names = set(names_in(ast.parse(path.read_text("utf8"))))
    above = {f"dice.{path.stem}" for path in READABLE} - {"dice.options"}
    assert not names & {*above, "dice"}


def test_importing_the_engine_alone_works():
    script = "import dice.engine.checks, dice; print(dice.dice_score([1], [1]))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "1.0\n" and not done.stderr


# Options


def test_options_are_those_that_are_read():
    """Each option of a TypedDict is one of the function that takes it in the end."""
    ends = {
        options.Reading: {"score", "fraction"},
        options.Form: {"sum_form"},
    }
    for kind, names in ends.items():
        taken = {}
        for name in names:
            function = getattr(dice.Overlap, name, None) or getattr(
                sys.modules["dice.overlap"], name
            )
            taken |= inspect.signature(function).parameters
        assert set(kind.__annotations__) <= set(taken)
    source = inspect.getsource(arrange) + inspect.getsource(checks.axes)
    assert all(f'get("{name}"' in source for name in options.MapCounting.__annotations__)


FUNCTIONS = {
    name: get_type_hints(getattr(dice, name)).get("options")
    for name in PUBLIC
    if inspect.isfunction(getattr(dice, name))
    and "options" in inspect.signature(getattr(dice, name)).parameters
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_unknown_option_is_refused_with_those_that_exist(name):
    (known,) = FUNCTIONS[name].__args__
    with pytest.raises(TypeError, match="unexpected keyword argument 'epsilon'") as caught:
        getattr(dice, name)([0.5], [1], class_axis=0, epsilon=1, **_needed(name))
    listed = str(caught.value).rpartition("one of ")[2].split(", ")
    assert set(listed) == set(known.__annotations__)


@pytest.mark.parametrize("score", ["dice", "iou", "tversky"])
def test_an_unknown_option_of_a_reading_is_refused_so_too(score):
    errors = {"false_positive_weight": 0.5, "false_negative_weight": 0.5}
    with pytest.raises(TypeError, match=r"'epsilon': .* eps_numerator, eps_denominator"):
        getattr(dice.Overlap(1, 2, 2), score)(epsilon=1, **(errors if score == "tversky" else {}))


def _needed(name):
    errors = {"false_positive_weight": 0.5, "false_negative_weight": 0.5}
    return errors if name == "tversky_loss" else {}
