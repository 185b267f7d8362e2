"""The chapter on training: its gradients, its data, its measures, and the record that it shows."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import dice
from dice import cross_entropy, overlap, sigmoid
from dice.course import training
from dice.course.study import Study
from dice.course.training import LOSSES, Split

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "benchmarks" / "results" / "training.jsonl"
STUDY = Study(RECORD)

random = np.random.default_rng(0)
FEATURES = random.normal(size=(2, 5, 4, 3))
TARGET = random.random((2, 5, 4)) < 0.3
WEIGHTS = {"false_positive_weight": 0.3, "false_negative_weight": 0.7}
VALUES = {
    "CE": cross_entropy,
    "weighted CE": lambda z, g: sum(cross_entropy(z, g, mask=part) for part in (g, ~g)) / 2,
    "Dice": lambda z, g: dice.dice_loss(sigmoid(z), g),
    "Dice per image": lambda z, g: dice.dice_loss(sigmoid(z), g, batch_axis=0),
    "Dice + CE": dice.dice_ce_loss,
    "Tversky": lambda z, g: dice.tversky_loss(sigmoid(z), g, **WEIGHTS),
    "focal Tversky": lambda z, g: dice.tversky_loss(sigmoid(z), g, gamma=0.75, **WEIGHTS),
    "generalized Dice": lambda z, g: dice.generalized_dice_loss(
        np.stack([sigmoid(-z), sigmoid(z)]), g.astype(int), class_axis=0
    ),
}

each_loss = pytest.mark.parametrize("loss", LOSSES)


@pytest.fixture(scope="module")
def small() -> Split:
    return training.disks(100, side=32, count=4)


def slopes_by_differences(value, x):
    """The derivative of a function with respect to each entry of an array."""
    found = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[index] = 1e-6
        found[index] = (value(x + step) - value(x - step)) / 2e-6
    return found


@each_loss
@pytest.mark.parametrize("target", [TARGET, ~TARGET, np.zeros_like(TARGET)], ids=str)
def test_gradients_are_those_of_the_package_s_losses(loss, target):
    if loss == "weighted CE" and not target.any():
        pytest.skip("half of it is then missing")
    z = random.normal(size=target.shape)
    expected = slopes_by_differences(lambda z: VALUES[loss](z, target), z)
    assert np.allclose(LOSSES[loss](z, target), expected, rtol=1e-5, atol=1e-9)


@each_loss
@pytest.mark.parametrize("activation", training.ACTIVATIONS)
def test_gradients_reach_the_weights(loss, activation):
    weights = {k: v.astype(float) for k, v in training.start(3, seed=1, hidden=4).items()}
    logits, hidden = training.forward(weights, FEATURES, activation)
    push = LOSSES[loss](logits, TARGET)
    for name, slope in training.backward(weights, FEATURES, hidden, push, activation).items():

        def value(moved, name=name):
            logits, _ = training.forward(weights | {name: moved}, FEATURES, activation)
            return VALUES[loss](logits, TARGET)

        expected = slopes_by_differences(value, weights[name])
        assert np.allclose(slope, expected, rtol=1e-4, atol=1e-8)


def test_a_mixture_adds_its_parts():
    z = random.normal(size=TARGET.shape)
    expected = 0.9 * LOSSES["Dice"](z, TARGET) + 0.1 * LOSSES["CE"](z, TARGET)
    assert np.allclose(training.mixed(0.9, 0.1)(z, TARGET), expected)


@pytest.mark.parametrize("radius", [2, 3, 6])
def test_a_larger_side_is_more_background_and_nothing_else(radius):
    images = {}
    for side in (32, 128):
        image, target = training.picture(
            np.random.default_rng(7), side=side, radius=radius, noise=0
        )
        assert target.sum() == pytest.approx(np.pi * radius**2, rel=0.15)
        middle = slice((side - 32) // 2, (side + 32) // 2)
        images[side] = image[middle, middle]
        assert image.sum() == images[side].sum() > 0
    assert np.array_equal(images[32], images[128])


def test_draws_share_no_picture_and_empty_ones_have_no_disk():
    first, again, other = (training.disks(draw, side=32, count=2) for draw in (0, 0, 1))
    assert np.array_equal(first.test.features, again.test.features)
    parts = [
        *first.training.target,
        *first.validation.target,
        *first.test.target,
        *other.test.target,
    ]
    assert len({part.tobytes() for part in parts}) == len(parts)
    holes = training.disks(0, side=32, count=4, empty=True)
    for part in (holes.training, holes.validation, holes.test):
        assert part.target.any(axis=(1, 2)).tolist() == len(part.target) // 2 * [True, False]
    features = first.training.features
    assert np.allclose(features.mean(axis=(0, 1, 2)), 0, atol=1e-3)
    assert np.allclose(features.std(axis=(0, 1, 2)), 1, atol=1e-3)


@each_loss
@pytest.mark.parametrize("activation", training.ACTIVATIONS)
def test_training_repeats_itself_and_learns(small, loss, activation):
    seen = []
    options = {"seed": 3, "rate": 0.03, "steps": 60, "activation": activation}
    weights = training.train(small.training, loss, watch=lambda k, _: seen.append(k), **options)
    again = training.train(small.training, LOSSES[loss], **options)
    assert seen == [*range(1, 61)]
    assert all(np.array_equal(weights[name], again[name]) for name in weights)
    p = sigmoid(training.forward(weights, small.validation.features, activation)[0])
    assert training.best_dice(p, small.validation.target)[0] > 0.5


def test_adam_is_that_of_its_authors(small):
    slopes, rate = LOSSES["CE"], 0.01
    weights = training.start(12, seed=0)
    first = second = 0.0
    for step in (1, 2, 3):  # with all pictures in each step, so that no order matters
        logits, hidden = training.forward(weights, small.training.features)
        push = slopes(logits, small.training.target)
        slope = training.backward(weights, small.training.features, hidden, push)
        first = {k: 0.1 * g + 0.9 * (first[k] if step > 1 else 0) for k, g in slope.items()}
        second = {
            k: 0.001 * g**2 + 0.999 * (second[k] if step > 1 else 0) for k, g in slope.items()
        }
        for k in weights:
            mean, square = first[k] / (1 - 0.9**step), second[k] / (1 - 0.999**step)
            weights[k] = weights[k] - rate * mean / (np.sqrt(square) + 1e-8)
    found = training.train(small.training, "CE", seed=0, rate=rate, steps=3, batch=4)
    assert all(np.allclose(found[k], weights[k], atol=1e-4) for k in weights)


def test_measures_by_hand():
    p, g = np.array([0.1, 0.4, 0.6, 0.9]), np.array([False, True, False, True])
    assert training.best_dice(p, g) == (0.8, 0.4)
    assert training.average_precision(p, g) == pytest.approx((1 + 2 / 3) / 2)
    found = training.reliability(p, g, bins=2)
    assert np.allclose(found["probability"], [0.25, 0.75])
    assert np.allclose(found["frequency"], [0.5, 0.5])
    assert found["pixels"].tolist() == [2, 2]
    assert np.isnan(training.reliability(p, g)["frequency"][2])


def test_equal_probabilities_are_taken_together():
    flat, g = np.full(4, 0.3), np.array([True, False, False, False])
    assert training.best_dice(flat, g) == (2 / 5, 0.3)
    assert training.average_precision(flat, g) == 1 / 4
    p, g = np.round(random.random(200), 1), random.random(200) < 0.2
    by_hand = {t: float(overlap(p >= t, g).dice()) for t in np.unique(p)}
    score, threshold = training.best_dice(p, g)
    assert score == max(by_hand.values()) == by_hand[threshold]


@pytest.mark.parametrize("share", [0.5, 0.01])
def test_the_last_bias_starts_at_the_share(share):
    weights = training.start(3, seed=0, share=share)
    logits, _ = training.forward(weights, np.zeros((4, 3)))
    assert sigmoid(logits) == pytest.approx(share, rel=1e-6)
    assert all(value.dtype == np.float32 for value in weights.values())


# The record


@pytest.fixture(scope="module")
def program():
    path = ROOT / "tools" / "records" / "train.py"
    spec = importlib.util.spec_from_file_location("train", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_record_is_of_this_code_and_whole(program):
    assert STUDY.about["program"] == program.program(), "make train"
    for name, value in (("rates", program.RATES), ("measures", program.MEASURES)):
        assert STUDY.about[name] == value
    lines = [json.loads(line) for line in RECORD.read_text("utf8").splitlines()[1:]]
    assert sorted((line["setting"], line["draw"]) for line in lines) == sorted(
        (setting, draw) for setting in program.SETTINGS for draw in range(program.DRAWS)
    )
    for line in lines:
        losses = program.MIX if line["setting"] == "mix" else LOSSES
        assert list(line["losses"]) == list(losses)
        shape = len(losses), len(program.RATES), len(program.MEASURES)
        assert np.shape(list(line["losses"].values())) == shape


def test_the_hash_sees_code_and_no_comment(program, tmp_path, monkeypatch):
    hashes, source = [program.program()], Path(training.__file__).read_text("utf8")
    for changed in ("# a comment\n" + source, source.replace("0.999 * second", "0.99 * second")):
        file = tmp_path / "training.py"
        file.write_text(changed, "utf8")
        monkeypatch.setattr(training, "__file__", str(file))
        hashes.append(program.program())
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize(("setting", "loss"), [("base", "Dice"), ("relu from share", "CE")])
def test_a_recorded_run_can_be_repeated(program, setting, loss):
    what, rate = program.SETTINGS[setting], 0.01
    split = training.disks(0, **what.get("data", {}))
    options = what.get("train", {}) | ({"share": split.training.share} if "share" in what else {})
    found = program.trained(split, LOSSES[loss], 0, rate, options)
    for name in ("validation", "dice", "precision", "precision after 100"):
        recorded = STUDY.all_rates(setting, name)[loss][0, program.RATES.index(rate)]
        assert found[program.MEASURES.index(name)] == pytest.approx(recorded, abs=0.03)


def test_a_training_started_again_goes_on(program, tmp_path, monkeypatch):
    calls = []

    def quick(setting, draw):
        calls.append((setting, draw))
        return {"setting": setting, "draw": draw, "losses": {}}

    class Here:
        """A pool that runs what it is given at once."""

        def __enter__(self):
            return self

        def __exit__(self, *what):
            pass

        def submit(self, what, *arguments):
            from concurrent.futures import Future

            future = Future()
            future.set_result(what(*arguments))
            return future

    record = tmp_path / "training.jsonl"
    monkeypatch.setattr(program, "RECORD", record)
    monkeypatch.setattr(program, "task", quick)
    monkeypatch.setattr(program, "ProcessPoolExecutor", Here)
    program.main()
    whole = record.read_text("utf8").splitlines()
    assert len(calls) == len(whole) - 1 == len(program.SETTINGS) * program.DRAWS
    record.write_text("\n".join(whole[:6]) + "\n", "utf8")
    calls.clear()
    program.main()
    assert len(calls) == len(whole) - 6
    assert sorted(record.read_text("utf8").splitlines()) == sorted(whole)
    record.write_text(
        "\n".join([whole[0].replace('"program": "', '"program": "0'), *whole[1:]]), "utf8"
    )
    calls.clear()
    program.main()
    assert len(calls) == len(whole) - 1


def test_the_study_takes_the_rate_that_validates_best(tmp_path):
    about = {"rates": [0.1, 0.2], "measures": ["validation", "dice"]}
    lines = [
        {"setting": "s", "draw": k, "losses": {"CE": [[0.1, 0.9], [0.5, value]]}}
        for k, value in ((1, 0.3), (0, None))
    ]
    path = tmp_path / "record.jsonl"
    path.write_text("\n".join(map(json.dumps, [about, *lines])), "utf8")
    study = Study(path)
    assert study.rate("s") == {"CE": 1}
    assert np.array_equal(study.at_best_rate("s", "dice")["CE"], [np.nan, 0.3], equal_nan=True)
    assert study.all_rates("s", "dice")["CE"].shape == (2, 2)


def test_double_precision_differs_by_less_than_is_printed(small):
    double = replace(small.training, features=small.training.features.astype(float))
    weights = training.train(double, "Dice", seed=0, rate=0.01, steps=3)
    assert all(value.dtype == np.float64 for value in weights.values())


def test_the_second_record_is_of_this_code_on_other_draws(program):
    path = RECORD.with_name("training_again.jsonl")
    again = Study(path)
    assert again.about["program"] == program.program(), "python tools/records/again.py"
    for setting, what in again.about["settings"].items():
        found = again.all_rates(setting, "dice")
        assert list(found) == ["CE", "Dice"]
        assert {values.shape for values in found.values()} == {(what["draws"], len(again.rates))}
    lines = [json.loads(line) for line in path.read_text("utf8").splitlines()[1:]]
    assert min(line["draw"] for line in lines) >= program.DRAWS
