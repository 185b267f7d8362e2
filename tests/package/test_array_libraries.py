"""The same answers from PyTorch, JAX, Dask and the array API standard, of the same kind."""

import gc
import json
import subprocess
import sys
import weakref
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import cycle, product

import numpy as np
import pytest

import dice
from dice import Overlap
from dice.engine import arrays, counts, pieces

RNG = np.random.default_rng(3)
LIBRARIES = ("torch", "jax", "dask.array", "array_api_strict")
LABELS, OTHER = RNG.integers(0, 3, (2, 2, 4, 5))  # samples, rows, columns
MASKS, OTHERS = RNG.integers(0, 2, (2, 2, 3, 4, 5))  # samples, classes, rows, columns
SOFT, SOFT_TARGET = RNG.uniform(0.1, 0.9, (2, 2, 3, 4, 5))
LOGITS = RNG.normal(size=(2, 3, 4, 5))
KEPT = RNG.random((2, 4, 5)) < 0.7
IGNORED = np.where(KEPT, LABELS, 255)
TVERSKY = {"false_positive_weight": 0.3, "false_negative_weight": 0.7}
PER_CLASS = {"class_axis": 1}
EACH = PER_CLASS | {"batch_axis": 0}

# name: function, prediction, target, options
HARD = {
    "masks": (dice.dice_score, MASKS, OTHERS, PER_CLASS),
    "masks, bool": (dice.dice_score, MASKS > 0, OTHERS > 0, EACH | {"average": None}),
    "one mask": (dice.iou_score, MASKS, OTHERS, {}),
    "maps": (dice.dice_score, LABELS, OTHER, {"num_classes": 3, "average": None}),
    "maps, samples": (dice.dice_score, LABELS, OTHER, {"num_classes": 3, "batch_axis": 0}),
    "maps, ignored": (dice.iou_score, LABELS, IGNORED, {"num_classes": 3, "ignore_index": 255}),
    "maps, weights": (dice.dice_score, LABELS, OTHER, {"num_classes": 3, "weights": [1, 2, 3]}),
    "maps, weighted": (dice.dice_score, LABELS, OTHER, {"num_classes": 4, "average": "weighted"}),
    "maps, foreground": (
        dice.dice_score,
        LABELS,
        OTHER,
        {"num_classes": 3, "average": "micro", "include_background": False},
    ),
    "matrix": (dice.confusion_matrix, LABELS, OTHER, {"num_classes": 3}),
    "matrix, ignored": (
        dice.confusion_matrix,
        LABELS,
        IGNORED,
        {"num_classes": 3, "ignore_index": 255},
    ),
}
OPTIONS = {
    "plain": {},
    "samples": {"batch_axis": 0},
    "squared": {"squared": True},
    "min": {"intersection": "min"},
    "epsilon": {"eps_numerator": 0.25, "eps_denominator": 0.5},
    "foreground": {"include_background": False},
    "masked": {"mask": KEPT, "batch_axis": 0},
}
READINGS = {
    "macro": {},
    "micro": {"average": "micro"},
    "weighted": {"average": "weighted"},
    "weights": {"weights": [1.0, 2.0, 3.0]},
}
TARGETS = {"masks": OTHERS, "map": LABELS, "soft": SOFT_TARGET}
LOSSES = {
    f"{target}, {option}, {reading}": (
        dice.dice_loss,
        SOFT,
        TARGETS[target],
        PER_CLASS | OPTIONS[option] | READINGS[reading],
    )
    for (target, option), reading in zip(product(TARGETS, OPTIONS), cycle(READINGS), strict=False)
} | {
    "one class": (dice.dice_loss, SOFT, OTHERS, {}),
    "none": (dice.dice_loss, SOFT, LABELS, PER_CLASS | {"average": None}),
    "ignored": (dice.dice_loss, SOFT, IGNORED, PER_CLASS | {"ignore_index": 255}),
    "tversky": (dice.tversky_loss, SOFT, LABELS, PER_CLASS | TVERSKY),
    "focal": (dice.tversky_loss, SOFT, OTHERS, EACH | TVERSKY | {"gamma": 0.75}),
    "generalized": (dice.generalized_dice_loss, SOFT, LABELS, PER_CLASS),
    "generalized, samples": (dice.generalized_dice_loss, SOFT, OTHERS, EACH),
    "entropy": (dice.cross_entropy, LOGITS, LABELS, PER_CLASS),
    "entropy, masks": (dice.cross_entropy, LOGITS, OTHERS, PER_CLASS),
    "entropy, soft": (dice.cross_entropy, LOGITS, SOFT_TARGET, PER_CLASS | {"mask": KEPT}),
    "entropy, one class": (dice.cross_entropy, LOGITS, OTHERS, {}),
    "entropy, ignored": (dice.cross_entropy, LOGITS, IGNORED, PER_CLASS | {"ignore_index": 255}),
    "both": (dice.dice_ce_loss, LOGITS, LABELS, EACH | {"dice_weight": 0.5}),
    "both, pooled": (dice.dice_ce_loss, LOGITS, OTHERS, PER_CLASS | {"average": "micro"}),
    "both, soft": (
        dice.dice_ce_loss,
        LOGITS,
        SOFT_TARGET,
        PER_CLASS | {"mask": KEPT, "squared": True},
    ),
    "both, ignored": (
        dice.dice_ce_loss,
        LOGITS,
        IGNORED,
        EACH | {"ignore_index": 255, "cross_entropy_weight": 0.25},
    ),
    "both, min": (dice.dice_ce_loss, LOGITS, SOFT_TARGET, PER_CLASS | {"intersection": "min"}),
    "both, squared": (dice.dice_ce_loss, LOGITS, LABELS, PER_CLASS | {"squared": True}),
    "both, min of labels": (dice.dice_ce_loss, LOGITS, LABELS, EACH | {"intersection": "min"}),
    "both, one class": (dice.dice_ce_loss, LOGITS, OTHERS, {"mask": MASKS > 0}),
    "both, one soft class": (dice.dice_ce_loss, LOGITS, SOFT_TARGET, {"squared": True}),
}
ARRAYS = {
    "sigmoid": (dice.sigmoid, LOGITS, {}),
    "softmax": (dice.softmax, LOGITS, PER_CLASS),
    "log_softmax": (dice.log_softmax, LOGITS, PER_CLASS),
    "one_hot": (partial(dice.one_hot, num_classes=3), LABELS, PER_CLASS),
}


@pytest.fixture(params=[name for name in LIBRARIES if find_spec(name.partition(".")[0])])
def library(request):
    return import_module(request.param)


@pytest.mark.parametrize("library_name", LIBRARIES)
def test_which_libraries_are_here(library_name):
    pytest.importorskip(library_name)


def of(library, cases):
    """All cases; without the library the first alone, which is skipped and says why."""
    return list(cases)[: None if find_spec(library) else 1]


def make(library, values):
    """A NumPy array as one of the library, others as they are."""
    if not isinstance(values, np.ndarray):
        return values
    if library.__name__ == "torch":
        return library.from_numpy(values.copy())
    if library.__name__ == "jax":
        return library.numpy.asarray(values)
    if library.__name__ == "dask.array":
        return library.from_array(values, chunks=2)
    return library.asarray(values)


def call(library, function, *arguments):
    *arrays, options = arguments
    options = {name: make(library, value) for name, value in options.items()}
    return function(*(make(library, values) for values in arrays), **options)


def numbers(library, found):
    """The values, computed; the kind is checked on the way."""
    if library.__name__ == "torch":
        assert isinstance(found, library.Tensor) and found.device.type == "cpu"
        return found.detach().numpy()
    if library.__name__ == "jax":
        assert isinstance(found, library.Array)
    elif library.__name__ == "dask.array":
        assert isinstance(found, library.Array)
        found = found.compute(scheduler="synchronous")
    else:
        assert type(found).__module__.startswith("array_api_strict")
    return np.asarray(found)


