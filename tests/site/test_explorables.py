"""The figures that the reader works by hand, driven in a real browser: `make pages` runs these.

Every number that they show is compared with the package's, on the same input, to the digits shown.
"""

import csv
import itertools
import math
import random
import re
from functools import cache
from urllib.parse import parse_qsl

import numpy as np
import pytest
import yaml
from built import ROOT, SITE, axe
from scipy import ndimage

from dice import (
    Overlap,
    dice_loss,
    dice_loss_gradient,
    dice_score,
    iou_score,
    object_pairs,
    one_hot,
    overlap,
    panoptic_quality,
    sigmoid,
    soft_dice,
    softmax,
)
from dice.course import detective, report, style, training
from dice.course.examples import LABELS, LOGITS, SIX_PIXELS_PREDICTION, SIX_PIXELS_TARGET
from dice.instances import PanopticQuality

pytestmark = pytest.mark.book

SCRIPTS = ROOT / "book" / "_static" / "explorables"
TEXTS = yaml.safe_load((ROOT / "book" / "_ext" / "explorables.yml").read_text("utf8"))
CHAPTERS = {name: text["chapter"] for name, text in TEXTS.items()}
each_explorable = pytest.mark.parametrize("name", CHAPTERS)
FOR_ALL = "paint-and-score", "worked-example-live", "report", "two-losses-one-model", "arrows"
OTHERS = [pytest.param(name, marks=pytest.mark.beyond) for name in CHAPTERS if name not in FOR_ALL]
each_form = pytest.mark.parametrize("name", [*FOR_ALL, *OTHERS])  # `make pages ALL=1` tries all
GIVEN = {name: text.get("given") for name, text in TEXTS.items()}
ASKED = {  # what is right
    "arrows": "ce",
    "cut-into-tiles": "mean",
    "draw-patients": "six",
    "price-of-a-miss": "below",
    "push-and-speck": "leap",
    "same-shape-other-score": "nothing",
    "six-switches": "2",
    "threshold-and-match": "rises",
    "two-losses-one-model": "no",
}
COLLIDE = """e => [...e.querySelectorAll("svg.chart")].some((chart) => {
  const boxes = [...chart.querySelectorAll(".halo")].map((label) => label.getBBox());
  return boxes.some((a, k) => boxes.slice(0, k).some((b) => a.x < b.x + b.width - 1 &&
    b.x < a.x + a.width - 1 && a.y < b.y + b.height - 1 && b.y < a.y + a.height - 1));
})"""
PLAY = """(e, draws) => {
  const lot = (count) => Math.floor(draws.pop() * count);
  const all = (kind) => [...e.querySelectorAll(`.explorable-body ${kind}`)];
  for (const press of all("button:not(.pixel)")) if (lot(2)) press.click();
  for (const choice of all("fieldset")) {
    const options = choice.querySelectorAll("input");
    options[lot(options.length)].click();
  }
  for (const pixel of all(".pixels > button")) if (lot(2)) pixel.click();
  for (const field of all("input:not([type=radio]), select")) {
    if (field.options) field.selectedIndex = lot(field.length);
    else field.value = field.type === "range" ? lot(+field.max + 1) : (lot(1201) - 600) / 100;
    for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, {bubbles: true}));
  }
}"""
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


@pytest.fixture
def start(visit):
    """Open an explorable by name and state, and wait until it has started."""

    def open_one(name, state=None, waits=True, **options):
        place = f"#{name}?{query(state)}" if state else ""
        figure = Figure(visit(f"{CHAPTERS[name]}.html{place}", **options), name)
        return figure.started() if waits else figure

    return open_one


def query(state):
    return "&".join(f"{key}={value}" for key, value in state.items())


class Figure:
    """One explorable on an open page."""

    def __init__(self, page, name):
        self.page, self.name = page, name
        self.node = page.locator(f"#{name}")

    def started(self):
        self.node.scroll_into_view_if_needed()
        self.page.wait_for_selector(f"#{self.name}[data-started]")
        return self

    @property
    def state(self):
        address = self.node.locator(".state-link").get_attribute("href")
        return dict(parse_qsl(address.partition("?")[2]))

    @property
    def shown(self):
        """All numbers by name; one name in two places must show one number."""
        pairs = self.node.evaluate(
            "e => [...e.querySelectorAll('[data-show]')].map(n => [n.dataset.show, n.textContent])"
        )
        values = dict(pairs)
        assert all(values[key] == text for key, text in pairs)
        return values

    def go(self, **state):
        """Follow an address to a state."""
        self.follow(address := query(state))
        self.page.wait_for_selector(f"#{self.name} .state-link[href='#{self.name}?{address}']")

    def follow(self, address):
        self.page.evaluate("hash => { location.hash = hash }", f"#{self.name}?{address}")

    def play(self, draw):
        """Use every control by lot; `draw` is seeded."""
        if self.name in PASTED:
            self.go(**PASTED[self.name](draw))
        else:
            self.node.evaluate(PLAY, [draw.random() for _ in range(200)])

    def smaller_than(self, size):
        """Controls that a finger would miss."""
        boxes = [(e, e.bounding_box()) for e in self.node.locator("button, input, select, a").all()]
        return [e.text_content() for e, b in boxes if not b or min(b["width"], b["height"]) < size]

    def press(self, label):
        self.node.get_by_role("button", name=label, exact=True).click()

    def said(self, *words):
        status = self.node.locator("[role=status][aria-live=polite]")
        for word in words:
            status.filter(has_text=re.compile(re.escape(word))).wait_for(state="attached")


