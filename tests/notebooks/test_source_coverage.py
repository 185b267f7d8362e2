"""Each item of the source notes, in their order, and where the course has it.

The notes themselves are not in the repository, so the table stands for them: a row for each
statement, formula, table row and number of theirs, and beside it the page, the heading, and what
must be found there. Who moves or rewords something moves the row with it; who drops something
finds out here. What the package says about the numbers is in test_source_numbers.py.
"""
# ruff: noqa: E501 (a table: one item, one line or two)

import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
CH1, CH2 = "notebooks/01_semantic_vs_instance.ipynb", "notebooks/02_dice_coefficient.ipynb"
CH3, CH4 = "notebooks/03_soft_dice.ipynb", "notebooks/04_worked_example.ipynb"
ERRATA = "book/errata.md"

# Under a heading of the notes, the rows: what the notes say, the page and the heading that has
# it, its kind, and what must be found there.
#   words    in the text; line ends, stars, and brackets and addresses of links do not count
#   formula  in the text, as TeX; spaces do not count
#   output   in what the cells show: prints, values, formulas; spaces do not count
#   figure   in the alternative text of a stored figure
KINDS = "words", "formula", "output", "figure"


def letters(line):
    """A line such as I_A = p_1A y_1A as SymPy prints it, the names of the classes upright."""
    line = re.sub(r"([py])_(\d)([ABC])", r"{\1}_{\2,\\mathrm{\3}}", line)
    return re.sub(r"([IPG])_([ABC])", r"\1_{\\mathrm{\2}}", line)