def agree(library, function, *arguments):
    single = library.__name__ == "jax"  # without 64 bits, unless it is told to have them
    expected = np.asarray(function(*arguments[:-1], **arguments[-1]))
    found = numbers(library, call(library, function, *arguments))
    tolerance = 2e-6 if single else 1e-12
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
    assert found.shape == expected.shape
    assert found.dtype.kind == expected.dtype.kind
    assert single or found.dtype == expected.dtype


@pytest.mark.parametrize("case", HARD)
def test_hard(library, case):
    agree(library, *HARD[case])


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.uint32, np.uint64])
def test_integers(library, dtype):
    p, g = LABELS.astype(dtype), OTHER.astype(dtype)
    agree(library, dice.dice_score, p, g, {"num_classes": 3, "average": None})
    agree(library, dice.dice_loss, SOFT, g, PER_CLASS)
    agree(library, dice.dice_loss, SOFT, OTHERS.astype(dtype), PER_CLASS)
    agree(library, dice.one_hot, p, {"num_classes": 3, "class_axis": 0})


@pytest.mark.parametrize("case", LOSSES)
def test_losses(library, case):
    agree(library, *LOSSES[case])


@pytest.mark.parametrize("case", [case for case in LOSSES if LOSSES[case][0] is dice.dice_loss])
def test_scores_and_gradients(library, case):
    _, p, g, options = LOSSES[case]
    agree(library, dice.soft_dice, p, g, {"average": "macro"} | options)
    if options.get("average", "macro") is not None:
        agree(library, dice.dice_loss_gradient, p, g, options)


@pytest.mark.parametrize("case", ARRAYS)
def test_arrays(library, case):
    agree(library, *ARRAYS[case])


def test_weights_and_epsilons_may_be_arrays(library):
    options = PER_CLASS | {"weights": np.array([1.0, 2.0, 3.0])}
    agree(library, dice.dice_loss, SOFT, LABELS, options)
    agree(library, dice.dice_loss_gradient, SOFT, LABELS, options)


@pytest.mark.beyond
def test_labels_beyond_an_integer_type(library):
    """PyTorch would wrap 256 to 0 in a byte, and take -1 for 255."""
    many = np.full((300, 4), 1 / 300)
    labels = np.array([0, 1, 2, 255], np.uint8)
    agree(library, dice.soft_dice, many, labels, {"class_axis": 0, "empty": 0})
    agree(library, dice.one_hot, labels, {"num_classes": 300, "class_axis": 0})
    edges = np.array([-128, 127, 0, 1], np.int8)
    for ignored in (-128, 127, -129, 128):  # the first and the last that a type holds, and on
        kept = np.where((edges == ignored) | (edges >= 0) & (edges < 2), edges, 0).astype(np.int8)
        ignoring = {"num_classes": 2, "ignore_index": ignored, "average": None}
        agree(library, dice.dice_score, np.array([0, 1, 0, 1], np.int8), kept, ignoring)
    few = np.minimum(labels, 19)  # their pairs, 400, are more than a byte holds
    for ignored in (-1, 256, -256, 2**31 - 1):  # in a byte 255, 0, 0 and 255
        agree(library, dice.soft_dice, many, labels, {"class_axis": 0, "ignore_index": ignored})
        options = {"num_classes": 20, "average": "micro", "ignore_index": ignored}
        agree(library, dice.dice_score, few, few, options)


def test_no_pixels(library):
    nothing, labels = np.zeros((3, 0)), np.zeros(0, int)
    agree(library, dice.dice_loss, nothing, labels, {"class_axis": 0})
    agree(library, dice.soft_dice, nothing, labels, {"class_axis": 0})
    agree(library, dice.cross_entropy, nothing, labels, {"class_axis": 0})
    agree(library, dice.dice_score, labels, labels, {"num_classes": 3})
    agree(library, dice.confusion_matrix, labels, labels, {"num_classes": 3})


def test_counts_with_epsilon_and_weights(library):
    """Counts are no byte and no single precision, whatever meets them."""
    sums = [np.array([200, 2**25 + 1]), np.array([201, 2**25 + 1]), np.array([250, 2**25 + 3])]
    if library.__name__ == "jax":
        sums = [np.minimum(values, 2**20) for values in sums]
    ours = Overlap(*(make(library, values) for values in sums))
    for read in (
        lambda o: o.dice(eps_denominator=1e-3),
        lambda o: o.tversky(**TVERSKY),
        lambda o: (o + o).iou(average="weighted"),
        lambda o: o.dice(average="macro", weights=[0.25, 0.75]),
    ):
        found, expected = numbers(library, read(ours)), read(Overlap(*sums))
        np.testing.assert_allclose(found, expected, rtol=1e-6 if "jax" in library.__name__ else 0)


def test_sums_are_tiny_below_the_root_of_the_least_normal_number(library):
    least = np.float32(2.0**-63)
    for value, expected in ((least, least), (np.nextafter(least, np.float32(0)), 0)):
        sums = dice.overlap(make(library, np.array([value])), make(library, np.ones(1, int)))
        assert numbers(library, sums.prediction) == expected


# Bad input, and what cannot meet