def number(text):
    mantissa, _, power = text.replace("−", "-").replace(" %", "").partition("·10")
    return float(mantissa) * 10.0 ** int(power.translate(SUPERSCRIPTS) or 0)


def resolution(text):
    """How far the number shown may be from the truth.

    Half a unit of the fourth decimal, where there are four; else of the fourth digit that
    counts, of a percentage the third, whether or not zeros at the end are left out.
    """
    if re.search(r"\.\d{4}$", text):
        return 0.5e-4 * (1 + 1e-9)
    size = abs(number(text))
    digits = 3 if "%" in text else 4
    return 0.5 * 10.0 ** (math.floor(math.log10(size)) + 1 - digits) * (1 + 1e-9) if size else 0.0


def same(shown, expected):
    """Compare every text with a number, to the digits shown; NaN is 'undefined'."""
    for key, value in expected.items():
        text = shown[key]
        if isinstance(value, str):
            assert text == value, key
        elif np.isnan(value):
            assert text == "undefined", key
        else:
            limit = 0 if isinstance(value, int | np.integer) else resolution(text) + 1e-12
            error = abs(number(text) - value)
            assert error <= limit, f"{key}: shown {text}, the package has {value}"
    return set(expected)


# What the package says: for each figure a function of its name


def three(sums, prefix=""):
    values = sums.intersection, sums.prediction, sums.target
    return {f"{prefix}{letter}": value for letter, value in zip("IPG", values, strict=True)}


def paint_and_score_shows(state):
    g, p = (np.array([int(bit) for bit in state[key]]) for key in ("target", "prediction"))
    sums = overlap(p, g)
    score = dice_score(p, g)
    return three(sums) | {
        "N": g.size,
        "TN": int(((g == 0) & (p == 0)).sum()),
        "dice": score,
        "iou": iou_score(p, g),
        "accuracy": float((p == g).mean()),
        "loss": 1 - score if np.isnan(score) else dice_loss(p.astype(float), g),
    }


def accuracy_trap_shows(state):
    keys = "size", "sensitivity", "specificity"
    q, sensitivity, specificity = (float(state[key]) for key in keys)
    found, left = sensitivity * q, specificity * (1 - q)
    marked = found + (1 - q) - left
    precision = found / marked if marked > 0 else float("nan")
    sums = Overlap(found, marked, q)
    return three(sums) | {
        "TN": left,
        "accuracy": found + left,
        "dice": sums.dice(),
        "precision": precision,
        "right": 100 * precision,
        "wrong": 100 * (1 - precision),
    }


def to_round_or_not_shows(state):
    """Hard and soft Dice of the six pixels, one of them changed, and the slopes there."""
    p, g = np.array([0.9, 0.2, 0.6, 0.8, 0.1, 0.1]), np.array(SIX_PIXELS_TARGET)
    chosen, value = int(state["pixel"]) - 1, float(state["probability"])
    p[chosen] = value
    mask = (p >= 0.5).astype(int)
    hard, soft = overlap(mask, g), overlap(p, g)
    jumps = "none: it jumps" if value == 0.5 else "0"
    return (
        three(hard, "hard-")
        | three(soft, "soft-")
        | {
            "hard-slope": jumps,
            "hard": dice_score(mask, g),
            "soft": soft_dice(p, g),
            "soft-slope": -dice_loss_gradient(p, g)[chosen],
        }
    )


def worked_example_live_shows(state):
    z = np.array([float(text) for text in state["logits"].split(",")]).reshape(3, 4)
    labels = np.array([int(label) for label in state["labels"]])
    p, y = softmax(z, class_axis=0), one_hot(labels, 3, class_axis=0)
    sums = overlap(p, labels, class_axis=0)
    scores = soft_dice(p, labels, class_axis=0)
    loss = dice_loss(p, labels, class_axis=0)
    expected = {"macro": 1 - loss, "loss": loss}
    for i in range(4):
        expected[f"powers-{i}"] = np.exp(z[:, i]).sum()
    for c in range(3):
        expected |= {f"I-{c}": sums.intersection[c], f"P-{c}": sums.prediction[c]}
        expected |= {f"G-{c}": sums.target[c], f"dice-{c}": scores[c]}
        for i in range(4):
            expected |= {f"power-{c}-{i}": np.exp(z[c, i]), f"p-{c}-{i}": p[c, i]}
            expected |= {f"y-{c}-{i}": y[c, i], f"product-{c}-{i}": p[c, i] * y[c, i]}
    return expected


def table_of(sums):
    """Lines of image, class and sums, or of the sums of one class, as an Overlap."""
    rows = [row.split(",") for row in sums.split(";")]
    rows = [row if row[3:] else [str(k), "1", *row] for k, row in enumerate(rows)]
    images = list(dict.fromkeys(row[0] for row in rows))
    table = np.zeros((3, len(images), 1 + max(1, *(int(row[1]) for row in rows))), int)
    for image, label, *three in rows:
        table[:, images.index(image), int(label)] = three
    return Overlap(*table)


def detective_shows(state):
    found = detective.investigate(state["yours"], state["theirs"], table_of(state["sums"]))
    tried = "{} conventions and calls, {} numbers".format(*found.tried)
    expected = {"verdict": found.verdict, "tried": tried}
    for whose, hits in zip(("yours", "theirs"), found.hits.values(), strict=True):
        count = f"{len(hits) or 'no'} hit" + "s" * (len(hits) != 1)
        expected[whose] = f"{state[whose]}: {count}"
        for k, hit in enumerate(hits[:3]):
            more = ["…"] if hit.calls[3:] else []
            of_hit = {"": hit.convention, "-departures": hit.departures}
            of_hit |= {"-chance": f"{hit.chance:.2f}", "-calls": "; ".join(hit.calls[:3] + more)}
            expected |= {f"{whose}-{k}{part}": value for part, value in of_hit.items()}
    return expected


