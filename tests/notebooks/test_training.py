"""The chapter on training: its gradients, its data, and the record that the chapter shows."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from dice import cross_entropy, dice_ce_loss, dice_loss, overlap, sigmoid
from dice.course import figures, training
from dice.course.training import LOSSES, Split

ROOT = Path(__file__).parents[2]
RECORD = json.loads((ROOT / "benchmarks" / "results" / "training.json").read_text("utf8"))
EVERYWHERE = np.ones((3, 3))  # neighbors at the corners too

random = np.random.default_rng(0)
FEATURES = random.normal(size=(2, 5, 4, 3))
TARGET = random.random((2, 5, 4)) < 0.3

each_loss = pytest.mark.parametrize("loss", LOSSES)
STUDIES = {
    **{task: entry["losses"] for task, entry in RECORD["tasks"].items()},
    **{f"{task}, from its share": losses for task, losses in RECORD["from_share"].items()},
}


@pytest.fixture(scope="module")
def small() -> Split:
    return training.disks(0.05, side=32, count=4)


def test_the_losses_are_those_of_the_package():
    z = random.normal(size=TARGET.shape)
    p = sigmoid(z)
    nats = np.log1p(np.exp(-z)) * TARGET + np.log1p(np.exp(z)) * ~TARGET
    balanced = 0.5 * nats[TARGET].mean() + 0.5 * nats[~TARGET].mean()
    expected = {
        "CE": cross_entropy(z, TARGET),
        "weighted CE": balanced,
        "Dice": dice_loss(p, TARGET),
        "Dice + CE": dice_ce_loss(z, TARGET),
    }
    for loss, slope_of in LOSSES.items():
        assert slope_of(z, TARGET)[0] == pytest.approx(expected[loss], rel=1e-12)


@each_loss
@pytest.mark.parametrize("name", ["W1", "b1", "W2", "b2"])
@pytest.mark.parametrize("activation", training.ACTIVATIONS)
def test_gradients_agree_with_differences(loss, name, activation):
    weights = {k: v.astype(float) for k, v in training.start(3, seed=1, hidden=4).items()}

    def value(moved):
        logits, _ = training.forward(weights | {name: moved}, FEATURES, activation)
        return LOSSES[loss](logits, TARGET)[0]

    logits, hidden = training.forward(weights, FEATURES, activation)
    push = LOSSES[loss](logits, TARGET)[1]
    gradient = training.backward(weights, FEATURES, hidden, push, activation)[name]
    for index in np.ndindex(weights[name].shape):
        step = np.zeros_like(weights[name])
        step[index] = 1e-6
        slope = (value(weights[name] + step) - value(weights[name] - step)) / 2e-6
        assert gradient[index] == pytest.approx(slope, rel=1e-4, abs=1e-8)


@each_loss
def test_a_batch_without_foreground_gives_numbers(loss):
    value, push = LOSSES[loss](np.zeros((3, 4)), np.zeros((3, 4), bool))
    assert np.isfinite(value) and np.isfinite(push).all()


@pytest.mark.parametrize("size", [0.2, 0.01, 0.001])
def test_the_disk_has_the_size_asked_for(size):
    split = training.disks(size, count=4)
    for part in (split.training, split.validation, split.test):
        assert part.share == pytest.approx(size, rel=0.2)
        assert part.target.any(axis=(1, 2)).all()
    features = split.training.features
    assert np.allclose(features.mean(axis=(0, 1, 2)), 0, atol=1e-3)
    assert np.allclose(features.std(axis=(0, 1, 2)), 1, atol=1e-3)


def test_references_of_the_photographs():
    pieces = {}
    for name in training.PHOTOGRAPHS:
        image, reference = training.photograph(name)
        assert image.shape == reference.shape and 0 <= image.min() < image.max() <= 1
        pieces[name] = ndimage.label(reference, EVERYWHERE)[1]
    assert pieces["coins"] == 24
    assert pieces["microaneurysms"] == 2
    with pytest.raises(ValueError, match="coins"):
        training.photograph("cat")


@pytest.mark.parametrize("name", training.PHOTOGRAPHS)
def test_test_pixels_are_in_no_other_part(name):
    reference = training.photograph(name)[1]
    split = training.photograph_split(name)
    rows = split.training.target.shape[1] + split.test.target.shape[1]
    if name != "microaneurysms":  # there the training part serves twice
        rows += split.validation.target.shape[1]
    assert rows == len(reference)
    assert split.test.target.any() and split.training.target.any()


@each_loss
@pytest.mark.parametrize("activation", training.ACTIVATIONS)
def test_training_repeats_itself_and_learns(small, loss, activation):
    options = {"seed": 3, "rate": 0.03, "steps": 60, "every": 30, "activation": activation}
    runs = [training.train(small, loss, **options) for _ in range(2)]
    assert runs[0].steps == [0, 30, 60]
    assert runs[0].scores == runs[1].scores
    assert runs[0].scores[-1] > 0.5


def test_all_losses_start_alike(small):
    first = {training.train(small, loss, seed=0, rate=0.01, steps=1).scores[0] for loss in LOSSES}
    assert len(first) == 1
    assert not np.array_equal(training.start(20, 0)["W1"], training.start(20, 1)["W1"])


def test_scores_by_threshold_and_reliability_by_hand():
    p, g = np.array([0.1, 0.4, 0.6, 0.9]), np.array([False, True, False, True])
    scores = training.scores_by_threshold(p, g, [0.0, 0.5, 0.95])
    assert np.allclose(scores, [2 * 2 / 6, 2 * 1 / 4, 0])
    found = training.reliability(p, g, bins=2)
    assert np.allclose(found["probability"], [0.25, 0.75])
    assert np.allclose(found["frequency"], [0.5, 0.5])
    assert found["pixels"].tolist() == [2, 2]
    assert np.isnan(training.reliability(p, g)["frequency"][2])


@pytest.mark.parametrize("share", [0.5, 0.01])
def test_the_last_bias_starts_at_the_share(share):
    weights = training.start(3, seed=0, share=share)
    logits, _ = training.forward(weights, np.zeros((4, 3)))
    assert sigmoid(logits) == pytest.approx(share, rel=1e-6)
    assert all(value.dtype == np.float32 for value in weights.values())


def test_figure_of_bands_is_the_same_every_time():
    lines = {"CE": ([1, 2], [[0, 1], [0.5, 1]]), "Dice": ([1, 2], [[1, 1]])}
    first, again = (
        figures.bands(lines, xlabel="x", ylabel="y", diagonal=flag).svg for flag in (True, True)
    )
    assert first == again and "Dice" in first


# The record


def settings_of_the_program():
    path = ROOT / "tools" / "records" / "train.py"
    spec = importlib.util.spec_from_file_location("train", path)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    return program


def test_the_record_is_of_this_program():
    program, settings = settings_of_the_program(), RECORD["settings"]
    assert list(program.TASKS) == list(RECORD["tasks"])
    assert settings["seeds"] == program.SEEDS and len(program.SEEDS) >= 5
    assert settings["rates"] == program.RATES
    assert settings["thresholds"] == program.THRESHOLDS
    assert settings["steps"] == program.STEPS


@pytest.mark.parametrize("study", STUDIES)
@each_loss
def test_the_record_is_whole(study, loss):
    entry, settings = STUDIES[study][loss], RECORD["settings"]
    by_rate = entry["validation_dice_by_rate"]
    assert by_rate[str(entry["rate"])] == max(by_rate.values())
    assert [float(rate) for rate in by_rate] == settings["rates"]
    half = settings["thresholds"].index(0.5)
    starts = len(settings["seeds"])
    assert [scores[half] for scores in entry["dice_by_threshold"]] == entry["dice_at_half"]
    for k, threshold in enumerate(entry["best_threshold"]):
        where = settings["thresholds"].index(threshold)
        assert entry["dice_by_threshold"][k][where] == entry["dice_at_best"][k]
    shape = np.shape(entry["curves"])
    assert shape == (starts, len(settings["scored_after"]))
    assert len(entry["volume_ratio"]) == starts


def test_a_recorded_run_can_be_repeated():
    entry = RECORD["tasks"]["vessels"]["losses"]["Dice"]
    split = training.photograph_split("vessels")
    settings = RECORD["settings"]
    run = training.train(split, "Dice", seed=0, rate=entry["rate"], steps=settings["steps"])
    logits, _ = training.forward(run.parameters, split.test.features)
    score = overlap(logits >= 0, split.test.target).dice(empty=0)
    assert score == pytest.approx(entry["dice_at_half"][0], abs=0.02)  # rounding grows


def test_recorded_weights_score_as_recorded():
    split = training.photograph_split("vessels")
    for entry in RECORD["tasks"]["vessels"]["losses"].values():
        weights = {name: np.array(value) for name, value in entry["weights"].items()}
        logits, _ = training.forward(weights, split.test.features)
        score = overlap(logits >= 0, split.test.target).dice()
        assert score == pytest.approx(entry["dice_at_half"][0], abs=2e-3)