BAD = {
    "shape": (ValueError, dice.dice_loss, SOFT, OTHERS[:1], {}),
    "range": (ValueError, dice.dice_loss, SOFT * 2, OTHERS, {}),
    "nan": (ValueError, dice.soft_dice, np.where(KEPT, np.nan, 0.5), LABELS > 0, {}),
    "label": (ValueError, dice.dice_loss, SOFT, IGNORED, PER_CLASS),
    "hard label": (ValueError, dice.dice_score, LABELS, IGNORED, {"num_classes": 3}),
    "hard label of the prediction": (
        ValueError,
        dice.confusion_matrix,
        IGNORED,
        LABELS,
        {"num_classes": 3},
    ),
    "255": (ValueError, dice.dice_score, MASKS * 255, OTHERS * 255, {}),
    "soft target": (ValueError, dice.dice_loss, SOFT, SOFT * 2, {}),
    "entropy label": (ValueError, dice.cross_entropy, LOGITS, IGNORED, PER_CLASS),
    "entropy inf": (ValueError, dice.cross_entropy, LOGITS + np.inf, LABELS, PER_CLASS),
    "both": (ValueError, dice.dice_ce_loss, LOGITS + np.inf, LABELS, PER_CLASS),
    "gradient": (ValueError, dice.dice_loss_gradient, SOFT - 1, OTHERS, {}),
    "tversky": (ValueError, dice.tversky_loss, SOFT * 2, OTHERS, TVERSKY),
    "generalized": (ValueError, dice.generalized_dice_loss, SOFT * 2, OTHERS, PER_CLASS),
    "sigmoid": (ValueError, dice.sigmoid, LOGITS - np.inf, {}),
    "softmax": (ValueError, dice.softmax, LOGITS * np.nan, PER_CLASS),
    "log_softmax": (ValueError, dice.log_softmax, LOGITS * np.nan, PER_CLASS),
    "one_hot": (ValueError, dice.one_hot, IGNORED, {"num_classes": 3, "class_axis": 1}),
    "weights": (
        ValueError,
        dice.dice_loss,
        SOFT,
        LABELS,
        PER_CLASS | {"weights": np.array([1.0, -1, 1])},
    ),
    "dtype": (TypeError, dice.dice_loss, MASKS, OTHERS, {}),
    "hard dtype": (TypeError, dice.dice_score, SOFT, OTHERS, {}),
    "complex": (TypeError, dice.soft_dice, SOFT + 0j, OTHERS, {}),
    "entropy dtype": (TypeError, dice.cross_entropy, LABELS, LABELS, {}),
    "mask dtype": (TypeError, dice.dice_loss, SOFT, OTHERS, {"mask": MASKS}),
    "axis": (ValueError, dice.softmax, LOGITS, {"class_axis": 4}),
    "classes": (ValueError, dice.dice_score, LABELS, OTHER, {"num_classes": 0}),
    "sums of booleans": (TypeError, Overlap, *[np.array([True])] * 3, {}),
    "ids": (TypeError, dice.panoptic_quality, SOFT, LABELS, {}),
    "id shapes": (ValueError, dice.panoptic_quality, LABELS, LABELS[:1], {}),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(library, case):
    error, function, *arguments = BAD[case]
    with pytest.raises(error, match=r"^[a-z_, ]+: expected") as caught:
        numbers(library, call(library, function, *arguments))
    assert type(caught.value) is error


def test_weights_of_nothing(library):
    weights = make(library, np.array([1.0, 0, 0]))
    arguments = make(library, SOFT), make(library, LABELS)
    dice.dice_loss(*arguments, class_axis=1, weights=weights)
    if library.__name__ != "dask.array":  # it does not know yet
        with pytest.raises(ValueError, match="weights: expected a number above 0"):
            dice.dice_loss(*arguments, class_axis=1, weights=weights, include_background=False)


@pytest.mark.parametrize("function", [dice.dice_score, dice.confusion_matrix, dice.overlap])
def test_two_libraries_do_not_meet(library, function):
    ours = make(library, LABELS)
    options = {"num_classes": 3}
    name = library.__name__.split(".")[0]
    with pytest.raises(TypeError, match=f": expected an array of {name}, as .* is, got numpy"):
        function(ours, LABELS, **options)
    with pytest.raises(TypeError, match=f": expected an array of numpy, as .* is, got {name}"):
        function(LABELS, ours, **options)


def test_two_libraries_do_not_meet_in_options(library):
    ours, labels = make(library, SOFT), make(library, LABELS)
    for function in (dice.dice_loss, dice.dice_loss_gradient):
        with pytest.raises(TypeError, match="mask: expected an array of"):
            function(ours, labels, class_axis=1, mask=KEPT)
        found = function(SOFT, LABELS, class_axis=1, weights=make(library, np.ones(3)))
        assert np.array_equal(found, function(SOFT, LABELS, class_axis=1, weights=np.ones(3)))


@pytest.mark.parametrize("axis", [0, 1])
def test_samples_of_one_channel_are_pooled(library, axis):
    p = np.moveaxis(SOFT[:, :1], 1, axis)
    sums = dice.overlap(make(library, p), make(library, p > 0.5), class_axis=axis)
    assert numbers(library, sums.prediction) == pytest.approx([p.sum()], rel=1e-6)


def test_libraries_take_their_own_activations():
    torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
    for values in (torch.zeros(3), jax.numpy.zeros(3)):
        assert arrays.activation("sigmoid", values).tolist() == [0.5] * 3
        assert arrays.activation("softmax", values, 0).tolist() == pytest.approx([1 / 3] * 3)
    assert arrays.activation("sigmoid", np.zeros(3)) is None


def test_pytorch_on_a_processor_is_read_by_numpy(monkeypatch):
    torch, found, flatten = pytest.importorskip("torch"), [], pieces.flatten_and_check
    for module in (pieces, counts):
        monkeypatch.setattr(
            module, "flatten_and_check", lambda *g: found.append(type(g[1])) or flatten(*g)
        )
    p, labels = torch.from_numpy(SOFT), torch.from_numpy(LABELS)
    dice.dice_score(labels, labels, num_classes=3)
    dice.soft_dice(p, labels, class_axis=1)
    loss = dice.dice_loss(p.clone().requires_grad_(), labels, class_axis=1)
    loss.backward()
    assert found == [np.ndarray] * 3 + [torch.Tensor]


@pytest.mark.parametrize("case", of("torch", LOSSES))
@pytest.mark.parametrize("near", [True, False])
def test_small_pieces_change_no_loss_and_no_gradient(case, near, monkeypatch):
    """As on a graphics card, whose memory NumPy does not read: there a piece is larger."""
    torch = pytest.importorskip("torch")
    function, p, g, options = LOSSES[case]
    options = {name: make(torch, value) for name, value in options.items()}

    def step():
        values = torch.from_numpy(p.copy()).requires_grad_()
        loss = function(values, torch.from_numpy(g), **options)
        loss.sum().backward()
        return loss.detach(), values.grad

    whole = step()
    if not near:
        monkeypatch.setattr(arrays, "readable_by_numpy", arrays.is_numpy)
    monkeypatch.setattr(pieces, "PIECE", 24)
    number = len(list(pieces.pieces([torch.zeros(1, *p.shape[1:])])))
    assert number > 1
    for found, expected in zip(step(), whole, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("loss", [dice.dice_loss, dice.cross_entropy, dice.dice_ce_loss])
def test_a_derivative_is_found_piece_by_piece(loss, monkeypatch):
    torch, found, flatten = pytest.importorskip("torch"), [], pieces.flatten_and_check
    monkeypatch.setattr(pieces, "PIECE", 20)
    monkeypatch.setattr(
        pieces, "flatten_and_check", lambda *g: found.append(g[1].shape) or flatten(*g)
    )
    values = torch.full((1, 3, 4, 5), 0.3, requires_grad=True)
    result = loss(values, torch.zeros(1, 4, 5, dtype=torch.int64), class_axis=1)
    forward = len(found)
    assert forward > 1
    result.backward()
    assert found[forward:] == found[:forward]


@pytest.mark.parametrize("pixels", [0, 1, 127, 128, 300, 2 * 128 * 128 + 77])
@pytest.mark.parametrize("masked", [True, False])
def test_sums_at_labels_where_numpy_cannot_read(pixels, masked, monkeypatch):
    torch = pytest.importorskip("torch")
    chance = np.random.default_rng(pixels)
    p, (g, other) = chance.random((2, 3, pixels)), chance.integers(0, 3, (2, 2, pixels))
    options = PER_CLASS | {"batch_axis": 0}
    if masked:
        options["mask"] = chance.random((2, pixels)) < 0.7
        other[~options["mask"]] = 255
    hard = {"num_classes": 3, "ignore_index": 255}
    calls = [
        (dice.overlap, p, g, options),
        (dice.overlap, g, other, hard),
        (dice.confusion_matrix, g, other, hard),
    ]
    expected = [function(*given, **options) for function, *given, options in calls]
    monkeypatch.setattr(arrays, "readable_by_numpy", arrays.is_numpy)
    found = [call(torch, *given) for given in calls]
    for name in ("intersection", "prediction", "target"):
        for ours, theirs in zip(found[:2], expected[:2], strict=True):
            np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-12)
    assert found[1].intersection.dtype == found[2].dtype == torch.int64
    assert found[2].tolist() == expected[2].tolist()


@pytest.mark.parametrize("loss", [dice.dice_loss, dice.dice_ce_loss])
@pytest.mark.parametrize("labels", [True, False])
def test_the_inputs_alone_are_kept_for_the_backward_pass(loss, labels):
    torch = pytest.importorskip("torch")
    p = torch.from_numpy(SOFT.copy()).requires_grad_()
    target = torch.from_numpy(LABELS if labels else SOFT_TARGET)
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t):
        loss(p, target, class_axis=1)
    large = {t.data_ptr() for t in kept if t.numel() > 10}
    assert large == {p.data_ptr(), target.data_ptr()}


@pytest.mark.parametrize("loss", [dice.dice_loss, dice.dice_ce_loss])
def test_a_loss_that_is_kept_keeps_no_memory_after_its_backward_pass(loss):
    torch = pytest.importorskip("torch")
    p, mask = torch.from_numpy(SOFT.copy()).requires_grad_() * 1, torch.from_numpy(KEPT.copy())
    labels = torch.from_numpy(LABELS.copy())
    alive = [weakref.ref(values) for values in (p, labels, mask)]
    result = loss(p, labels, class_axis=1, mask=mask)
    result.backward()
    del p, labels, mask
    gc.collect()
    assert [values() for values in alive] == [None] * 3
    assert result.isfinite()