def rules(text):
    pairs = [part.split(":") for part in text.split(",") if ":" in part]
    return {name: None if value == "out" else float(value) for name, value in pairs}


def report_shows(state, cases=report.TEXTS["example"], **stated):
    pair = () if state["compare"] == "none" else tuple(state["compare"].split(","))
    options = {"unit": state["unit"], "compare": pair} | stated
    options |= {name: rules(state[name]) for name in ("failed", "empty")}
    found = report.report(csv.DictReader(cases), **options)
    expected = {"methods": found.methods, "results": found.results, "notes": " ".join(found.notes)}
    for k, (column, values) in enumerate(found.numbers.items()):
        about = report.known(column)
        mean, low, high = (
            report.shown(values[n], about["digits"]) for n in ("mean", "low", "high")
        )
        expected |= {
            f"{k}-name": about["name"],
            f"{k}-mean": f"{mean}{about['unit']} ({low} to {high})",
        }
    return expected


def six_switches_shows(state):
    sums = np.transpose(GIVEN["six-switches"]["sums"], (2, 0, 1))

    def read(bits):
        iou, background, micro, pooled, one, epsilon = map(int, bits)
        of = Overlap(*(sums.sum(axis=1) if pooled else sums))
        return (of.iou if iou else of.dice)(
            average="micro" if micro else "macro",
            include_background=bool(background),
            empty=1 if one else float("nan"),
            eps_numerator=epsilon,
            eps_denominator=epsilon,
        )

    every = list(map(read, itertools.product("01", repeat=6)))
    alone = [every[32 >> k] for k in range(6)]
    found = {"number": read(state["switches"]), "plain": every[0], "lift": alone[2] - every[0]}
    found |= {"lowest": min(every), "highest": max(every)}
    return found | {f"alone-{k}": value for k, value in enumerate(alone)}


def arrows_shows(state):
    p, g = np.array(state["p"].split(","), float), np.array([*map(int, state["target"])])
    by_dice = -dice_loss_gradient(p, g) * p * (1 - p)
    pushes = {"dice": by_dice, "ce": (g - p) / 6}
    found = {f"{key}-silent": int((abs(v) < 1 / 600).sum()) for key, v in pushes.items()}
    found["why"] = ""
    if not g.any():
        assert not by_dice.any()
        found["why"] = "Without a target Dice is 0, and so is every push of its loss."
    for key, values in pushes.items():
        texts = [f"{v:.1f}".replace("-", "−") for v in 100 * values * (abs(values) >= 5e-4) + 0.0]
        found |= {f"{key}-{i}": text for i, text in enumerate(texts)}
    first = {"p": "0.9,0.6,0.999,0.2,0.1,0.001", "target": "110000"}  # what the question is about
    asked = found if state == first else arrows_shows(first)
    return found | {f"start-{key}": asked[f"{key}-2"] for key in pushes}


def mask_of(rows, marks="#"):
    return np.array([[c in marks for c in row] for row in rows])


def push_and_speck_shows(state):
    """The three scores as the chapter on boundaries has them."""
    g = mask_of(GIVEN["push-and-speck"]["target"])
    p, edge = g.copy(), np.nonzero(g.any(axis=0))[0][-1] + 1
    push, speck = int(state["push"]), int(state["speck"])
    p[:, edge + min(push, 0) : edge + max(push, 0)] = g[:, [edge - 1]] * (push > 0)
    p[::-1, ::-1][1:4, 1:4].flat = np.arange(9) < speck
    edges = [mask & ~ndimage.binary_erosion(mask) for mask in (p, g)]
    pairs = zip(edges, edges[::-1], strict=True)
    lists = [ndimage.distance_transform_edt(~other)[one] for one, other in pairs]
    return {
        "rim": int(edges[0][-4:].sum()),
        "outline": int(edges[0].sum()),
        "dice": dice_score(p, g),
        "hd95": max(np.percentile(d, 95) for d in lists),
        "nsd": float((np.concatenate(lists) <= 1).mean()),
    }


def threshold_and_match_shows(state):
    target, tenths = (
        np.array([[*map(int, row)] for row in GIVEN["threshold-and-match"][key]])
        for key in ("target", "prediction")
    )
    mask = tenths >= int(state["threshold"])
    ids, count = ndimage.label(mask)
    _, _, pixels = pairs = object_pairs(ids, target)
    sizes = [np.bincount(one.ravel())[of] for one, of in zip((ids, target), pairs, strict=False)]
    ious = Overlap(pixels, *sizes).iou()[(pairs[:2] > 0).all(axis=0)]
    ious = ious[ious > int(state["match"]) / 100 + 1e-9]
    tp = len(ious)
    found = PanopticQuality(float(ious.sum()), tp, count - tp, target.max() - tp)
    if state["match"] == "50":
        assert found == panoptic_quality(ids, target)
    counts = {"tp": tp, "fp": found.only_predicted, "fn": found.only_target}
    qualities = {"pq": found.quality, "sq": found.segmentation, "rq": found.recognition}
    return counts | qualities | {"dice": dice_score(mask, target > 0)}