# fmt: off
SOURCE = {
    "Semantic segmentation vs. instance segmentation": [
        ("picture of the four tasks", CH1, "Four tasks, one picture", "figure",
         ["Classification: the picture with the words", "Semantic segmentation: each pixel", "Object detection: six rectangles", "Instance segmentation: six outlined shapes"]),
    ],
    "Key differences": [
        ("granularity: class level, object level", CH1, "Key differences", "words",
         ["| Granularity | The class: everything of one class is one region | The object: each one is a region of its own |"]),
        ("output: one label per pixel; class and instance id per pixel", CH1, "Key differences", "words",
         ["| Output | One class for each pixel | One mask and one class for each object; often stored as a class and an id for each pixel |"]),
        ("object differentiation: none within a class; individual instances", CH1, "Key differences", "words",
         ["| Telling objects apart | Not within a class:", "| Yes, also within a class and where objects touch |"]),
        ("complexity: simpler; more complex, combines detection and segmentation", CH1, "Key differences", "words",
         ["| Complexity | Simpler: one decision for each pixel", "| Harder:", "often a detector and a mask predictor work together"]),
        ("example models: U-Net, DeepLab, FCN", CH1, "Key differences", "words",
         ["| Example models | FCN (Long", "U-Net (Ronneberger", "DeepLab (Chen"]),
        ("example models: Mask R-CNN, YOLACT, SOLO", CH1, "Key differences", "words",
         ["| Mask R-CNN (He", "YOLACT (Bolya", "SOLO (Wang"]),
        ("both approaches are critical in computer vision", CH1, "When each suffices", "words",
         ["Both kinds are essential in computer vision"]),
        ("semantic for class-based tasks; instance for tracking and counting", CH1, "When each suffices", "words",
         ["Semantic segmentation is enough when the question is about a class", "instance segmentation is needed when it is about single objects, above all for counting them and following them"]),
    ],
    "Dice loss": [
        ("very common in deep learning; imbalanced datasets, small foreground", CH2, "From coefficient to loss", "words",
         ["very common in deep learning for segmentation, above all on imbalanced data, where the object is a small part of the image"]),
        ("also called Sørensen–Dice index", CH2, "The coefficient", "words", ["Sørensen–Dice index"]),
        ("a similarity measure between two sets", CH2, "The coefficient", "words", ["measures how similar the two sets are"]),
        ("Dice(A, B) = 2|A ∩ B| / (|A| + |B|)", CH2, "The coefficient", "formula",
         [r"\operatorname{Dice}(P, G) = \frac{2\,|P \cap G|}{|P| + |G|}"]),
        ("the same, printed by the package", CH2, "The coefficient", "output", [r"\frac{2 I}{G + P}"]),
        ("A and B, ground truth and prediction", CH2, "Two sets of pixels", "words",
         ["The expert's mask is the target $G$, for ground truth", "The model's mask is the prediction $P$"]),
        ("|A|, |B| and |A ∩ B|", CH2, "Two sets of pixels", "words",
         ["$|G|$, the number of pixels in the target", "$|P|$, the number of pixels in the prediction", r"$|P \cap G|$, the number of pixels in both"]),
        ("Dice = 1: perfect overlap", CH2, "What 0 and 1 mean", "words",
         ["It is 1 exactly when both are 0, which means that the two masks are the same"]),
        ("Dice = 0: no overlap at all", CH2, "What 0 and 1 mean", "words", ["it is 0 exactly when the intersection is empty"]),
        ("measures overlap, more robust than accuracy", CH2, "Why it is useful", "words",
         ["The true negatives are in none of them. That is the point.", "Dice is not fooled by the true negatives, as accuracy is"]),
        ("the same in numbers", CH2, "Why it is useful", "output", ["(0.99, 0.0)"]),
    ],
    "From Dice coefficient to Dice loss": [
        ("we minimize losses", CH2, "From coefficient to loss", "words", ["Training makes a number small, and that number is called the loss"]),
        ("Dice loss = 1 - Dice coefficient", CH2, "From coefficient to loss", "formula", [r"\text{Dice loss} = 1 - \operatorname{Dice}(P, G)"]),
        ("small when overlap is high, large when it is poor", CH2, "From coefficient to loss", "words",
         ["small when the overlap is good and large when it is poor"]),
    ],
    "Numerical example": [
        ("six pixels: 1 0 0 1 0 0, 1 0 1 1 0 0, 1 0 0 1 0 0", CH2, "The six-pixel example", "figure",
         ["Target: 1 0 0 1 0 0. Prediction: 1 0 1 1 0 0. Overlap: 1 0 0 1 0 0."]),
        ("2, 2 and 3 pixels, counted", CH2, "The six-pixel example", "words", ["2 in the target, 3 in the prediction, 2 in both"]),
        ("2, 2 and 3 pixels, computed", CH2, "The six-pixel example", "output", ["Overlap(intersection=2, prediction=3, target=2)"]),
        ("Dice = 2 × 2 / (2 + 3) = 4/5 = 0.8", CH2, "The six-pixel example", "formula", [r"\frac{2 \cdot 2}{3 + 2} = \frac{4}{5} = 0.8"]),
        ("loss = 1 - 0.8 = 0.2", CH2, "The six-pixel example", "formula", ["1 - 0.8 = 0.2"]),
        ("0.8 and 0.2, computed", CH2, "The six-pixel example", "output", ["(0.8, 0.1999", r"\frac{1}{5}"]),
    ],
    "Mathematical formulation for deep learning": [
        ("|A ∩ B| = Σ g p, |A| = Σ g, |B| = Σ p", CH3, "From sets to sums", "formula",
         [r"|P \cap G| & = \sum_i p_i g_i", r"|P| & = \sum_i p_i", r"|G| & = \sum_i g_i"]),
        ("probabilities, by sigmoid", CH3, "From logits to probabilities", "words",
         ["The sigmoid turns it into a probability, the probability of foreground"]),
        ("p from 0 to 1", CH3, "From sets to sums", "words", ["They make sense for any number $p_i$ from 0 to 1"]),
        ("we do not round", CH3, "Do not round", "words", ["keep the probabilities while training"]),
        ("SoftDice(p, g), epsilon below the line", CH3, "The soft Dice coefficient and its epsilon", "formula",
         [r"\mathrm{SoftDice}(p, g) = \frac{2 \sum_i p_i g_i}{\sum_i p_i + \sum_i g_i + \epsilon}"]),
        ("the same, printed by the package", CH3, "The soft Dice coefficient and its epsilon", "output", [r"\frac{2 I}{G + P + \epsilon}"]),
        ("g is still 0 or 1, epsilon avoids a division by zero", CH3, "The soft Dice coefficient and its epsilon", "words",
         ["The target $g_i$ is still 0 or 1", r"A small $\epsilon > 0$ avoids a division by zero"]),
        ("we minimize losses", CH3, "The soft Dice loss", "words", ["Training makes a number small, and a good overlap is large. So we take it from 1"]),
        ("soft Dice loss, boxed", CH3, "The soft Dice loss", "formula",
         [r"\boxed{", r"= 1 - \frac{2 \sum_i p_i g_i}{\sum_i p_i + \sum_i g_i + \epsilon}"]),
        ("p = g: loss 0", CH3, "The soft Dice loss", "words",
         ["A perfect prediction.", r"With $\epsilon = 0$ the loss is exactly 0. With $\epsilon$ in the denominator it is"]),
        ("p = g: loss 0, corrected", ERRATA, "A loss of 0 at p = g", "words", [r"\epsilon / (2 \sum_i g_i + \epsilon)"]),
        ("no overlap: loss about 1", CH3, "The soft Dice loss", "words",
         ["No overlap. If no probability lies on the foreground, the intersection is 0 and the loss is exactly 1", "the loss is nearly 1 only if"]),
        ("loss 1 and 0, qualified for two empty sets", ERRATA, "Two empty sets", "words", ["Epsilon in the denominator makes it 0"]),
    ],
    "When to use Dice loss": [
        ("segmentation with class imbalance", CH3, "When and why a Dice loss helps", "words", ["A Dice loss is commonly used where the foreground is a small part of the image. This is called class imbalance"]),
        ("medical images, tumor a tiny fraction", CH3, "When and why a Dice loss helps", "words", ["in medical images, where a tumor may fill a tiny fraction of the picture"]),
        ("road and lane detection", CH3, "When and why a Dice loss helps", "words", ["for roads and lanes, which are long and thin"]),
        ("sparse objects", CH3, "When and why a Dice loss helps", "words", ["for sparse objects, few and small in a wide scene"]),
        ("Dice loss + cross entropy", CH3, "Together with cross entropy", "formula", [r"L_{\mathrm{total}} = L + \mathrm{CE}"]),
        ("per-pixel supervision; overall overlap", CH3, "Together with cross entropy", "words",
         ["Cross entropy supervises every pixel for itself; Dice looks at the overlap as a whole"]),
        ("global structure", CH3, "What a Dice loss does not see", "words", ["Dice focuses on “overall overlap (global structure)”. It is pooled, not structural"]),
        ("global structure, corrected", ERRATA, "“Dice focuses on overall overlap (global structure)”", "words", ["it does not see structure"]),
    ],
    "Soft Dice, multi-class": [
        ("three classes, a 2×2 image, four pixels", CH4, "Four pixels, three classes, twelve logits", "words",
         ["It has two rows and two columns. Its pixels are numbered 1 to 4 in reading order, and its classes are A, B and C"]),
        ("softmax, Dice per class, average", CH4, "Four pixels, three classes, twelve logits", "words",
         ["softmax turns its numbers into probabilities; the target becomes one mask per class; each class gets its Dice; and the loss is 1 minus their mean"]),
        ("logits by pixel", CH4, "Four pixels, three classes, twelve logits", "output",
         ["array([[1. , 0. , 0. ], [0. , 1. , 0. ], [0. , 0. , 1. ], [0.5, 0.5, 0. ]])"]),
        ("logits of A as a matrix", CH4, "Four pixels, three classes, twelve logits", "output",
         [r"Z_{\mathrm{A}} = \left[\begin{matrix}1.0 & 0.0\\0.0 & 0.5\end{matrix}\right]"]),
        ("logits of B as a matrix", CH4, "Four pixels, three classes, twelve logits", "output",
         [r"Z_{\mathrm{B}} = \left[\begin{matrix}0.0 & 1.0\\0.0 & 0.5\end{matrix}\right]"]),
        ("logits of C as a matrix", CH4, "Four pixels, three classes, twelve logits", "output",
         [r"Z_{\mathrm{C}} = \left[\begin{matrix}0.0 & 0.0\\1.0 & 0.0\end{matrix}\right]"]),
        ("letters that mean several things", ERRATA, "One letter, several things", "words", ["C is a class and a matrix"]),
    ],
    "Probabilities (softmax)": [
        ("softmax at a pixel", CH4, "From logits to probabilities", "formula", [r"p_{i,c} = \frac{e^{z_{i,c}}}{\sum_{c'} e^{z_{i,c'}}}"]),
        ("e = 2.71828, e^0.5 = 1.64872", CH4, "To four decimals, on paper", "words", [r"$e \approx 2.71828$ and $\sqrt e \approx 1.64872$"]),
        ("pixel 1: powers, sum 4.71828, 0.5761, 0.2119, 0.2119", CH4, "Probabilities to four decimals", "output",
         ["1 2.71828 1.00000 1.00000 4.71828 0.5761 0.2119 0.2119"]),
        ("pixel 2: powers, sum 4.71828, 0.2119, 0.5761, 0.2119", CH4, "Probabilities to four decimals", "output",
         ["2 1.00000 2.71828 1.00000 4.71828 0.2119 0.5761 0.2119"]),
        ("pixel 3: powers, sum 4.71828, 0.2119, 0.2119, 0.5761", CH4, "Probabilities to four decimals", "output",
         ["3 1.00000 1.00000 2.71828 4.71828 0.2119 0.2119 0.5761"]),
        ("pixel 4: powers, sum 4.29744, 0.3838, 0.3838, 0.2327", CH4, "Probabilities to four decimals", "output",
         ["4 1.64872 1.64872 1.00000 4.29744 0.3837 0.3837 0.2327"]),
        ("0.3838, corrected", ERRATA, "The softmax of pixel 4", "words", ["The notes have 0.3838, 0.3838 and 0.2327", "The first two are 0.3837"]),
        ("probabilities as three matrices", CH4, "From logits to probabilities", "output",
         ["array([[[0.5761, 0.2119], [0.2119, 0.3837]], [[0.2119, 0.5761], [0.2119, 0.3837]], [[0.2119, 0.2119], [0.5761, 0.2327]]])"]),
        ("probabilities as three matrices, drawn", CH4, "Three sums per class", "figure",
         ["class A: 0.5761 and 0.2119 above 0.2119 and 0.3837. Class B: 0.2119 and 0.5761 above 0.2119 and 0.3837. Class C: 0.2119 and 0.2119 above 0.5761 and 0.2327."]),
    ],
    "Ground truth (one-hot masks)": [
        ("class indices A, B, B, C", CH4, "The target: a class map and one mask per class", "words", ["pixel by pixel A, B, B, C"]),
        ("counts 1, 2, 1", CH4, "The target: a class map and one mask per class", "output", ["array([1, 2, 1])"]),
        ("one-hot: 1 at pixels of the class, 0 elsewhere", CH4, "The target: a class map and one mask per class", "words",
         ["1 at the pixels of the class and 0 elsewhere"]),
        ("the three masks", CH4, "The target: a class map and one mask per class", "output", ["array([[1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1]])"]),
        ("0 = A, 1 = B, 2 = C", CH4, "The target: a class map and one mask per class", "words", ["0 for A, 1 for B, 2 for C"]),
        ("matrix of labels", CH4, "The target: a class map and one mask per class", "output", ["array([[0, 1], [1, 2]])"]),
        ("stray matrix 0.9, 0.6, 0.4, 0.1", ERRATA, "A matrix that belongs elsewhere", "words", ["the matrix with the rows 0.9, 0.6 and 0.4, 0.1"]),
        ("stray matrix, corrected", ERRATA, "A matrix that belongs elsewhere", "words", ["It has nothing to do with them"]),
    ],
    "Soft Dice (per class, macro average)": [
        ("p and y of pixel i and class c", CH4, "Three sums per class", "words",
         ["Let $p_{i,c}$ be the probability of class $c$ at pixel $i$, and $y_{i,c}$ the entry of its mask"]),
        ("one-hot from step 2", ERRATA, "One-hot masks “from step 2”", "words", ["One-hot encoding is none of them"]),
        ("Dice of a class, epsilon in both places", CH4, "Dice per class", "formula",
         [r"\operatorname{Dice}_c = \frac{2 \sum_i p_{i,c}\, y_{i,c} + \epsilon}{\sum_i p_{i,c} + \sum_i y_{i,c} + \epsilon}"]),
        ("the same, printed by the package", CH4, "Dice per class", "output", [r"\frac{2 I_{c} + \epsilon}{G_{c} + P_{c} + \epsilon}"]),
        ("two conventions of epsilon", ERRATA, "Two conventions for epsilon", "words", ["The binary formula of the notes has epsilon in the denominator alone"]),
        ("Σ y: pixels of the class", CH4, "Three sums per class", "formula", [r"G_c &= \sum_i y_{i,c}"]),
        ("Σ p: probabilities for the class", CH4, "Three sums per class", "formula", [r"P_c &= \sum_i p_{i,c}"]),
        ("Σ p y: soft intersection", CH4, "Three sums per class", "formula", [r"I_c &= \sum_i p_{i,c}\, y_{i,c}"]),
        ("what the three are", CH4, "Three sums per class", "words",
         ["$I_c$ is the soft intersection, $P_c$ the size of the prediction and $G_c$ the size of the target"]),
    ],
    "Sums": [
        ("p and y of each class as matrices", CH4, "Three sums per class", "figure",
         ["For class A the product is 0.5761 at pixel 1 and 0 elsewhere. For class B it is 0.5761 at pixel 2 and 0.2119 at pixel 3. For class C it is 0.2327 at pixel 4."]),
        ("sums of A, term by term", CH4, "Three sums per class", "output",
         [letters("I_A = p_1A y_1A + p_2A y_2A + p_3A y_3A + p_4A y_4A"), letters("P_A = p_1A + p_2A + p_3A + p_4A"), letters("G_A = y_1A + y_2A + y_3A + y_4A"), letters("I_A = p_1A")]),
        ("only pixel 1 is class A", CH4, "Three sums per class", "words", ["An intersection keeps the terms where the mask is 1. Only pixel 1 is of class A"]),
        ("sums of B, term by term: the intersection", CH4, "Three sums per class", "output", [letters("I_B = p_2B + p_3B")]),
        ("sums of B, term by term: the sizes", CH4, "Sums to four decimals", "output",
         [letters("P_B = p_1B + p_2B + p_3B + p_4B"), letters("G_B = y_1B + y_2B + y_3B + y_4B")]),
        ("sums of C, term by term: the intersection", CH4, "Three sums per class", "output", [letters("I_C = p_4C")]),
        ("sums of C, term by term: the sizes", CH4, "Sums to four decimals", "output",
         [letters("P_C = p_1C + p_2C + p_3C + p_4C"), letters("G_C = y_1C + y_2C + y_3C + y_4C")]),
        ("P_A = 0.5761 + 0.2119 + 0.2119 + 0.3838 = 1.3837", CH4, "Sums to four decimals", "output",
         ["P_A = 0.5761 + 0.2119 + 0.2119 + 0.3837 ≈ 1.3837"]),
        ("G_A = 1 + 0 + 0 + 0 = 1", CH4, "Sums to four decimals", "output", ["G_A = 1 + 0 + 0 + 0 = 1"]),
        ("I_A = 0.5761", CH4, "Sums to four decimals", "output", ["I_A = 0.5761 · 1 ≈ 0.5761"]),
        ("P_B = 0.2119 + 0.5761 + 0.2119 + 0.3838 = 1.3837", CH4, "Sums to four decimals", "output",
         ["P_B = 0.2119 + 0.5761 + 0.2119 + 0.3837 ≈ 1.3837"]),
        ("G_B = 0 + 1 + 1 + 0 = 2", CH4, "Sums to four decimals", "output", ["G_B = 0 + 1 + 1 + 0 = 2"]),
        ("I_B = 0.5761 + 0.2119 = 0.7880", CH4, "Sums to four decimals", "output", ["I_B = 0.5761 · 1 + 0.2119 · 1 ≈ 0.7881"]),
        ("P_C = 0.2119 + 0.2119 + 0.5761 + 0.2327 = 1.2326", CH4, "Sums to four decimals", "output",
         ["P_C = 0.2119 + 0.2119 + 0.5761 + 0.2327 ≈ 1.2327"]),
        ("G_C = 0 + 0 + 0 + 1 = 1", CH4, "Sums to four decimals", "output", ["G_C = 0 + 0 + 0 + 1 = 1"]),
        ("I_C = 0.2327", CH4, "Sums to four decimals", "output", ["I_C = 0.2327 · 1 ≈ 0.2327"]),
        ("1.2326 and 0.7880, corrected", ERRATA, "Sums of rounded figures", "words", ["1.2326, 0.7880, and with them 2.2326 and 1.5760"]),
    ],
    "Dice per class": [
        ("Dice_A = 2(0.5761) / (1.3837 + 1) = 1.1522 / 2.3837 = 0.4834", CH4, "Scores to four decimals", "output",
         ["Dice_A = 2 · 0.5761 / (1.3837 + 1) = 1.1522 / 2.3837 ≈ 0.4834"]),
        ("Dice_B = 2(0.7880) / (1.3837 + 2) = 1.5760 / 3.3837 = 0.4657", CH4, "Scores to four decimals", "output",
         ["Dice_B = 2 · 0.7881 / (1.3837 + 2) = 1.5761 / 3.3837 ≈ 0.4658"]),
        ("Dice_C = 2(0.2327) / (1.2326 + 1) = 0.4654 / 2.2326 = 0.2085", CH4, "Scores to four decimals", "output",
         ["Dice_C = 2 · 0.2327 / (1.2327 + 1) = 0.4654 / 2.2327 ≈ 0.2084"]),
        ("0.4657 and 0.2085, corrected", ERRATA, "The Dice coefficients of classes B and C", "words", ["They are 0.4658 and 0.2084"]),
    ],
    "Macro Dice and soft Dice loss": [
        ("macro Dice and loss", CH4, "Macro Dice and the loss", "formula",
         [r"\text{macro Dice} &= \frac{1}{C} \sum_c \operatorname{Dice}_c", r"\text{loss} &= 1 - \text{macro Dice}"]),
        ("(0.4834 + 0.4657 + 0.2085) / 3 = 0.3859", CH4, "Scores to four decimals", "words", ["(0.4834 + 0.4658 + 0.2084) / 3 ≈ 0.3859"]),
        ("macro Dice 0.3859, loss 0.6141", CH4, "Macro Dice and the loss", "output", ["macro Dice 0.3859, loss 0.6141"]),
    ],
}
# fmt: on