@pytest.mark.parametrize("loss", [dice.dice_loss, dice.dice_ce_loss])
@pytest.mark.parametrize("backward", [True, False])
def test_memory_is_given_back_at_once(loss, backward):
    """Without the garbage collector, which knows nothing of the memory of a graphics card."""
    torch = pytest.importorskip("torch")
    p = torch.from_numpy(SOFT.copy()).requires_grad_()
    inputs = p * 1, torch.from_numpy(LABELS.copy())
    alive = [weakref.ref(values) for values in inputs]
    gc.disable()
    try:
        result = loss(*inputs, class_axis=1)
        if backward:
            result.backward()
        del inputs, result
        assert [values() for values in alive] == [None, None]
    finally:
        gc.enable()


@pytest.mark.parametrize("loss", [dice.dice_loss, dice.dice_ce_loss])
def test_options_can_be_learned(loss):
    torch = pytest.importorskip("torch")
    weights = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True)
    epsilon = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    p = torch.from_numpy(SOFT.copy()).requires_grad_()

    def function(p, weights, epsilon):
        options = {"class_axis": 1, "weights": weights, "eps_denominator": epsilon}
        return loss(p, torch.from_numpy(LABELS), **options)

    assert torch.autograd.gradcheck(function, (p, weights, epsilon), fast_mode=True)


@pytest.mark.parametrize("loss", [dice.dice_loss, dice.dice_ce_loss])
@pytest.mark.parametrize("part", ["target", "mask"])
def test_an_input_that_has_changed_has_no_slope(loss, part):
    torch = pytest.importorskip("torch")
    p = torch.from_numpy(SOFT.copy()).requires_grad_()
    options = {"target": torch.from_numpy(LABELS.copy()), "mask": torch.from_numpy(KEPT.copy())}
    result = loss(p, class_axis=1, **options)
    options[part].zero_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        result.backward()


@pytest.mark.parametrize("case", of("torch", HARD | LOSSES))
def test_nothing_waits_for_a_device_that_is_not_asked(case):
    """PyTorch's meta device has no numbers: looking at one, or leaving the device, raises."""
    torch = pytest.importorskip("torch")
    function, p, g, options = (HARD | LOSSES)[case]
    if function is dice.confusion_matrix:
        return  # it always looks
    p, g = (torch.from_numpy(values).to("meta") for values in (p, g))
    options = {
        k: torch.from_numpy(v).to("meta") if isinstance(v, np.ndarray) else v
        for k, v in options.items()
    }
    result = function(p, g, check_values=False, **options)
    assert result.device.type == "meta"
    if case in LOSSES:
        p.requires_grad_()
        function(p, g, check_values=False, **options).sum().backward()
        assert p.grad.device.type == "meta" and p.grad.shape == p.shape
    if function is dice.dice_loss and options.get("average", "macro") is not None:
        gradient = dice.dice_loss_gradient(p, g, check_values=False, **options)
        assert gradient.device.type == "meta" and gradient.shape == p.shape


def test_sums_on_a_device_are_not_looked_at():
    torch = pytest.importorskip("torch")
    sums = Overlap(*[torch.ones(2, device="meta")] * 3)
    assert (sums + sums).dice(average="macro").device.type == "meta"


def test_a_batch_of_nothing(library):
    nothing = make(library, np.zeros((0, 4), np.int64))
    sums = dice.overlap(nothing, nothing, num_classes=3, batch_axis=0)
    assert tuple(sums.intersection.shape) == (0, 3)


def test_the_gradient_of_a_batch_of_nothing(library):
    p, g = make(library, np.zeros((0, 2, 3))), make(library, np.zeros((0, 3), np.int64))
    for options in (EACH, EACH | {"include_background": False}):
        assert tuple(dice.dice_loss_gradient(p, g, **options).shape) == (0, 2, 3)


def test_class_weights_are_computed_with_in_full_precision(library):
    labels, options = np.array([0, 1, 0, 2, 1, 2, 2]), {"num_classes": 3}
    other = np.array([0, 1, 1, 1, 2, 2, 2])
    for weights in (np.array([3, 7, 11]), np.array([3, 7, 11], np.float32)):
        agree(library, dice.dice_score, labels, other, options | {"weights": weights})


def test_a_mask_of_its_own_is_refused():
    with pytest.raises(TypeError, match="prediction: expected an array without a mask of its own"):
        dice.dice_score(np.ma.array([1, 0], mask=[True, False]), [1, 0])


# PyTorch


FORWARD_MODE = "ignore:`torch.jit.script` is deprecated"  # by PyTorch, which calls it itself


@pytest.mark.filterwarnings(FORWARD_MODE)
@pytest.mark.parametrize("case", of("torch", LOSSES))
def test_gradcheck(case):
    torch = pytest.importorskip("torch")
    function, p, g, options = LOSSES[case]
    target = torch.from_numpy(g)
    options = {name: make(torch, value) for name, value in options.items()}
    probabilities = torch.from_numpy(p.copy()).requires_grad_()

    def loss(values):
        return function(values, target, **options)

    check = {"fast_mode": True, "check_forward_ad": True}
    assert torch.autograd.gradcheck(loss, (probabilities,), **check)
    assert torch.autograd.gradgradcheck(loss, (probabilities,), fast_mode=True)


@pytest.mark.filterwarnings(FORWARD_MODE)
@pytest.mark.parametrize("case", of("torch", LOSSES))
@pytest.mark.parametrize("transform", ["grad", "jacfwd", "jacrev", "vmap"])
def test_transformations_of_pytorch(case, transform):
    torch = pytest.importorskip("torch")
    function, p, g, options = LOSSES[case]
    target, p = torch.from_numpy(g), torch.from_numpy(p.copy())
    options = {name: make(torch, value) for name, value in options.items()}

    def loss(values):
        return function(values, target, **options).sum()

    if transform == "vmap":
        found = torch.func.vmap(loss)(torch.stack([p, p.flip(0)]))
        expected = torch.stack([loss(p), loss(p.flip(0))])
    else:
        found = getattr(torch.func, transform)(loss)(p)
        expected = torch.autograd.functional.jacobian(loss, p)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-14)


COMPILED = (
    *("masks, plain, macro", "map, masked, micro", "soft, min, micro", "ignored", "focal"),
    *("generalized", "entropy", "both", "both, ignored"),
)
CACHED = "ignore:Dynamo detected a call to a `functools.lru_cache`"  # whose answer never changes


@pytest.mark.filterwarnings(CACHED)
@pytest.mark.parametrize("case", of("torch", COMPILED))
def test_compiled_by_pytorch_in_one_piece(case):
    torch = pytest.importorskip("torch")
    function, p, g, options = LOSSES[case]

    def loss(p, g, mask=None):
        return function(p, g, **options | ({} if mask is None else {"mask": mask}))

    mask = options.get("mask")
    torch._dynamo.reset()
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    for rows in (4, 3, 2):  # the second time sizes are taken to change
        parts = [make(torch, v if v is None else v[..., :rows, :]) for v in (p, g, mask)]
        found = []
        for way in (loss, compiled):
            values = parts[0].clone().requires_grad_()
            result = way(values, *parts[1:])
            result.sum().backward()
            found.append((result.detach(), values.grad))
        torch.testing.assert_close(found[1], found[0], rtol=1e-9, atol=1e-14)


def test_masks_of_pytorch_are_counted_under_vmap():
    torch = pytest.importorskip("torch")
    found = torch.func.vmap(lambda p, g: dice.dice_score(p, g, num_classes=3))
    x, y = torch.from_numpy(LABELS), torch.from_numpy(LABELS).flip(0)
    expected = [float(dice.dice_score(*pair, num_classes=3)) for pair in zip(x, y, strict=True)]
    assert found(x, y).tolist() == pytest.approx(expected)


MINIMUM = {"intersection": "min"}
CORNERS = {
    "minimum at a soft target": ([1.0, 0.3, 0.4], [1.0, 0.3, 0.0], MINIMUM),
    "minimum at a mask": ([1.0, 0.3, 0.4], [1, 0, 0], MINIMUM),
    "minimum at a map": ([[1.0, 0.5], [0.0, 0.5]], [0, 1], MINIMUM | {"class_axis": 0}),
    "no intersection": ([0.0, 0.0, 0.5], [1, 0, 0], {}),
    "no prediction": ([0.0, 0.0], [1, 0], {"eps_numerator": 1.0, "eps_denominator": 1.0}),
    "no sum at all": ([0.0, 0.0], [0, 0], {"eps_numerator": 0.5, "eps_denominator": 1.0}),
    "a class without a sum": ([[0.0, 0.0], [1.0, 1.0]], [0, 1], {"class_axis": 0}),
}


