"""A small segmentation model, its training loop in NumPy.

The model looks at each pixel through a bank of fixed filters and passes what they say through
one hidden layer. Its gradients are the package's own, carried on by the chain rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dice import dice_loss_gradient, overlap, sigmoid

Floats = NDArray[np.floating[Any]]
Mask = NDArray[np.bool_]
Parameters = dict[str, Floats]
Loss = Callable[[Floats, Mask], Floats]
BySums = Callable[[float, float, int, int], tuple[float, float]]

SCALES = (1, 2, 4, 8)


# Losses: the gradient of each with respect to the logits


def _ce(logits: Floats, target: Mask) -> Floats:
    push: Floats = (sigmoid(logits) - target) / target.size
    return push


def _balanced(logits: Floats, target: Mask) -> Floats:
    """Of cross entropy in which foreground and background weigh one half each."""
    foreground = int(target.sum())
    weights = 0.5 / max(target.size - foreground, 1), 0.5 / max(foreground, 1)
    push: Floats = np.where(target, *weights[::-1]) * (sigmoid(logits) - target)
    return push


def _dice(logits: Floats, target: Mask, batch_axis: int | None = None) -> Floats:
    p = sigmoid(logits)
    push: Floats = dice_loss_gradient(p, target, batch_axis=batch_axis) * p * sigmoid(-logits)
    return push


def mixed(dice: float, ce: float) -> Loss:
    """Make a weighted sum of the Dice loss and cross entropy."""
    return lambda logits, target: dice * _dice(logits, target) + ce * _ce(logits, target)


def _of_sums(by_sums: BySums) -> Loss:
    """Make a loss from its derivatives with respect to I and P, given I, P, G and the pixels."""

    def loss(logits: Floats, target: Mask) -> Floats:
        p = sigmoid(logits)
        sums = overlap(p, target)
        i, both = float(sums.intersection), float(sums.prediction)
        by_i, by_p = by_sums(i, both, int(target.sum()), target.size)
        push: Floats = (by_i * target + by_p) * p * sigmoid(-logits)
        return push

    return loss


def _tversky(exponent: float, miss: float = 0.7) -> Loss:
    """Make a (focal) Tversky loss; false alarms weigh what misses leave of 1."""

    def by_sums(i: float, p: float, g: int, pixels: int) -> tuple[float, float]:
        bottom = (1 - miss) * p + miss * g
        rest = 1 - i / bottom
        outer = exponent * rest ** (exponent - 1) if rest else 0.0
        return -outer / bottom, outer * (1 - miss) * i / bottom**2

    return _of_sums(by_sums)


def _generalized(i: float, p: float, g: int, pixels: int) -> tuple[float, float]:
    """Of the classes foreground and background; one that is absent weighs as the other."""
    rest = pixels - g
    own, other = (1 / (k or pixels) ** 2 for k in (g, rest))
    top, bottom = own * i + other * (rest - p + i), own * (p + g) + other * (rest + pixels - p)
    by_p = other / bottom + top * (own - other) / bottom**2
    return -2 * (own + other) / bottom, 2 * by_p


LOSSES: Mapping[str, Loss] = {
    "CE": _ce,
    "weighted CE": _balanced,
    "Dice": _dice,
    "Dice per image": lambda logits, target: _dice(logits, target, batch_axis=0),
    "Dice + CE": mixed(1, 1),
    "Tversky": _tversky(1),
    "focal Tversky": _tversky(0.75),
    "generalized Dice": _of_sums(_generalized),
}
"""Name of each loss, and a function of logits and target that gives its gradient.

In weighted CE foreground and background weigh one half each. Tversky weighs misses 0.7 and false
alarms 0.3; focal Tversky is its power 0.75."""


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
    image : array of float, shape (H, W)

    Returns
    -------
    array of float, shape (H, W, 12)
        Smoothed with a Gaussian of 1, 2, 4 and 8 pixels; then the length of the gradient and
        the Laplacian at those scales.
    """
    from scipy import ndimage

    kinds = "gaussian_filter", "gaussian_gradient_magnitude", "gaussian_laplace"
    return np.stack([getattr(ndimage, kind)(image, s) for kind in kinds for s in SCALES], axis=-1)