def cut_into_tiles_shows(state):
    p, g = (mask_of(GIVEN["cut-into-tiles"][key]) for key in ("prediction", "target"))

    def cut(side, offset):
        starts = [k for k in range(offset % side - side, 24, side) if k > -side]
        tiles = [
            np.s_[r : r + side, max(c, 0) : c + side] for r in range(0, 12, side) for c in starts
        ]
        return Overlap.join(overlap(p[tile], g[tile]) for tile in tiles)

    empty = 1 if state["empty"] == "1" else float("nan")
    means = [cut(k, at).dice(average="macro", empty=empty) for k in range(2, 13) for at in range(k)]
    tiles = cut(int(state["side"]), int(state["offset"]))
    scores = tiles.dice()
    return {
        "mean": tiles.dice(average="macro", empty=empty),
        "merged": dice_score(p, g),
        "worst": np.nanmin(scores),
        "count": scores.size,
        "nothing": int(np.isnan(scores).sum()),
        "lowest": min(means),
        "highest": max(means),
    }


def price_of_a_miss_shows(state):
    price = int(state["price"])
    g = (99.5 - np.arange(100)) / 100 * int(state["scale"]) / 10
    sums = Overlap(g.cumsum(), np.arange(1, 101), np.full(100, g.sum()))
    found = {
        "cost-threshold": 1 / (1 + price),
        "cost-marked": int((g > 1 / (1 + price) + 1e-12).sum()),
    }
    for name, (a, b) in {
        "tversky": (1 / (1 + price), price / (1 + price)),
        "dice": (0.5, 0.5),
    }.items():
        scores = sums.tversky(false_positive_weight=a, false_negative_weight=b)
        found |= {f"{name}-threshold": a * scores.max(), f"{name}-score": scores.max()}
        found[f"{name}-marked"] = int(scores.argmax()) + 1
    return found


def same_shape_other_score_shows(state):
    kind = "round_" * (state["organ"] == "round")
    g, p = (
        mask_of(GIVEN["same-shape-other-score"][kind + key]) for key in ("target", "prediction")
    )

    def turn(bits):
        transpose, rows, columns = map(int, bits)
        return (p.T if transpose else p)[:: 1 - 2 * rows, :: 1 - 2 * columns]

    k = int(state["shift"])
    here = np.pad(turn(state["turn"]), [(0, 0), (3, 3)])[:, 3 - k : 15 - k]
    sizes = {"P": int(here.sum()), "G": int(g.sum()), "shape": "12 × 12"}
    found = sizes | {"dice": dice_score(here, g)}
    scores = sorted(dice_score(turn(bits), g) for bits in itertools.product("01", repeat=3))
    found |= {"best": scores[-1], "second": scores[-2], "worst": scores[0]}
    g, p = (mask_of(GIVEN["same-shape-other-score"][key]) for key in ("target", "prediction"))
    return found | {"straight": dice_score(p, g), "exchanged": dice_score(p.T, g)}


def mulberry32(seed, count):
    """The numbers that the explorable draws."""
    a = (seed + 0x6D2B79F5 * np.arange(1, count + 1, dtype=np.uint64)).astype(np.uint32)
    t = (a ^ (a >> 15)) * (a | 1)
    t ^= t + (t ^ (t >> 7)) * (t | 61)
    return (t ^ (t >> 14)) / 2**32


def model_scores(name):
    given = GIVEN["draw-patients"]
    return Overlap(**given[name], target=given["target"]).dice()


def drawn_means(count, seed):
    """Means of the models, by test set, and which model is first in each."""
    scores = np.array([model_scores(name) for name in "ABC"])
    drawn = (mulberry32(seed, 400 * count) * 40).astype(int).reshape(400, count)
    means = scores[:, drawn].mean(axis=2)
    return means, means.argmax(axis=0)


def draw_patients_shows(state):
    count, seed = int(state["patients"]), int(state["seed"])
    (means, first), (_, of_ten) = drawn_means(count, seed), drawn_means(10, seed)
    found = {"patients": count, "leads": "ABC"[first[0]]}
    for k, name in enumerate("ABC"):
        found |= {f"first-{name}": int((first == k).sum()), f"mean-{name}": means[k, 0]}
        found[f"ten-{name}"] = int((of_ten == k).sum())
        low_high = zip(("low", "high"), np.percentile(means[k], [2.5, 97.5]), strict=True)
        found |= {f"{end}-{name}": value for end, value in low_high}
    return found


@cache
def trained(loss, rate, share):
    """The probabilities after the course's own training, on the picture of its own seed."""
    given = GIVEN["two-losses-one-model"]
    image, target = training.picture(np.random.default_rng(2), side=32)
    image = np.clip(np.round(8 * image), -16, 19) / 8
    assert (image == [[int(c, 36) / 8 - 2 for c in row] for row in given["image"]]).all()
    assert (target == mask_of(given["target"])).all()
    means = [ndimage.uniform_filter(image, size, mode="nearest") for size in (1, 3, 7)]
    data = training.Data(np.stack(means, axis=-1)[None], target[None])
    options = {"rate": rate, "share": share, "steps": 100, "batch": 1}
    parameters = training.train(data, loss, seed=0, **options)
    return sigmoid(training.forward(parameters, data.features)[0]), data.target


def thresholds(p, g, key):
    """Dice at one half, and the best of the slider's thresholds; training's own is near."""
    scores = [dice_score(p >= k / 100, g) for k in range(1, 100)]
    assert 0 <= training.best_dice(p, g)[0] - max(scores) < 0.03
    found = {"half": scores[49], "best": max(scores), "at": (1 + np.argmax(scores)) / 100}
    return {f"{key}-{name}": value for name, value in found.items()}