@pytest.mark.parametrize("case", of("torch", CORNERS))
def test_every_way_to_the_slope_agrees_at_a_corner(case):
    torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
    p, g, options = CORNERS[case]
    p, g, loss = np.array(p), np.array(g), partial(dice.dice_loss, **options)
    expected = dice.dice_loss_gradient(p, g, **options)
    assert expected.any()
    values = torch.from_numpy(p).requires_grad_()
    for again in (False, True):
        found = loss(values, torch.from_numpy(g))
        (slope,) = torch.autograd.grad(found, values, create_graph=again)
        np.testing.assert_allclose(slope.detach(), expected, rtol=1e-12)
    found = jax.grad(loss)(*map(jax.numpy.asarray, (p, g)))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("entropy", [dice.cross_entropy, dice.dice_ce_loss])
def test_cross_entropy_is_round_where_the_logit_is_zero(entropy):
    torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
    g = np.array([1.0, 0.0])

    def loss(z):
        only = {"dice_weight": 0} if entropy is dice.dice_ce_loss else {}
        return entropy(z, make(torch if isinstance(z, torch.Tensor) else jax, g), **only)

    found = torch.autograd.functional.hessian(loss, torch.zeros(2, dtype=torch.float64))
    np.testing.assert_allclose(found, np.eye(2) / 8, rtol=1e-12)
    np.testing.assert_allclose(jax.hessian(loss)(jax.numpy.zeros(2)), np.eye(2) / 8, rtol=1e-6)


@pytest.mark.parametrize("ignored", [False, True])
def test_class_weights_are_those_of_pytorch(ignored):
    torch = pytest.importorskip("torch")
    labels = torch.from_numpy(IGNORED if ignored else LABELS)
    weights, z = torch.tensor([0.5, 2.0, 1.0], dtype=torch.float64), torch.from_numpy(LOGITS)
    slopes = []
    for entropy in (
        lambda z: torch.nn.functional.cross_entropy(z, labels, weights, ignore_index=255),
        lambda z: dice.cross_entropy(z, labels, class_axis=1, weights=weights, ignore_index=255),
    ):
        values = z.clone().requires_grad_()
        loss = entropy(values)
        slopes.append([loss.detach(), *torch.autograd.grad(loss, values)])
    for theirs, ours in zip(*slopes, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("entropy", [dice.cross_entropy, dice.dice_ce_loss])
def test_class_weights_in_every_library(library, entropy):
    options = {"class_axis": 1, "weights": [0.5, 2.0, 1.0]}
    expected = entropy(LOGITS, LABELS, **options)
    found = entropy(make(library, LOGITS), make(library, LABELS), **options)
    np.testing.assert_allclose(float(found), expected, rtol=1e-5)


def test_samples_of_every_library_are_joined(library):
    parts = [
        dice.overlap(*(make(library, x[k : k + 1]) for x in (SOFT, SOFT_TARGET)), **EACH)
        for k in range(2)
    ]
    expected = dice.overlap(SOFT, SOFT_TARGET, **EACH).dice(average="macro")
    found = Overlap.join(parts)
    assert found.target.shape == (2, 3) and type(found.target) is type(parts[0].target)
    np.testing.assert_allclose(float(found.dice(average="macro")), expected, rtol=1e-5)


SUM_OPTIONS = [{}, {"squared": True}, {"intersection": "min"}]
MEANS = [
    {"average": "macro"},
    {"average": "macro", "weights": np.array([0.2, 1.0, 2.0])},
    {"average": "micro", "include_background": False},
    {"average": "weighted", "eps_numerator": 0.3, "eps_denominator": 0.7},
]


@pytest.mark.parametrize("seed", of("torch", range(60)))
def test_gradcheck_of_options_that_meet(seed):
    """Any target, order of axes, sums and mean, as chance has it: NumPy's loss, and its slope."""
    torch = pytest.importorskip("torch")
    chance = np.random.default_rng(seed)
    axis, target = chance.integers(4), chance.choice(["map", "masks", "soft"])
    options = {"class_axis": int(axis)} | chance.choice(SUM_OPTIONS) | chance.choice(MEANS)
    if chance.random() < 0.5:
        options["batch_axis"] = int(axis == 0)
    if chance.random() < 0.5:
        options["mask"] = KEPT
    loss = chance.choice([dice.dice_loss, dice.dice_ce_loss])
    p = np.moveaxis(SOFT if loss is dice.dice_loss else LOGITS, 1, axis)
    if target == "map":
        g, options = IGNORED, options | {"ignore_index": 255}
    else:
        g = np.moveaxis({"masks": MASKS, "soft": SOFT_TARGET}[target], 1, axis)
    values, torch_options = torch.from_numpy(p.copy()).requires_grad_(), dict(options)
    torch_options |= {k: make(torch, v) for k, v in options.items() if isinstance(v, np.ndarray)}

    def function(values):
        return loss(values, torch.from_numpy(g.copy()), **torch_options)

    assert function(values).item() == pytest.approx(loss(p, g, **options), rel=1e-10)
    assert torch.autograd.gradcheck(function, (values,), fast_mode=True)


@pytest.mark.parametrize("loss", [dice.dice_loss, dice.cross_entropy, dice.dice_ce_loss])
@pytest.mark.parametrize("both", [False, True])
def test_gradcheck_of_a_soft_target(loss, both):
    """A target may be what another network says: its gradient is recorded step by step."""
    torch = pytest.importorskip("torch")
    p = torch.from_numpy(SOFT.copy()).requires_grad_(both)
    target = torch.from_numpy(SOFT[::-1].copy()).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda p, g: loss(p, g, class_axis=1), (p, target), fast_mode=True
    )