def picture(
    random: np.random.Generator, *, radius: float = 3, side: int = 64, noise: float = 0.8
) -> tuple[Floats, Mask]:
    """Draw a bright disk, the target, and a paler box of the same area, in noise.

    Parameters
    ----------
    random : numpy.random.Generator
    radius : float
        Of the disk, in pixels, at most 6.
    side : int
        Height and width, at least 32. Disk and box lie in the middle 32 × 32 pixels whatever
        the side: a larger side is more background around them.
    noise : float
        Standard deviation of the noise; the disk is 1 brighter than the ground, the box 0.6.

    Returns
    -------
    image : array of float, shape (side, side)
    target : array of bool, shape (side, side)
    """
    rows, columns = np.mgrid[:side, :side] + (32 - side) / 2 + 0.5
    apart, flat = 0.0, np.sqrt(1.5) ** random.choice([-1, 1])
    while apart < 2.2 * radius:
        disk, box = random.uniform(1.2 * radius, 32 - 1.2 * radius, (2, 2))
        apart = np.hypot(*(disk - box))
    target = np.hypot(rows - disk[0], columns - disk[1]) <= radius
    half = radius * np.sqrt(np.pi) / 2
    inside = (abs(rows - box[0]) <= half * flat) & (abs(columns - box[1]) <= half / flat)
    return random.normal(target + 0.6 * inside, noise), target


def disks(draw: int, *, count: int = 16, empty: bool = False, **options: Any) -> Split:
    """Make pictures of disks to train on, as many to validate, and twice as many to test.

    Parameters
    ----------
    draw : int
        Chooses the pictures; no two draws share one.
    count : int
        Pictures for training.
    empty : bool
        Leave the disk out of every second picture.
    **options
        Of `picture`.

    Returns
    -------
    Split
    """

    def part(number: int, pictures: int) -> Data:
        drawn = (np.random.default_rng([draw, number, k]) for k in range(pictures))
        made = [picture(random, **options) for random in drawn]
        for image, target in made[1::2] if empty else ():
            image -= target
            target[:] = False
        return Data(np.stack([filter_features(i) for i, _ in made]), np.stack([t for _, t in made]))

    return _scaled(part(0, count), part(1, count), part(2, 2 * count))


def _scaled(*parts: Data) -> Split:
    """Give each feature mean 0 and standard deviation 1 over the training part."""
    features = parts[0].features
    mean, spread = features.mean(axis=(0, 1, 2)), features.std(axis=(0, 1, 2))
    return Split(
        *(Data(((part.features - mean) / spread).astype(np.float32), part.target) for part in parts)
    )


# The model

ACTIVATIONS: Mapping[str, tuple[Callable[[Floats], Floats], Callable[[Floats], NDArray[Any]]]] = {
    "tanh": (np.tanh, lambda outer: 1 - outer**2),
    "relu": (lambda inner: np.maximum(inner, 0), lambda outer: outer > 0),
    "leaky_relu": (lambda x: np.maximum(x, 0.2 * x), lambda y: np.maximum(np.sign(y), 0.2)),
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
    parameters: Parameters, features: Floats, activation: str = "tanh"
) -> tuple[Floats, Floats]:
    """Compute the logits.

    Parameters
    ----------
    parameters : dict of str to array
        From `start` or `train`.
    features : array of float, shape (..., F)
    activation : {"tanh", "relu", "leaky_relu"}
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
    parameters: Parameters, features: Floats, hidden: Floats, push: Floats, activation: str = "tanh"
) -> Parameters:
    """Carry the derivative with respect to the logits on to the parameters.

    Parameters
    ----------
    parameters, features, hidden
        As in `forward`.
    push : array of float, shape (...)
        Derivative of the loss with respect to each logit.
    activation : {"tanh", "relu", "leaky_relu"}
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