def two_losses_one_model_shows(state):
    found = {}
    for key, loss in (("ce", "CE"), ("dice", "Dice")):
        p, g = trained(loss, float(state["rate"]), float(state["start"]))
        found |= thresholds(p, g, key)
        asked = thresholds(*trained(loss, 0.03, 0.5), key)
        found |= {f"asked-{name}": value for name, value in asked.items()}
        del found[f"{key}-half"]
        found[f"{key}-here"] = dice_score(p >= float(state["threshold"]), g)
        found[f"{key}-volume"] = p.sum() / g.sum()
    return found


def agrees(figure):
    """Compare all that an explorable shows with the package."""
    shown, state = figure.shown, figure.state
    shows = globals()[f"{figure.name.replace('-', '_')}_shows"]
    expected = shows(state)
    if figure.name in ASKED:
        right = {"none": "", ASKED[figure.name]: "Right."}
        expected["judged"] = right.get(state["guess"], "Not so.")
        hidden = figure.node.locator(".after").first.is_hidden()
        assert hidden == (state["guess"] == "none"), "no answer before the guess"
        wrong = figure.node.locator(".verdict.wrong").count()
        assert wrong == (expected["judged"] != "Right."), "it looks as it is"
        assert not figure.node.evaluate(COLLIDE), "two labels on one place"
    assert same(shown, expected) == set(shown), "a number is shown that no test looks at"


def detective_state(draw):
    first, images = draw.randint(0, 1), range(1, draw.randint(2, 4))
    some = lambda: draw.choice([0, draw.randint(0, 9), draw.randint(0, 500)])  # noqa: E731
    cells = [(k, c, some(), some(), some()) for k in images for c in range(first, 3)]
    sums = ";".join(f"{k},{c},{i},{i + p},{i + g}" for k, c, i, p, g in cells)
    tried = list(detective.candidates(detective.lay(table_of(sums), None)))
    numbers = [f"{draw.choice(tried).value:.{draw.randint(2, 5)}f}" for _ in range(2)]
    return {"yours": numbers[0], "theirs": numbers[1], "sums": sums}


def report_state(draw):
    failed = "hd95:60", "hd95:out", "dice:out,hd95:374", "hd95:99.5,nsd:0.5,dice_b:out"
    empty, compare = ("out", "dice:1", "nsd:1,hd95:0"), ("none", "dice,dice_b", "nsd,dice")
    choices = {"failed": failed, "empty": empty, "unit": ("patient", "hospital")}
    return {key: draw.choice(some) for key, some in (choices | {"compare": compare}).items()}


PASTED = {"detective": detective_state, "report": report_state}  # what no lot would type


# All of them


@each_explorable
def test_whatever_is_pressed_the_numbers_are_those_of_the_package(start, name):
    figure, draw, seen = start(name), random.Random(20), set()
    agrees(figure)
    for _ in range(25):
        figure.play(draw)
        agrees(figure)
        seen.add(str(figure.state))
    assert len(seen) > 15
    examples = figure.node.locator(".buttons").first.locator("button")
    for label in [*examples.all_inner_texts(), "Start again"]:
        figure.press(label)
        agrees(figure)


@each_explorable
def test_state_is_kept_in_the_address(start, name):
    figure = start(name)
    fresh = figure.shown
    figure.play(random.Random(7))
    state, first = figure.state, figure.shown
    figure = start(name, state)
    assert (figure.state, figure.shown) == (state, first)
    box = figure.node.bounding_box()
    assert 0 <= box["y"] < 450, "a link to a state leads to the explorable"
    figure.press("Start again")
    figure.page.wait_for_function("name => location.hash.startsWith(`#${name}?`)", arg=name)
    assert start(name, figure.state).shown == fresh


@each_form
def test_a_bad_address_is_no_state(start, name):
    figure = start(name)
    first = figure.shown
    for wrong in ("x=1", "map=zz&target=9", "logits=1,2&labels=<b>", "size=7", "%E0%A4%A", ""):
        figure.follow(wrong)
        figure.page.wait_for_timeout(50)
        assert figure.shown == first


@each_form
def test_starts_only_in_view(start, name):
    figure = start(name, waits=False)
    figure.page.wait_for_timeout(200)
    assert figure.node.get_attribute("data-started") is None
    assert figure.node.locator(".explorable-static img").count() == 1
    figure.started()
    assert figure.node.locator(".explorable-static").count() == 0


@each_form
def test_without_scripts_a_figure_is_shown(start, name):
    figure = start(name, waits=False, java_script_enabled=False)
    image = figure.node.locator(".explorable-static img")
    image.scroll_into_view_if_needed()
    assert image.is_visible() and len(image.get_attribute("alt")) > 40
    figure.page.wait_for_timeout(200)
    assert image.bounding_box()["height"] > 40


@each_form
def test_fits_a_phone(start, name):
    figure = start(name, width=360, has_touch=True)
    draw = random.Random(3)
    for _ in range(6):
        figure.play(draw)
        assert figure.page.evaluate("document.documentElement.scrollWidth") <= 360
        assert figure.node.evaluate("e => e.scrollWidth <= e.clientWidth")
    assert not figure.smaller_than(24), "too small to touch"


@each_form
def test_under_a_finger_controls_are_large(start, name):
    figure = start(name, width=360, has_touch=True, is_mobile=True)
    assert not figure.smaller_than(43.9)