@pytest.mark.parametrize(
    "case",
    [
        case
        for case, (function, *_, options) in LOSSES.items()
        if function is dice.dice_loss and options.get("average", "macro") is not None
    ],
)
def test_autograd_is_the_analytic_gradient(case):
    torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
    function, p, g, options = LOSSES[case]
    expected = dice.dice_loss_gradient(p, g, **options)
    probabilities = torch.from_numpy(p.copy()).requires_grad_()
    torch_options = {name: make(torch, value) for name, value in options.items()}
    function(probabilities, torch.from_numpy(g), **torch_options).backward()
    np.testing.assert_allclose(probabilities.grad.numpy(), expected, rtol=1e-9, atol=1e-15)
    jax_options = {name: make(jax, value) for name, value in options.items()}
    found = jax.grad(lambda q: function(q, jax.numpy.asarray(g), **jax_options))(
        jax.numpy.asarray(p)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("loss", [dice.cross_entropy, dice.dice_ce_loss])
@pytest.mark.parametrize("class_axis", [None, 1])
def test_logits_that_do_not_count_may_be_anything(loss, class_axis):
    torch = pytest.importorskip("torch")
    logits = np.where(KEPT[:, None], LOGITS, np.nan)
    target, mask = (
        (OTHERS, np.repeat(KEPT[:, None], 3, 1)) if class_axis is None else (LABELS, KEPT)
    )
    values = torch.from_numpy(logits).requires_grad_()
    found = loss(
        values, torch.from_numpy(target), class_axis=class_axis, mask=torch.from_numpy(mask)
    )
    found.backward()
    expected = loss(
        np.where(np.isnan(logits), 1e3, logits), target, class_axis=class_axis, mask=mask
    )
    assert found.item() == pytest.approx(expected, rel=1e-12)
    assert (values.grad.numpy() != 0).tolist() == (~np.isnan(logits)).tolist()


NOTHING = {
    "both empty": (np.zeros((3, 4)), np.zeros((3, 4), int), {}),
    "empty target": (np.full((3, 4), 0.5), np.zeros((3, 4), int), {}),
    "empty prediction": (np.zeros((3, 4)), np.ones((3, 4), int), {}),
    "perfect": (np.ones((3, 4)), np.ones((3, 4), int), {}),
    "absent class": (np.eye(4)[:3], np.array([0, 1, 1, 0]), {}),
    "all ignored": (np.full((3, 4), 0.5), np.full(4, 255), {"ignore_index": 255}),
    "all masked": (np.full((3, 4), 0.5), np.ones((3, 4), int), {"mask": np.zeros(4, bool)}),
    "no pixels": (np.zeros((3, 0)), np.zeros((3, 0), int), {}),
    "below the normal range": (np.full((3, 4), 1e-40), np.zeros((3, 4), int), {}),
}
EMPTY_LOSSES = {
    **{
        f"dice {average} {'squared' if squared else ''}": partial(
            dice.dice_loss, average=average, squared=squared
        )
        for average, squared in product(("macro", "micro", "weighted"), (False, True))
    },
    "min": partial(dice.dice_loss, intersection="min"),
    "tversky": partial(dice.tversky_loss, **TVERSKY),
    "focal": partial(dice.tversky_loss, gamma=0.5, **TVERSKY),
    "focal, other side": partial(dice.tversky_loss, gamma=2, **TVERSKY),
    "generalized": dice.generalized_dice_loss,
    "entropy": dice.cross_entropy,
    "both": dice.dice_ce_loss,
}


@pytest.mark.parametrize("case", of("torch", NOTHING))
@pytest.mark.parametrize("name", of("torch", EMPTY_LOSSES))
def test_no_gradient_is_nan(case, name):
    torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
    p, g, options = NOTHING[case]
    loss = partial(EMPTY_LOSSES[name], class_axis=0)
    for dtype in (torch.float32, torch.float64):
        values = torch.tensor(p, dtype=dtype, requires_grad=True)
        result = loss(values, make(torch, g), **{k: make(torch, v) for k, v in options.items()})
        result.backward()
        assert torch.isfinite(result) and torch.isfinite(values.grad).all()
        if case in ("all ignored", "all masked", "no pixels"):
            assert result == 0 and not values.grad.any()
    options = {k: make(jax, v) for k, v in options.items()}
    result, gradient = jax.value_and_grad(lambda q: loss(q, jax.numpy.asarray(g), **options))(
        jax.numpy.asarray(p, dtype=np.float32)
    )
    assert np.isfinite(result) and np.isfinite(gradient).all()


@pytest.mark.parametrize("case", NOTHING)
@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
def test_no_analytic_gradient_is_nan(case, average):
    p, g, options = NOTHING[case]
    for dtype in (np.float32, np.float64):
        for squared in (False, True):
            gradient = dice.dice_loss_gradient(
                p.astype(dtype), g, class_axis=0, average=average, squared=squared, **options
            )
            assert np.isfinite(gradient).all() and gradient.dtype == dtype


@pytest.mark.parametrize("which", ["dice", "both"])
def test_a_tiny_network_trains(which):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    images = torch.rand(4, 1, 8, 8)
    labels = (images[:, 0] > 0.5).long() + (images[:, 0] > 0.8).long()
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 1), torch.nn.ReLU(), torch.nn.Conv2d(8, 3, 1)
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
    losses = []
    for _ in range(60):
        logits = network(images)
        if which == "dice":
            loss = dice.dice_loss(dice.softmax(logits, class_axis=1), labels, class_axis=1)
        else:
            loss = dice.dice_ce_loss(logits, labels, class_axis=1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
    scores = dice.dice_score(network(images).argmax(1), labels, num_classes=3)
    assert isinstance(scores, torch.Tensor) and scores > 0.8


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
@pytest.mark.parametrize("library_name", ["torch", "jax"])
def test_half_precision_does_not_overflow(library_name, name):
    library = pytest.importorskip(library_name)
    xp = library if library_name == "torch" else library.numpy
    p, g = xp.full((70_000,), 0.5, dtype=getattr(xp, name)), xp.ones(70_000, dtype=xp.int8)
    assert float(dice.dice_loss(p, g)) == pytest.approx(1 / 3, rel=1e-6)
    assert float(dice.soft_dice(p, p, intersection="min")) == 1
    assert float(dice.cross_entropy(p, g)) == pytest.approx(np.log1p(np.exp(-0.5)), rel=1e-6)
    gradient = dice.dice_loss_gradient(p, g)
    assert gradient.dtype == xp.float32 and float(abs(gradient).max()) < 1e-4


# PyTorch on a graphics card, where there is one


@pytest.fixture
def card():
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no graphics card that PyTorch can use")
    return lambda values: (
        torch.from_numpy(values.copy()).cuda() if isinstance(values, np.ndarray) else values
    )


@pytest.mark.parametrize("case", of("torch", HARD | LOSSES))
def test_a_card_gives_the_same(card, case):
    torch = pytest.importorskip("torch")
    function, p, g, options = (HARD | LOSSES)[case]
    expected = np.asarray(function(p, g, **options))
    on_card = {name: card(value) for name, value in options.items()}
    found = function(card(p), card(g), **on_card)
    assert found.device.type == "cuda"
    np.testing.assert_allclose(found.cpu(), expected, rtol=1e-12)
    if case not in LOSSES:
        return
    values, here = card(p).requires_grad_(), torch.from_numpy(p.copy()).requires_grad_()
    function(values, card(g), **on_card).sum().backward()
    options = {name: make(torch, value) for name, value in options.items()}
    function(here, torch.from_numpy(g), **options).sum().backward()
    np.testing.assert_allclose(values.grad.cpu(), here.grad, rtol=1e-9, atol=1e-15)
    loss = partial(function, target=card(g), **on_card)
    check = {"fast_mode": True, "nondet_tol": 1e-12}  # a card adds in any order
    assert torch.autograd.gradcheck(loss, (values,), **check)
    assert torch.autograd.gradgradcheck(loss, (values,), **check)
    if function is dice.dice_loss and options.get("average", "macro") is not None:
        gradient = dice.dice_loss_gradient(card(p), card(g), **on_card)
        assert gradient.device.type == "cuda"
        np.testing.assert_allclose(gradient.cpu(), values.grad.cpu(), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("class_axis", [0, -1])
def test_a_card_adds_many_pixels(card, class_axis):
    """16.8 million in single precision, against sums of whole numbers."""
    torch = pytest.importorskip("torch")
    parts, labels = torch.randint(2**20, (3, 2**24)).cuda(), torch.randint(3, (2**24,)).cuda()
    shared = [part[labels == label].sum() for label, part in enumerate(parts)]
    sizes = parts.sum(1) + labels.bincount() * 2**20
    exact = [2 * int(i) / int(size) for i, size in zip(shared, sizes, strict=True)]
    p = (parts / 2**20).float()
    p = p if class_axis == 0 else p.T.contiguous()
    found = dice.soft_dice(p, labels, class_axis=class_axis)
    assert np.abs(found.cpu().numpy() - exact).max() <= 1e-7


@pytest.mark.parametrize("loss", [dice.dice_loss, dice.dice_ce_loss])
def test_a_card_can_repeat_itself(card, loss):
    torch = pytest.importorskip("torch")
    p, labels = torch.rand(2, 3, 300, 300).cuda(), torch.randint(3, (2, 300, 300)).cuda()
    torch.use_deterministic_algorithms(True)
    try:
        found = []
        for _ in range(3):
            values = p.clone().requires_grad_()
            result = loss(values, labels, class_axis=1)
            result.backward()
            found.append([result.item(), *values.grad.flatten().tolist()])
    finally:
        torch.use_deterministic_algorithms(False)
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("case", of("torch", NOTHING))
@pytest.mark.parametrize("name", of("torch", EMPTY_LOSSES))
def test_no_gradient_on_a_card_is_nan(card, case, name):
    p, g, options = NOTHING[case]
    values = card(p).float().requires_grad_()
    options = {name: card(value) for name, value in options.items()}
    result = EMPTY_LOSSES[name](values, card(g), class_axis=0, **options)
    result.backward()
    assert result.isfinite() and values.grad.isfinite().all()


def test_options_may_be_on_a_card(card):
    torch = pytest.importorskip("torch")
    weights, epsilon = card(np.array([1.0, 2.0, 3.0])), torch.tensor(0.5, device="cuda")
    expected = dice.dice_loss(SOFT, LABELS, class_axis=1, weights=[1, 2, 3], eps_denominator=0.5)
    options = {"class_axis": 1, "weights": weights, "eps_denominator": epsilon}
    values = card(SOFT).requires_grad_()
    found = dice.dice_loss(values, card(LABELS), **options)
    found.backward()
    assert found.item() == pytest.approx(expected, rel=1e-12)
    analytic = dice.dice_loss_gradient(card(SOFT), card(LABELS), **options)
    torch.testing.assert_close(values.grad, analytic, rtol=1e-9, atol=0)


def test_a_card_that_lends_half_precision(card):
    """Under autocast, where matrix products are done in 16 bits."""
    torch = pytest.importorskip("torch")
    logits, labels = card(LOGITS).half(), card(LABELS)
    expected = dice.dice_ce_loss(logits.double().cpu().numpy(), LABELS, class_axis=1)
    with torch.autocast("cuda"):
        found = dice.dice_ce_loss(logits.requires_grad_(), labels, class_axis=1)
    found.backward()
    assert found.item() == pytest.approx(expected, rel=1e-6)
    assert logits.grad.dtype == torch.float16


# JAX


JITTED = HARD | {
    case: LOSSES[case]
    for case in ("masks, plain, macro", "map, samples, macro", "focal", "both", "entropy, masks")
}


@pytest.mark.parametrize("case", of("jax", JITTED))
def test_jit_and_vmap(case):
    jax = pytest.importorskip("jax")
    function, p, g, options = JITTED[case]
    p, g = jax.numpy.asarray(p), jax.numpy.asarray(g)
    f = partial(function, **options)
    np.testing.assert_allclose(jax.jit(f)(p, g), f(p, g), rtol=1e-5)
    twice = jax.vmap(f)(jax.numpy.stack([p, p]), jax.numpy.stack([g, g]))
    np.testing.assert_allclose(twice, np.stack([f(p, g)] * 2), rtol=1e-5)


@pytest.mark.parametrize("way", of("jax", ["made", "measured"]))
def test_jax_knows_each_kind_of_overlap(way):
    jax = pytest.importorskip("jax")

    class Sums(Overlap):  # not known yet
        pass

    made = Sums(1, 2, 3) if way == "made" else Sums.unchecked((1, 2, 3), False, False)
    assert jax.tree.leaves(made) == [1, 2, 3]


def test_overlap_is_a_pytree():
    jax = pytest.importorskip("jax")
    p, g = jax.numpy.asarray(SOFT), jax.numpy.asarray(LABELS)
    sums = partial(dice.overlap, class_axis=1, batch_axis=0, squared=True)
    merged = jax.jit(lambda one, other: one + other)(sums(p, g), jax.jit(sums)(p, g))
    expected = sums(SOFT, LABELS)
    expected += expected
    for name in ("intersection", "prediction", "target"):
        np.testing.assert_allclose(getattr(merged, name), getattr(expected, name), rtol=1e-6)
    assert merged.batched and merged.squared
    halves = jax.tree.map(lambda values: values / 2, merged)
    np.testing.assert_allclose(halves.dice(), expected.dice(), rtol=1e-6)
    leaves, structure = jax.tree.flatten(merged)
    assert len(leaves) == 3 and jax.tree.unflatten(structure, [object()] * 3).squared


def test_checks_wait_for_no_traced_value():
    jax = pytest.importorskip("jax")
    assert jax.jit(dice.dice_loss)(jax.numpy.asarray([2.0, 0.0]), jax.numpy.asarray([1, 0])) < 0.5


CLOSED_OVER = {
    "weights": lambda p, g, w, one: dice.dice_loss(p, g, class_axis=0, weights=w),
    "epsilon": lambda p, g, w, one: dice.dice_loss(p, g, class_axis=0, eps_denominator=one),
    "gamma": lambda p, g, w, one: dice.tversky_loss(p, g, class_axis=0, gamma=one, **TVERSKY),
    "sigmoid": lambda p, g, w, one: dice.sigmoid(p),
    "softmax": lambda p, g, w, one: dice.softmax(p, class_axis=0),
    "labels": lambda p, g, w, one: dice.one_hot(g, 2, class_axis=0),
    "sums": lambda p, g, w, one: Overlap(w, w, w).dice(average="macro"),
}


@pytest.mark.parametrize("case", of("jax", CLOSED_OVER))
def test_jit_knows_the_arrays_that_a_function_is_made_with(case):
    jax = pytest.importorskip("jax")
    inputs = SOFT[0, :2, 0], [1, 0, 1, 0, 1], [1.0, 2.0], 2.0
    known = [jax.numpy.asarray(values) for values in inputs]
    found = jax.jit(lambda q: CLOSED_OVER[case](*known) + 0 * q)(0.0)
    np.testing.assert_allclose(found, CLOSED_OVER[case](*known), rtol=1e-6)


@pytest.mark.parametrize(
    "loss", of("jax", [dice.dice_loss, dice.generalized_dice_loss, dice.dice_ce_loss])
)
def test_slopes_of_tiny_sums_are_numbers(loss):
    jax = pytest.importorskip("jax")
    p = jax.numpy.asarray([[1e-20, 0.0, 1e-25], [1.0, 1.0, 1.0]])
    z, options = jax.numpy.log(p + 1e-30), {"class_axis": 0, "squared": True}
    for labels in ([1, 1, 1], [0, 1, 1]):
        given, g = z if loss is dice.dice_ce_loss else p, jax.numpy.asarray(labels)
        assert np.isfinite(jax.grad(loss)(given, g, **options)).all()
        assert np.isfinite(jax.grad(loss)(given, g, class_axis=0)).all()


def test_arrays_on_several_devices():
    jax = pytest.importorskip("jax")
    mesh = jax.sharding.Mesh(np.array(jax.devices("cpu")), ("rows",))
    rows = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("rows"))
    p, g = SOFT[0, 0], MASKS[0, 0]
    P, G = (jax.device_put(jax.numpy.asarray(values), rows) for values in (p, g))
    assert len(P.devices()) == 2
    for target in (G, jax.numpy.asarray(g)):
        for loss in (dice.dice_loss, dice.dice_ce_loss):
            assert loss(P, target) == pytest.approx(loss(p, g), abs=1e-6)
        found = dice.dice_loss_gradient(P, target)
        np.testing.assert_allclose(found, dice.dice_loss_gradient(p, g), rtol=1e-5)
        assert dice.dice_score(G, target) == 1
    expected = dice.confusion_matrix(g, g, num_classes=2).tolist()
    assert dice.confusion_matrix(G, G, num_classes=2).tolist() == expected


SCRIPT = """
import warnings
warnings.simplefilter("error")
import json, sys
import numpy as np
import jax
import jax.numpy as jnp
import dice
jax.config.update("jax_enable_x64", sys.argv[1] == "64")
p, g = jnp.asarray([[0.5, 0.25, 1.0]] * 2), jnp.asarray([0, 1, 1])
counts = dice.overlap(g, g, num_classes=2)
print(json.dumps({
    "counts": str(counts.intersection.dtype),
    "matrix": str(dice.confusion_matrix(g, g, num_classes=2).dtype),
    "one_hot": str(dice.one_hot(g, 2, class_axis=0).dtype),
    "score": str(counts.dice().dtype),
    "loss": str(dice.dice_loss(p, g, class_axis=0).dtype),
    "both": str(jax.jit(lambda z: dice.dice_ce_loss(z, g, class_axis=0))(p).dtype),
    "gradient": str(dice.dice_loss_gradient(p, g, class_axis=0).dtype),
    "ignored": float(dice.dice_score(g, g, num_classes=2, ignore_index=255)),
}))
"""


@pytest.mark.parametrize("bits", of("jax", ["32", "64"]))
def test_jax_in_either_precision(bits):
    pytest.importorskip("jax")
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, bits], capture_output=True, text=True, check=True
    )
    assert not result.stderr
    found = json.loads(result.stdout)
    assert found.pop("ignored") == 1
    assert {found.pop(name) for name in ("counts", "matrix", "one_hot")} == {f"int{bits}"}
    assert set(found.values()) == {f"float{bits}"}


