"""A small segmentation model and its training loop, in NumPy.

The model looks at each pixel through a bank of fixed filters and passes what they say through
one hidden layer. Its gradients are the package's own, carried on by the chain rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dice import cross_entropy, dice_loss, dice_loss_gradient, overlap, sigmoid
from dice.course.scenes import scene

Floats = NDArray[np.floating[Any]]
Mask = NDArray[np.bool_]
Parameters = dict[str, Floats]
Loss = Callable[[Floats, Mask], tuple[float, Floats]]

SCALES = (1, 2, 4, 8)
PHOTOGRAPHS = ("coins", "vessels", "microaneurysms")


# Losses, each with its derivative with respect to the logits


def _ce(logits: Floats, target: Mask) -> tuple[float, Floats]:
    return cross_entropy(logits, target), (sigmoid(logits) - target) / target.size


def _balanced(logits: Floats, target: Mask) -> tuple[float, Floats]:
    """Foreground and background weigh one half each."""
    foreground = max(int(target.sum()), 1)
    weights = np.where(target, 0.5 / foreground, 0.5 / max(target.size - foreground, 1))
    parts = [cross_entropy(logits, target, mask=part) for part in (target, ~target)]
    return 0.5 * float(sum(parts)), weights * (sigmoid(logits) - target)


def _dice(logits: Floats, target: Mask) -> tuple[float, Floats]:
    p = sigmoid(logits)
    slope = p * sigmoid(-logits)  # of the sigmoid
    return dice_loss(p, target), dice_loss_gradient(p, target) * slope


def _dice_ce(logits: Floats, target: Mask) -> tuple[float, Floats]:
    (first, push), (second, pull) = _dice(logits, target), _ce(logits, target)
    return first + second, push + pull


LOSSES: Mapping[str, Loss] = {
    "CE": _ce,
    "weighted CE": _balanced,
    "Dice": _dice,
    "Dice + CE": _dice_ce,
}
"""Name and function of each loss: logits and target to the loss and its gradient."""


# Data


@dataclass(frozen=True, eq=False)
class Data:
    """Pictures as features and targets.

    Parameters
    ----------
    features : array of float, shape (N, H, W, F)
        What the filters say about each pixel.
    target : array of bool, shape (N, H, W)
        The reference.
    """

    features: Floats
    target: Mask

    @property
    def share(self) -> float:
        """Share of the pixels that are foreground."""
        return float(self.target.mean())


@dataclass(frozen=True, eq=False)
class Split:
    """Three parts of a data set, features scaled as on the first.

    Parameters
    ----------
    training, validation, test : Data
        To fit the weights, to choose settings, and to report.
    """

    training: Data
    validation: Data
    test: Data


def filter_features(image: Floats) -> Floats:
    """Filter an image at several scales.

    Parameters
    ----------
    image : array of float, shape (H, W) or (H, W, 3)

    Returns
    -------
    array of float, shape (H, W, F)
        Each channel smoothed with a Gaussian of 1, 2, 4 and 8 pixels; then the length of the
        gradient and the Laplacian of the brightness at those scales.
    """
    from scipy import ndimage

    channels = image[..., np.newaxis] if image.ndim == 2 else image
    brightness = channels.mean(axis=-1)
    features = [
        ndimage.gaussian_filter(channels[..., k], scale)
        for k in range(channels.shape[-1])
        for scale in SCALES
    ]
    for scale in SCALES:
        features.append(ndimage.gaussian_gradient_magnitude(brightness, scale))
        features.append(ndimage.gaussian_laplace(brightness, scale))
    return np.stack(features, axis=-1)


def disks(size: float, *, noise: float = 0.3, side: int = 96, count: int = 16) -> Split:
    """Make scenes with one box and, in front of it, one disk: the disk is the target.

    Parameters
    ----------
    size : float
        Area of the disk, and of the box, as a share of the picture.
    noise : float
        Standard deviation of the noise.
    side : int
        Height and width in pixels.
    count : int
        Pictures for training and for the test; half as many for validation.

    Returns
    -------
    Split
    """

    def part(first: int, number: int) -> Data:
        made = [
            scene(seed, (side, side), objects=["box", "disk"], size=size, noise=noise)
            for seed in range(first, first + number)
        ]
        return Data(
            np.stack([filter_features(s.image) for s in made]),
            np.stack([s.semantic == 1 for s in made]),
        )

    return _scaled(part(1000, count), part(2000, count // 2), part(3000, count))


def photograph(name: str) -> tuple[Floats, Mask]:
    """Load a photograph and make a reference for it.

    Parameters
    ----------
    name : {"coins", "vessels", "microaneurysms"}
        Coins on cloth; vessels of a retina, at a quarter of the resolution; a part of a
        retina with microaneurysms, dark dots.

    Returns
    -------
    image : array of float, shape (H, W)
        Brightness in [0, 1]; of the retina, the green channel.
    reference : array of bool, shape (H, W)
        Foreground by classical filters and thresholds. No expert drew it.
    """
    import skimage
    from scipy import ndimage

    library: Any = skimage  # which comes without types for most of its functions

    def large(mask: Mask, pixels: int) -> Mask:
        pieces = library.measure.label(mask, connectivity=2)
        kept: Mask = mask & (np.bincount(pieces.ravel()) >= pixels)[pieces]
        return kept

    def compact(mask: Mask) -> Mask:
        pieces = library.measure.label(mask, connectivity=2)
        boxes = ndimage.find_objects(pieces)
        keep = [max(b.stop - b.start for b in box) <= 10 for box in boxes]
        kept: Mask = np.array([False, *keep])[pieces]
        return large(kept, 15)

    if name == "coins":
        raw = library.data.coins()
        image = raw / 255.0
        markers = np.where(raw > 150, 2, np.where(raw < 30, 1, 0))
        coins = library.segmentation.watershed(library.filters.sobel(image), markers) == 2
        return image, large(ndimage.binary_fill_holes(coins), 100)
    if name == "vessels":
        green = library.data.retina()[:1408, :1408, 1] / 255.0
        image = green.reshape(352, 4, 352, 4).mean(axis=(1, 3))
        ridges = library.filters.sato(image, sigmas=(1, 2), black_ridges=True)
        eye = ndimage.binary_erosion(image > 0.08, iterations=8)
        return image, large((ridges > 0.012) & eye, 60)
    if name == "microaneurysms":
        image = library.data.microaneurysms() / 255.0
        spots = ndimage.gaussian_laplace(image, 2)
        return image, compact(spots > np.quantile(spots, 0.93))
    raise ValueError(f"name must be among {PHOTOGRAPHS}, got {name!r}")


def photograph_split(name: str) -> Split:
    """Cut a photograph into three bands, for training, validation and test.

    Parameters
    ----------
    name : str
        As in `photograph`.

    Returns
    -------
    Split
        The upper half, the next quarter and the last, each cut into pieces side by side.
        Filters do not look across the bands. Of the two microaneurysms one lies in the upper
        half, which serves as validation data too, and one in the lower half, the test.
    """
    image, reference = photograph(name)
    half, last = image.shape[0] // 2, 3 * image.shape[0] // 4
    if name == "microaneurysms":
        upper = _pieces(image[:half], reference[:half], 1)
        return _scaled(upper, upper, _pieces(image[half:], reference[half:], 1))
    bands = slice(0, half), slice(half, last), slice(last, None)
    return _scaled(*(_pieces(image[band], reference[band], 4) for band in bands))


def _pieces(image: Floats, reference: Mask, number: int) -> Data:
    """Cut a band into pieces side by side."""
    features = filter_features(image)
    width = image.shape[1] // number
    cuts = range(0, width * number, width)
    return Data(
        np.stack([features[:, left : left + width] for left in cuts]),
        np.stack([reference[:, left : left + width] for left in cuts]),
    )


def _scaled(*parts: Data) -> Split:
    """Give each feature mean 0 and standard deviation 1 over the training part."""
    features = parts[0].features
    mean, spread = features.mean(axis=(0, 1, 2)), features.std(axis=(0, 1, 2))
    return Split(
        *(Data(((part.features - mean) / spread).astype(np.float32), part.target) for part in parts)
    )


# The model

ACTIVATIONS: Mapping[str, tuple[Callable[[Floats], Floats], Callable[[Floats], NDArray[Any]]]] = {
    "relu": (lambda inner: np.maximum(inner, 0), lambda outer: outer > 0),
    "leaky_relu": (lambda x: np.maximum(x, 0.2 * x), lambda y: np.maximum(np.sign(y), 0.2)),
    "tanh": (np.tanh, lambda outer: 1 - outer**2),
}
"""What a hidden unit makes of its input, and the slope of that where it gave such a value.