@each_form
def test_every_control_is_reached_by_tab_and_seen(start, name):
    figure = start(name)
    controls = figure.node.locator(
        "button:not([tabindex='-1']):not(:disabled), "
        "input:not([type=radio]), input:checked, select, textarea, a"
    )
    controls.first.focus()
    for control in controls.all():
        assert control.evaluate(
            """e => document.activeElement === e && [e, e.nextElementSibling].some(
              box => box && getComputedStyle(box).outlineStyle !== 'none')"""
        )
        figure.page.keyboard.press("Tab")


@each_form
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(start, name, scheme, width):
    figure = start(name, width=width, color_scheme=scheme)
    figure.play(random.Random(5))
    assert axe(figure.page, f"#{name}") == []


# Each by hand


def test_paint_starts_at_the_six_pixels(start):
    figure = start("paint-and-score")
    bits = lambda mask: "".join(map(str, mask))  # noqa: E731
    assert figure.state["target"] == bits(SIX_PIXELS_TARGET)
    assert figure.state["prediction"] == bits(SIX_PIXELS_PREDICTION)
    assert figure.shown["dice"] == "0.8000" and figure.shown["loss"] == "0.2000"


def test_paint_by_pointer(start):
    figure = start("paint-and-score")
    figure.press("Perfect")
    cells = figure.node.locator(".pixel")
    boxes = [cells.nth(i).bounding_box() for i in (0, 3)]
    centers = [(b["x"] + b["width"] / 2, b["y"] + b["height"] / 2) for b in boxes]
    figure.page.mouse.move(*centers[0])
    figure.page.mouse.down()
    figure.page.mouse.move(*centers[1], steps=12)
    figure.page.mouse.up()
    assert figure.state["prediction"].startswith("1111")
    agrees(figure)
    figure.node.get_by_role("radio", name="target").check()
    cells.nth(0).click()
    assert figure.state["target"].startswith("111")
    agrees(figure)


def test_paint_by_touch(start):
    figure = start("paint-and-score", has_touch=True, width=390)
    figure.node.locator(".pixel").nth(5).tap()
    assert figure.state["prediction"] == "101101"
    agrees(figure)


@pytest.mark.parametrize(
    ("name", "surface"),
    [
        ("paint-and-score", ".pixels"),
        ("to-round-or-not", ".pixels"),
        ("accuracy-trap", ".chart"),
        ("arrows", ".pixels"),
        ("push-and-speck", ".chart"),
    ],
)
def test_a_finger_scrolls_up_and_strokes_sideways(start, name, surface):
    state = {"paint-and-score": {"target": "100100" * 4, "prediction": "001000" * 4}}.get(name)
    if name in ASKED:
        state = {"guess": ASKED[name]}
    figure = start(name, state, width=360, has_touch=True, is_mobile=True)
    page, node = figure.page, figure.node.locator(surface)
    finger = page.context.new_cdp_session(page)

    def swipe(x, y):
        node.evaluate("e => e.scrollIntoView({block: 'center', behavior: 'instant'})")
        box, before = node.bounding_box(), page.evaluate("scrollY")
        start = [box["x"] + box["width"] / 4, box["y"] + box["height"] / 2]
        for k in range(13):
            point = {"x": start[0] + x * k / 12, "y": start[1] + y * k / 12}
            event = "touchMove" if k else "touchStart"
            finger.send("Input.dispatchTouchEvent", {"type": event, "touchPoints": [point]})
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        after = None
        while after != (after := page.evaluate("scrollY")):  # a page glides on for a while
            page.wait_for_timeout(300)
        return after - before

    first = figure.state
    assert swipe(4, -200) > 100 and figure.state == first
    assert swipe(4, 200) < -100 and figure.state == first
    assert abs(swipe(150, 0)) < 20 and figure.state != first
    agrees(figure)


def test_paint_by_keyboard_and_voice(start):
    figure = start("paint-and-score")
    figure.node.locator(".pixel").first.focus()
    for key in ("ArrowRight", "t", "ArrowRight", "p", "ArrowRight", "Space", "ArrowRight", "Enter"):
        figure.page.keyboard.press(key)
    assert figure.state == {"target": "110100", "prediction": "100010"}
    agrees(figure)
    figure.said("Intersection 1, prediction 2, target 3", "Dice 0.4000")
    label = figure.node.locator(".pixel").nth(1).get_attribute("aria-label")
    assert label == "row 1, column 2: target only"


def test_scattered_errors_leave_dice_unmoved(start):
    state = {"target": "011000111100111100011000", "prediction": "001100011110011110001100"}
    figure = start("paint-and-score", state)
    before, seen = figure.shown, set()
    for _ in range(8):
        figure.press("Scatter the errors")
        assert figure.shown == before
        assert figure.state["target"] == state["target"]
        seen.add(figure.state["prediction"])
        agrees(figure)
    assert len(seen) > 4


def test_background_moves_accuracy_alone(start):
    figure = start("paint-and-score")
    before = figure.shown
    figure.press("Add a row of background")
    after = figure.shown
    assert after["dice"] == before["dice"] and after["accuracy"] == "0.9167"
    figure.press("Remove the last row")
    assert figure.shown == before