class Piece(NamedTuple):
    """Something on a page, below all the headings that it stands under."""

    headings: tuple[str, ...]
    kind: str
    content: str


def pieces(page):
    """Each stretch of text between headings, and what each code cell shows."""
    text = (ROOT / page).read_text("utf8")
    if page.endswith(".md"):
        cells = [{"cell_type": "markdown", "source": [text]}]
    else:
        cells = json.loads(text)["cells"]
    above = []
    for cell in cells:
        if cell["cell_type"] == "code":
            yield from shown(cell, tuple(title for _, title in above))
            continue
        source = "".join(cell["source"])
        for part in re.split(r"^(?=#{1,6} )", source, flags=re.M):
            if heading := re.match(r"(#+) (.*)", part):
                level = len(heading[1])
                above = [(n, title) for n, title in above if n < level] + [(level, heading[2])]
            yield Piece(tuple(title for _, title in above), "text", part)


def shown(cell, headings):
    """What a code cell has to see: its texts, one by one, and a figure by its alternative text."""
    for output in cell["outputs"]:
        data = output.get("data", {})
        if "image/svg+xml" in data:
            alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
            yield Piece(headings, "figure", alt)
        else:
            texts = output.get("text"), data.get("text/latex"), data.get("text/plain")
            yield from (Piece(headings, "output", "".join(text)) for text in texts if text)