def test_counts_too_many_for_the_integers_are_refused():
    jax = pytest.importorskip("jax")
    mask = jax.ShapeDtypeStruct((2**31,), bool)
    with pytest.raises(ValueError, match="prediction: expected at most 2147483647 pixels in int32"):
        jax.eval_shape(dice.dice_score, mask, mask)
    most = jax.ShapeDtypeStruct((2**31 - 1,), bool)
    assert jax.eval_shape(dice.dice_score, most, most).shape == ()


def test_merged_counts_too_many_for_the_integers_are_refused():
    jax = pytest.importorskip("jax")
    half = Overlap(*[jax.numpy.array([2**30])] * 3)
    with pytest.raises(ValueError, match="expected finite, not negative"):
        half + half
    assert (half + Overlap(*[half.target - 1] * 3)).target.tolist() == [2**31 - 1]


def test_an_epsilon_may_be_a_tensor():
    torch = pytest.importorskip("torch")
    assert Overlap(*[torch.ones(1)] * 3).dice(eps_numerator=torch.ones(())).tolist() == [1.5]


def test_what_no_library_adds_is_refused():
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match=r"Use Tensor.to_dense\(\) first"):
        dice.overlap(torch.eye(2).to_sparse(), torch.eye(2))
    minus = torch.complex(torch.zeros(2), torch.tensor([0.5, 1])).conj().imag
    with pytest.raises(RuntimeError, match=r"Use tensor.resolve_neg\(\)"):
        dice.soft_dice(minus, torch.ones(2))