def test_sliders_answer_to_keys_and_pointer(start):
    figure = start("accuracy-trap")
    size = figure.node.locator("input[name=size]")
    before = number(figure.shown["dice"])
    size.focus()
    for _ in range(10):
        figure.page.keyboard.press("ArrowLeft")
    agrees(figure)
    assert float(figure.state["size"]) < 0.01 and number(figure.shown["dice"]) < before
    assert size.get_attribute("aria-valuetext").endswith("%")
    figure.said("Accuracy 0.9", "Dice 0.")
    chart = figure.node.locator("svg.chart").bounding_box()
    figure.page.mouse.click(chart["x"] + chart["width"] * 0.9, chart["y"] + chart["height"] / 2)
    assert float(figure.state["size"]) > 0.1
    agrees(figure)


def test_trap_shows_the_numbers_of_the_chapter(start):
    figure = start("accuracy-trap")
    for label, score in (("50 %", 0.94), ("1 %", 0.62), ("0.1 %", 0.15)):
        figure.press(label)
        assert round(number(figure.shown["dice"]), 2) == score
        assert number(figure.shown["accuracy"]) > 0.94


def test_a_rounded_score_waits_and_a_soft_one_answers(start):
    figure = start("to-round-or-not")
    assert (figure.shown["hard"], figure.shown["soft"]) == ("0.8000", "0.7234")
    slider = figure.node.locator("input[name=probability]")
    slider.focus()
    for _ in range(5):
        before = number(figure.shown["soft"])
        figure.page.keyboard.press("ArrowLeft")
        agrees(figure)
        assert figure.shown["hard"] == "0.8000" and number(figure.shown["soft"]) > before
    figure.said("Pixel 3 at 0.55", "Hard Dice 0.8000, slope 0", "Soft Dice 0.7312")
    for _ in range(6):  # one half among them
        figure.page.keyboard.press("ArrowLeft")
        agrees(figure)
    assert figure.state["probability"] == "0.49" and figure.shown["hard"] == "1.0000"
    figure.node.locator(".pixel").nth(0).click()
    assert figure.state == {"pixel": "1", "probability": "0.9"}
    figure.node.locator(".pixel").nth(0).focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "Enter"):
        figure.page.keyboard.press(key)
    assert figure.state == {"pixel": "4", "probability": "0.8"}
    chart = figure.node.locator("svg.chart").bounding_box()
    figure.page.mouse.click(chart["x"] + chart["width"] * 0.3, chart["y"] + chart["height"] / 2)
    assert float(figure.state["probability"]) < 0.4
    assert figure.node.locator(".rounded").inner_text().split() == list("101000")
    agrees(figure)


def test_worked_example_starts_at_the_source_and_follows(start):
    figure = start("worked-example-live")
    logits = [float(text) for text in figure.state["logits"].split(",")]
    assert np.array_equal(np.reshape(logits, (3, 2, 2)), LOGITS)
    assert figure.state["labels"] == "".join(map(str, LABELS.flat))
    shown = [figure.shown[key] for key in ("dice-0", "dice-1", "dice-2", "macro", "loss")]
    assert shown == ["0.4834", "0.4658", "0.2084", "0.3859", "0.6141"]
    field = figure.node.get_by_label("logit of class C at pixel 4")
    field.focus()
    figure.page.keyboard.press("ArrowUp")
    assert figure.state["logits"].endswith(",0.1")
    field.fill("-2.75")
    assert figure.state["logits"].endswith(",-2.75")
    agrees(figure)
    figure.node.get_by_label("label of pixel 1").select_option("C")
    assert figure.state["labels"] == "2112"
    agrees(figure)
    figure.said("Macro Dice", "loss")
    before = figure.shown
    for wrong in ("", "11", "-200"):
        field.fill(wrong)
        assert field.get_attribute("aria-invalid") == "true" and figure.shown == before
    field.blur()
    assert field.input_value() == "-2.75" and field.get_attribute("aria-invalid") == "false"


def test_the_detective_reads_what_is_pasted_and_says_what_is_wrong(start):
    figure = start("detective")
    assert figure.shown["verdict"].startswith("Yours: plain (torchmetrics: dice_score(include")
    area, yours = figure.node.locator("textarea"), figure.node.get_by_label("Your number")
    area.fill("image\tclass\tI\tP\tG\nfirst\t1\t70\t80\t90\nsecond\t1\t7\t9\t8\n")
    yours.fill("82.35 %")
    assert figure.state["sums"] == "first,1,70,80,90;second,1,7,9,8"
    agrees(figure)
    before = figure.shown
    for field, wrong in ((yours, "1"), (area, "1 1 9 8 8"), (area, "1 1 7 8")):
        field.fill(wrong)
        assert field.get_attribute("aria-invalid") == "true" and figure.shown == before
        assert figure.node.get_by_role("alert").inner_text()