Below 0 the slope of a ReLU is 0, and that of the leaky one 0.2."""


def start(features: int, seed: int, hidden: int = 16, *, share: float = 0.5) -> Parameters:
    """Draw the weights that a training starts from.

    Parameters
    ----------
    features : int
        Number of features of a pixel.
    seed : int
        The same seed gives the same start.
    hidden : int
        Number of hidden units.
    share : float
        The last bias starts at the logit of this probability; one half is undecided.

    Returns
    -------
    dict of str to array
        Two layers of weights and biases; all biases but the last are 0.
    """
    random = np.random.default_rng(seed)
    drawn = {
        "W1": random.normal(0, np.sqrt(2 / features), (features, hidden)),
        "b1": np.zeros(hidden),
        "W2": random.normal(0, np.sqrt(1 / hidden), (hidden,)),
        "b2": np.log(share / (1 - share)),
    }
    return {name: np.asarray(value, np.float32) for name, value in drawn.items()}


def forward(
    parameters: Parameters, features: Floats, activation: str = "relu"
) -> tuple[Floats, Floats]:
    """Compute the logits.

    Parameters
    ----------
    parameters : dict of str to array
        From `start` or `train`.
    features : array of float, shape (..., F)
    activation : {"relu", "leaky_relu", "tanh"}
        What the hidden units make of their inputs, a key of `ACTIVATIONS`.

    Returns
    -------
    logits : array of float, shape (...)
    hidden : array of float, shape (..., hidden)
        What the hidden layer passes on; `backward` needs it.
    """
    hidden = ACTIVATIONS[activation][0](features @ parameters["W1"] + parameters["b1"])
    return hidden @ parameters["W2"] + parameters["b2"], hidden


def backward(
    parameters: Parameters, features: Floats, hidden: Floats, push: Floats, activation: str = "relu"
) -> Parameters:
    """Carry the derivative with respect to the logits on to the parameters.

    Parameters
    ----------
    parameters, features, hidden
        As in `forward`.
    push : array of float, shape (...)
        Derivative of the loss with respect to each logit.
    activation : {"relu", "leaky_relu", "tanh"}
        As in `forward`.

    Returns
    -------
    dict of str to array
        Derivative of the loss with respect to each parameter.
    """
    flat, push = features.reshape(-1, features.shape[-1]), push.ravel()
    units = hidden.reshape(-1, hidden.shape[-1])
    inner = ACTIVATIONS[activation][1](units) * (push[:, np.newaxis] * parameters["W2"])
    return {"W1": flat.T @ inner, "b1": inner.sum(0), "W2": units.T @ push, "b2": push.sum()}


# Training


@dataclass(frozen=True, eq=False)
class Run:
    """What a training gave.

    Parameters
    ----------
    parameters : dict of str to array
        The weights after the last step.
    steps : list of int
        When the model was scored.
    scores : list of float
        Dice on the validation data then, at the threshold one half.
    """

    parameters: Parameters
    steps: list[int] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)


def train(
    split: Split,
    loss: str,
    *,
    seed: int,
    rate: float,
    steps: int = 300,
    batch: int = 2,
    every: int | None = None,
    share: float = 0.5,
    activation: str = "relu",
) -> Run:
    """Train the model with Adam.

    Parameters
    ----------
    split : Split
        Weights are fitted to its first part; scores on the way are of the second.
    loss : str
        A name in `LOSSES`.
    seed : int
        Chooses the start and the order of the pictures, the same for every loss.
    rate : float
        Learning rate.
    steps : int
        Number of steps.
    batch : int
        Pictures per step. Their sums are pooled.
    every : int, optional
        Score the model whenever so many steps are done. It is always scored before the first
        step and after the last.
    share : float
        As in `start`.
    activation : {"relu", "leaky_relu", "tanh"}
        As in `forward`.

    Returns
    -------
    Run
    """
    features, target = split.training.features, split.training.target
    parameters, slope_of = start(features.shape[-1], seed, share=share), LOSSES[loss]
    random = np.random.default_rng(seed)
    run = Run(parameters)
    first = {name: np.zeros_like(value) for name, value in parameters.items()}
    second = {name: np.zeros_like(value) for name, value in parameters.items()}
    for step in range(1, steps + 1):
        if (every and step % every == 1) or step == 1:
            _score(run, split.validation, step - 1, activation)
        chosen = random.choice(len(target), min(batch, len(target)), replace=False)
        logits, hidden = forward(parameters, features[chosen], activation)
        _, push = slope_of(logits, target[chosen])
        slopes = backward(parameters, features[chosen], hidden, push, activation)
        for name, slope in slopes.items():
            first[name] = 0.9 * first[name] + 0.1 * slope
            second[name] = 0.999 * second[name] + 0.001 * slope**2
            mean, square = first[name] / (1 - 0.9**step), second[name] / (1 - 0.999**step)
            parameters[name] = parameters[name] - rate * mean / (np.sqrt(square) + 1e-8)
    _score(run, split.validation, steps, activation)
    return run


def _score(run: Run, data: Data, step: int, activation: str) -> None:
    logits, _ = forward(run.parameters, data.features, activation)
    run.steps.append(step)
    run.scores.append(float(overlap(logits >= 0, data.target).dice(empty=0)))


# What a trained model is worth


def scores_by_threshold(probabilities: Floats, target: Mask, thresholds: Sequence[float]) -> Floats:
    """Dice of the mask that each threshold gives, all pictures pooled.

    Parameters
    ----------
    probabilities : array of float
    target : array of bool, of the same shape
    thresholds : sequence of float

    Returns
    -------
    array of float
        One score for each threshold.
    """
    masks = (probabilities >= threshold for threshold in thresholds)
    return np.array([overlap(mask, target).dice(empty=0) for mask in masks])


def reliability(probabilities: Floats, target: Mask, bins: int = 10) -> dict[str, Any]:
    """Compare what a model says with how often it is so.

    Parameters
    ----------
    probabilities : array of float
    target : array of bool, of the same shape
    bins : int
        Number of equal parts of [0, 1].

    Returns
    -------
    dict
        Per bin the "pixels", their mean "probability" and the "frequency" of foreground
        among them; NaN where a bin holds no pixel.
    """
    p, g = probabilities.ravel(), target.ravel()
    where = np.minimum((p * bins).astype(int), bins - 1)
    pixels = np.bincount(where, minlength=bins)
    with np.errstate(invalid="ignore"):
        return {
            "pixels": pixels,
            "probability": np.bincount(where, p, bins) / pixels,
            "frequency": np.bincount(where, g, bins) / pixels,
        }