def plain(text, kind):
    """The text without what does not count."""
    if kind in ("formula", "output"):
        return re.sub(r"\s", "", text)
    text = re.sub(r"\]\([^()\s]*\)", "]", text)  # addresses of links
    return " ".join(re.sub(r"[*\[\]]", "", text).split())


def found(row, on_the_page):
    """Which fragments of a row the section has, in its kind."""
    _, _, heading, kind, fragments = row
    place = {"words": "text", "formula": "text"}.get(kind, kind)
    section = [
        plain(p.content, kind) for p in on_the_page if heading in p.headings and p.kind == place
    ]
    return [any(plain(fragment, kind) in text for text in section) for fragment in fragments]


ROWS = [(section, *row) for section, rows in SOURCE.items() for row in rows]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row[0]}: {row[1]}" for row in ROWS])
def test_the_course_has_what_the_source_has(row):
    section, item, page, heading, kind, fragments = row
    assert kind in KINDS
    on_the_page = list(pieces(page))
    assert any(heading in piece.headings for piece in on_the_page), (
        f"{page} has no heading {heading!r}, under which stood: {section}: {item}"
    )
    there = found(row[1:], on_the_page)
    gone = [text for text, is_there in zip(fragments, there, strict=True) if not is_there]
    assert not gone, f"{page}, {heading!r} has no longer ({kind}), of {section}: {item}: {gone}"


def test_every_row_rests_on_something():
    """No row holds on an empty page, and no row stands twice."""
    for row in ROWS:
        assert all(plain(fragment, row[4]) for fragment in row[5]), row[1]
        assert not any(found(row[1:], [])), row[1]
    assert len({row[:2] for row in ROWS}) == len(ROWS)


NUMBERS_OF_THE_SOURCE = """
0.8 0.2 0.9 0.6 0.4 0.1 0.5 2.71828 1.64872 4.71828 4.29744 0.5761 0.2119 0.3838 0.2327
1.3837 1.2326 0.7880 1.1522 2.3837 1.5760 3.3837 0.4654 2.2326 0.4834 0.4657 0.2085 0.3859 0.6141
"""


def test_every_number_of_the_source_has_a_row():
    rows = " ".join(" ".join([row[1], *row[5]]) for row in ROWS)
    in_rows = set(re.findall(r"\d+\.\d+", rows))
    assert set(NUMBERS_OF_THE_SOURCE.split()) - in_rows == set()