def test_the_report_reads_a_file_that_stays_and_says_where_it_is_wrong(start):
    figure = start("report")
    sent = []
    figure.page.on("request", lambda request: sent.append(request.url))
    rows = ["patient;HD95 (mm);Dice;volume", "a;3;0.5;1e3", '"b; c";;0,5;', "a;5;;7"]
    file = {"name": "cases.csv", "mimeType": "text/csv"}
    load = lambda: figure.node.locator("input[type=file]").set_input_files(  # noqa: E731
        file | {"buffer": ("\ufeff" + "\r\n".join(rows)).encode()}
    )
    load()
    alert = figure.node.get_by_role("alert")
    alert.filter(has_text="row 3, patient b; c: 'failed' does not count; write mill").wait_for()
    figure.node.get_by_label("A failed case counts").fill("hd95:60")  # that of the example is gone
    alert.filter(has_text="row 3, patient b; c: '0,5' does not count; write a number").wait_for()
    rows[2] = rows[2].replace("0,5", "0.25")
    load()
    alert.filter(has_text="column volume, row 3, patient b; c: 'failed' does not count").wait_for()
    figure.node.get_by_label("A failed case counts").fill("hd95:60,volume:0")
    figure.node.get_by_label("Library").fill("a library & 2 <b>")
    figure.node.get_by_label("Threshold").fill("one half")
    cases = [line.replace(",", ".").replace('"b; c"', "b: c").replace(";", ",") for line in rows]
    expected = report_shows(figure.state, cases, library="a library & 2 <b>", threshold="one half")
    assert figure.shown == expected and figure.state["failed"] == "hd95:60,volume:0"
    assert {url for url in sent if not url.endswith("favicon.svg")} == set()
    assert "half" not in figure.page.url
    figure.node.get_by_label("Or paste it").fill("\n".join(report.TEXTS["example"][:9]))
    alert.filter(has_text="nothing is called 'volume'").wait_for()
    figure.node.get_by_label("A failed case counts").fill("hd95 60")
    assert figure.node.get_by_label("A failed case counts").get_attribute("aria-invalid") == "true"


def test_arrows_by_pointer_and_keyboard(start):
    figure = start("arrows")
    assert figure.state["p"] == ",".join(map(str, GIVEN["arrows"]["probability"]))
    assert [*map(int, figure.state["target"])] == GIVEN["arrows"]["target"]
    figure.press("cross entropy")
    figure.said("Right. The Dice loss is silent at 2 of six pixels, cross entropy at 1.")
    figure.node.get_by_role("radio", name="0.5").check()
    figure.node.locator(".pixel").nth(2).click()
    agrees(figure)
    for key in ("ArrowRight", "Enter", "t"):
        figure.page.keyboard.press(key)
    figure.node.get_by_role("radio", name="target").check()
    figure.node.locator(".pixel").nth(0).click()
    assert figure.state == {"guess": "ce", "p": "0.9,0.6,0.5,0.5,0.1,0.001", "target": "010100"}
    agrees(figure)


def test_labels_at_the_end_of_lines_stand_apart(start):
    agrees(start("push-and-speck", {"guess": "leap", "push": "-4", "speck": "3"}))


def test_the_right_guess_is_right_by_the_package():
    """And what the texts beside it say."""
    switches = six_switches_shows({"switches": "000000"})
    lifts = [abs(switches[f"alone-{k}"] - switches["plain"]) for k in range(6)]
    assert lifts.index(max(lifts)) == 2
    hd95 = [push_and_speck_shows({"push": "0", "speck": str(k)})["hd95"] for k in range(10)]
    assert hd95[2] == 0 and 5 < hd95[3] < 10 < min(hd95[4:]) and np.ptp(hd95[4:]) < 1
    before, after = (threshold_and_match_shows({"threshold": k, "match": "50"}) for k in "56")
    assert before["dice"] > after["dice"] > 0.95 and before["pq"] < after["pq"]
    tiles = cut_into_tiles_shows({"side": "4", "offset": "0", "empty": "out"})
    assert tiles["lowest"] < tiles["highest"] < tiles["merged"]
    for price, scale in itertools.product(range(1, 10), range(2, 11)):
        found = price_of_a_miss_shows({"price": str(price), "scale": str(scale)})
        assert found["tversky-threshold"] < found["cost-threshold"]
    for seed in range(1, 6):
        assert 220 < draw_patients_shows({"patients": "10", "seed": str(seed)})["first-C"] < 260
    a, b, c = (model_scores(name).mean() for name in "ABC")
    assert f"B by {c - b:.3f} and of A by {c - a:.3f}" in TEXTS["draw-patients"]["invitation"]
    losses = two_losses_one_model_shows({"rate": "0.03", "start": "0.5", "threshold": "0.5"})
    assert losses["asked-dice-half"] > losses["asked-ce-half"]
    assert losses["asked-dice-best"] < losses["asked-ce-best"]


# What they are made of


def test_scripts_are_small_plain_and_alone():
    for file in sorted(SCRIPTS.iterdir()):
        assert file.stat().st_size < 15_000, file.name
        text = file.read_text("utf8")
        assert not re.search(r"\b(?:import|export)\b|https?://(?!www\.w3\.org/2000/svg)", text)
    for chapter in set(CHAPTERS.values()):
        page = (SITE / f"{chapter}.html").read_text("utf8")
        tags = re.findall(r"<script[^>]*explorables/[^>]*>", page)
        names = [name for name, where in CHAPTERS.items() if where == chapter]
        assert len(tags) == 2 + len(names)
        assert all("defer" in tag and "module" not in tag for tag in tags)
    assert "explorables/" not in (SITE / "book" / "glossary.html").read_text("utf8")


def test_colors_are_those_of_the_style_file():
    """They are written from it; scripts and style sheet name them, and no color of their own."""
    written = (SITE / "_static" / "explorables" / "roles.css").read_text("utf8")
    defined = dict(re.findall(r"--course-([\w-]+):(#\w+)", written.partition("html[")[0]))
    assert style.DARK_VERSION[style.INK] in written.partition("html[")[2]
    assert defined["target"] == style.TARGET and defined["class-a"] == style.CLASS_COLORS[0]
    for file in SCRIPTS.glob("*.*s"):
        text = file.read_text("utf8")
        assert {*re.findall(r"var\(--course-([\w-]+)", text)} - {"line"} <= defined.keys()
        assert not re.search(r"#[0-9a-f]{6}\b", text, re.I), file.name
