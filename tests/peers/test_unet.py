"""The cells of the chapter on training that readers copy train a network, and made the record.

Every check of training is shown to fail where it should: with a shuffled target, and with an
ignored label that counts.
"""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dice import dice_score

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location(
    "train_unet", ROOT / "tools" / "records" / "train_unet.py"
)
program: Any = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(program)
STEPS = 40


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return program.chapter()


def crops(made: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Two crops; their class map, in which most pixels are ignored; and the whole truth."""
    side, void = made["SIDE"], made["VOID"]
    places = [np.s_[i : i + side, j : j + side] for i, j in ((260, 100), (300, 20))]
    pictures = [made["tensors"](made["photo"][part], made["labels"][part]) for part in places]
    x, truth = (torch.stack(part) for part in zip(*pictures, strict=True))
    ignored = torch.rand(truth.shape, generator=torch.Generator().manual_seed(0)) < 0.7
    return x, torch.where(ignored, void, truth), truth


def trained(made: dict[str, Any], loss: str, x: Any, y: Any, truth: Any) -> float:
    """The Dice, on the whole truth, of a network that saw these two crops alone."""
    torch.manual_seed(0)
    net = made["unet"](1, made["CLASSES"])
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(STEPS):
        made["step"](net, optimizer, made["SUMMED"][loss], x, y)
    z, flat = made["predict"](net, list(zip(x, truth, strict=True)))
    return float(dice_score(made["mark"](z.softmax(1), 0.5), flat, **made["scored"]))


@pytest.mark.parametrize("loss", program.LOSSES)
def test_two_crops_are_learned_with_ignored_pixels_among_them(made, loss) -> None:
    """Seven pixels of ten are ignored, and found all the same: their label taught nothing."""
    x, y, truth = crops(made)
    assert 0.69 < (y == made["VOID"]).float().mean() < 0.71
    assert trained(made, loss, x, y, truth) > 0.9


def test_a_shuffled_target_is_not_learned(made) -> None:
    x, _, truth = crops(made)
    shuffled = truth.flatten()[torch.randperm(truth.numel())].reshape(truth.shape)
    assert trained(made, "Dice + CE", x, shuffled, shuffled) < 0.5


def test_an_ignored_label_that_counts_is_refused_or_teaches_its_class(made) -> None:
    """Without ignore_index the losses stop; as background, the nuclei are lost."""
    x, y, truth = crops(made)
    made["counts"].pop("ignore_index")
    try:
        for loss in program.LOSSES:
            with pytest.raises(ValueError, match="255"):
                trained(made, loss, x, y, truth)
    finally:
        made["counts"]["ignore_index"] = made["VOID"]
    assert trained(made, "Dice + CE", x, torch.where(y == made["VOID"], 0, y), truth) < 0.5


def test_three_classes_and_pictures_of_other_sizes_change_one_number(made) -> None:
    made = program.chapter.__wrapped__()
    made["CLASSES"] = made["scored"]["num_classes"] = 3
    large = np.flatnonzero(np.bincount(made["ids"].ravel()) > 450)
    labels = made["labels"] + (np.isin(made["ids"], large[large > 0]) & (made["labels"] == 1))
    sizes = [np.s_[:100, :150], np.s_[100:300, 100:233]]
    pictures = [made["tensors"](made["photo"][part], labels[part]) for part in sizes]
    assert [x.shape[1:] for x, _ in pictures] == [(128, 152), (200, 136)]
    torch.manual_seed(0)
    net = made["unet"](1, 3)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    loop = net, optimizer, made["SUMMED"]["Dice + CE"], pictures, pictures, 2
    history = made["fit"](*loop, np.random.default_rng(0))
    assert history[-1]["loss"] < history[0]["loss"]
    z, _ = made["predict"](net, pictures)
    assert set(made["mark"](z.softmax(1), 0.5).unique().tolist()) == {0, 1, 2}


def test_no_threshold_is_best_without_an_object_and_with_one_more_picture_it_is(made) -> None:
    p = torch.tensor([[[0.9, 0.6], [0.1, 0.4]]])
    for nothing in ([0, 0], [0, made["VOID"]]):
        y = torch.tensor([nothing])
        with pytest.raises(ValueError, match="y has no object: add a picture that has one"):
            made["best_threshold"](p, y)
        more = torch.cat([p, p], 2), torch.cat([y, torch.tensor([[0, 1]])], 1)
        assert made["best_threshold"](*more)[0] > 0


# The record


def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in program.RECORD.read_text("utf8").splitlines()]


def test_the_record_is_of_these_cells_and_whole() -> None:
    about, *found = lines()
    assert about["program"] == program.program(), "make train-unet"
    assert {**about, "versions": 0} == {**program.about(), "versions": 0}
    assert about["weights"] <= 300_000
    names = "pictures", "test", "loss", "rate", "seed"
    assert sorted(tuple(line[name] for name in names) for line in found) == sorted(program.ahead())
    assert {len(line["values"]) for line in found} == {len(program.MEASURES)}
    assert {len(curve) for line in found for curve in line["curves"]} == {program.ROUNDS}


def test_a_recorded_training_begins_as_it_did(monkeypatch) -> None:
    monkeypatch.setattr(program, "ROUNDS", 1)
    which = {"pictures": "nuclei", "test": 0, "loss": "Dice", "rate": 0.003, "seed": 0}
    stored = next(line for line in lines()[1:] if which.items() <= line.items())
    again = program.task(*which.values())
    assert [c[0] for c in again["curves"]] == pytest.approx(
        [c[0] for c in stored["curves"]], abs=0.02
    )


def test_the_lungs_are_as_the_readme_says() -> None:
    stored = np.load(program.FILES[1])
    for k, shape, voxels, slices in ((1, (7, 192, 192), 837, 3), (2, (15, 192, 192), 24644, 11)):
        image, mask = stored[f"image{k}"], stored[f"mask{k}"]
        assert (image.dtype, image.shape, mask.dtype, mask.shape) == (np.uint8, shape, bool, shape)
        assert (mask.sum(), mask.any(axis=(1, 2)).sum()) == (voxels, slices)
        assert image[mask].mean() > image[~mask].mean()