def test_half_precision_that_numpy_only_stores_is_refused():
    values = np.eye(2, dtype=pytest.importorskip("ml_dtypes").bfloat16)
    with pytest.raises(TypeError, match=r"prediction: expected booleans, .* got dtype bfloat16"):
        dice.overlap(values, values)


def test_chunks_of_unknown_size_are_refused():
    da = pytest.importorskip("dask.array")
    values = da.ones(6, chunks=3)
    with pytest.raises(ValueError, match="prediction: expected chunks of known size"):
        dice.overlap(values[values > 0], values)


def test_a_traced_target_meets_known_probabilities():
    jax = pytest.importorskip("jax")
    p, g = jax.numpy.array([0.5, 0.5]), jax.numpy.array([1, 0])
    assert jax.jit(lambda target: dice.dice_loss(p, target))(g) == 0.5
    focal = {"false_positive_weight": 0.5, "false_negative_weight": 0.5}
    loss = jax.jit(lambda gamma: dice.tversky_loss(p, g, gamma=gamma, **focal))
    assert loss(2.0) == 0.25 and loss(1.0) == 0.5


def test_vmap_adds_an_axis_of_samples():
    jax = pytest.importorskip("jax")
    sums = jax.vmap(lambda p, g: dice.overlap(p, g, class_axis=0))(SOFT, OTHERS)
    expected = dice.overlap(SOFT, OTHERS, **EACH)
    three = sum([sums, sums, sums])
    for average in ("macro", "micro", "weighted"):
        assert sums.dice(average=average) == pytest.approx(expected.dice(average=average))
        assert three.dice(average=average) == pytest.approx(expected.dice(average=average))


# Dask


def test_dask_computes_nothing_early():
    da = pytest.importorskip("dask.array")

    def fail(block):
        raise AssertionError("computed")

    def lazy(values):
        source = da.from_array(values, chunks=2)
        return source.map_blocks(fail, dtype=values.dtype, meta=np.empty(0, values.dtype))

    for function, p, g, options in [*HARD.values(), *LOSSES.values()]:
        options = {k: lazy(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
        result = function(lazy(p), lazy(g), **options)
        with pytest.raises(AssertionError, match="computed"):
            result.compute(scheduler="synchronous")
    gradient = dice.dice_loss_gradient(lazy(SOFT), lazy(LABELS), class_axis=1)
    assert gradient.shape == SOFT.shape
    for activation, values, options in ARRAYS.values():
        assert activation(lazy(values), **options).dtype in (np.float64, np.int64)


@pytest.mark.beyond
@pytest.mark.parametrize("chunks", [(1, 3, 4, 5), (2, 1, 4, 5), (2, 3, 3, 2), (1, 2, 1, 5)])
def test_chunks_may_cut_any_axis(chunks):
    da = pytest.importorskip("dask.array")
    p = da.from_array(SOFT, chunks=chunks)
    labels = da.from_array(LABELS, chunks=(chunks[0], *chunks[2:]))
    masks = da.from_array(OTHERS, chunks=(2, 3, 2, 5))
    for options in (PER_CLASS, EACH, EACH | {"average": "micro", "squared": True}):
        expected = dice.dice_loss(SOFT, LABELS, **options)
        assert dice.dice_loss(p, labels, **options).compute() == pytest.approx(expected, abs=1e-14)
        expected = dice.dice_loss(SOFT, OTHERS, **options)
        assert dice.dice_loss(p, masks, **options).compute() == pytest.approx(expected, abs=1e-14)
    logits = da.from_array(LOGITS, chunks=chunks)
    expected = dice.dice_ce_loss(LOGITS, LABELS, class_axis=1)
    found = dice.dice_ce_loss(logits, labels, class_axis=1).compute()
    assert found == pytest.approx(expected, abs=1e-14)
    expected = dice.dice_loss_gradient(SOFT, LABELS, **EACH)
    np.testing.assert_allclose(dice.dice_loss_gradient(p, labels, **EACH).compute(), expected)
    counts = dice.overlap(labels, da.from_array(OTHER, chunks=(1, 4, 3)), num_classes=3)
    found = counts.intersection.compute()
    assert found.tolist() == dice.overlap(LABELS, OTHER, num_classes=3).intersection.tolist()


@pytest.mark.parametrize("soft", [True, False])
def test_no_task_of_dask_hands_on_a_chunk(soft):
    """Reading and counting a pair is one task: only few numbers go from task to task."""
    da, dask = pytest.importorskip("dask.array"), pytest.importorskip("dask")
    from dask.callbacks import Callback

    class Results(Callback):
        def __init__(self):
            self.largest = []
            super().__init__(posttask=lambda key, value, *_: self.largest.append(np.size(value)))

    p, g = np.full((4, 12, 10), 0.5 if soft else 0), np.ones((4, 12, 10), int)
    p, g = (da.from_array(values, chunks=(2, 6, 5)) + 0 for values in (p, g))
    options = {} if soft else {"num_classes": 2, "average": "macro"}
    score = (dice.soft_dice if soft else dice.dice_score)(p, g, **options)
    with Results() as results, dask.config.set(scheduler="synchronous"):
        score.compute()
    assert max(results.largest) <= 6


# Objects


def test_objects_are_matched_by_a_processor():
    torch = pytest.importorskip("torch")
    ids = torch.zeros(4, dtype=torch.int64, device="meta")
    with pytest.raises(TypeError, match="can't convert meta device type tensor to numpy"):
        dice.panoptic_quality(ids, ids)


@pytest.mark.parametrize("library_name", ["torch", "jax"])
def test_panoptic_quality(library_name):
    library = pytest.importorskip(library_name)
    p, g = np.array([[1, 1, 0, 2]]), np.array([[7, 7, 0, 0]])
    expected = dice.panoptic_quality(p, g)
    p, g = make(library, p), make(library, g)
    if library_name == "jax":  # where there is a card, its arrays start there
        p, g = library.device_put((p, g), library.devices("cpu")[0])
    assert dice.panoptic_quality(p, g) == expected