def train(
    data: Data,
    loss: str | Loss,
    *,
    seed: int,
    rate: float,
    steps: int = 300,
    batch: int = 2,
    share: float = 0.5,
    activation: str = "tanh",
    epsilon: float = 1e-8,
    watch: Callable[[int, Parameters], None] | None = None,
) -> Parameters:
    """Train the model with Adam.

    Parameters
    ----------
    data : Data
        What the weights are fitted to.
    loss : str or function
        A name in `LOSSES`, or a function like theirs.
    seed : int
        Chooses the start and the order of the pictures, the same for every loss.
    rate : float
        Learning rate.
    steps : int
        Number of steps.
    batch : int
        Pictures per step. Their sums are pooled, unless the loss keeps them apart.
    share : float
        As in `start`.
    activation : {"tanh", "relu", "leaky_relu"}
        As in `forward`.
    epsilon : float
        What Adam adds to the root of the mean square, by which it divides.
    watch : function, optional
        Called after each step with its number and the weights.

    Returns
    -------
    dict of str to array
        The weights after the last step.
    """
    slope_of = loss if callable(loss) else LOSSES[loss]
    random, kind = np.random.default_rng(seed), data.features.dtype
    drawn = start(data.features.shape[-1], seed, share=share)
    parameters = {name: value.astype(kind) for name, value in drawn.items()}
    first, second = ({name: 0 * value for name, value in parameters.items()} for _ in range(2))
    for step in range(1, steps + 1):
        chosen = random.choice(len(data.target), batch, replace=False)
        features, target = data.features[chosen], data.target[chosen]
        logits, hidden = forward(parameters, features, activation)
        push = slope_of(logits, target).astype(kind)
        slopes = backward(parameters, features, hidden, push, activation)
        for name, slope in slopes.items():
            first[name] = 0.9 * first[name] + 0.1 * slope
            second[name] = 0.999 * second[name] + 0.001 * slope**2
            mean, square = first[name] / (1 - 0.9**step), second[name] / (1 - 0.999**step)
            size = np.sqrt(square) + epsilon
            step_of = np.divide(mean, size, out=np.zeros_like(mean), where=size > 0)
            parameters[name] = (parameters[name] - rate * step_of).astype(kind)
        if watch:
            watch(step, parameters)
    return parameters


# What a trained model is worth


def best_dice(probabilities: Floats, target: Mask) -> tuple[float, float]:
    """The best Dice of all masks that a threshold gives, and that threshold.

    Parameters
    ----------
    probabilities : array of float
    target : array of bool, of the same shape

    Returns
    -------
    tuple of float
        Dice, all pictures pooled, of ``probabilities >= threshold``; and the threshold.
    """
    order = np.argsort(-probabilities, axis=None)
    p, hits = probabilities.ravel()[order], np.cumsum(target.ravel()[order])
    scores = 2 * hits / (np.arange(1, hits.size + 1) + hits[-1])
    scores[:-1][p[:-1] == p[1:]] = 0  # a threshold takes equal ones together
    return float(scores.max()), float(p[scores.argmax()])


def average_precision(probabilities: Floats, target: Mask) -> float:
    """Mean, over the pixels of the target, of the precision where the mask just takes them in.

    Parameters
    ----------
    probabilities : array of float
    target : array of bool, of the same shape

    Returns
    -------
    float
        1 if the target's pixels have the highest probabilities; without a threshold. Equal
        probabilities are taken in together.
    """
    order = np.argsort(-probabilities, axis=None)
    p, g = probabilities.ravel()[order], target.ravel()[order]
    last = np.searchsorted(-p, -p, side="right") - 1
    precision = np.cumsum(g)[last] / (last + 1)
    return float(precision[g].mean())


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
