"""How other libraries compute Dice, as one table: what to write there, and what to write here.

Each row holds two lines of code, as text. The tests run both on the same arrays, and the page
book/peers.md shows the very same lines. The names in them:

    z  logits                       p  probabilities
    g  target, one entry per class  y  target, one label per pixel (or one mask)
    x  prediction as y has it       h  prediction as g has it
    v  y, with void pixels of 255   m  the pixels that count
    n  the number of classes        w  a weight for each class

An array of logits has axes (samples, classes, height, width); in the layout "classes last",
(samples, height, width, classes); in the layout "mask" it is one image. `compare.scenes` makes
them. Nothing here imports another library: a library's lines of imports are text too.
"""

from dataclasses import dataclass, field

FLOAT64 = 1e-14  # what rounding leaves of a difference: some units in the last place
FLOAT32 = 1e-6  # where the peer itself adds up, or answers, in single precision

EMPTY = "two empty sets"
NO_TARGET = "an empty target"
NO_PREDICTION = "an empty prediction"
ABSENT = "a class absent from the target"
NOWHERE = "a class absent from both"
ONE_CLASS = "one class alone"
PIXEL = "a single pixel"


@dataclass(frozen=True, eq=False)
class Row:
    """A setting of a library, and what gives the same number here.

    `options` says which option there is which here. `apart` names the edge cases in which the
    two are meant to differ, and says how.
    """

    title: str
    there: str
    here: str
    options: tuple[str, ...] = ()
    layout: str = "classes"
    tolerance: float = FLOAT64
    apart: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Edge:
    """What a call answers for two empty sets, for false positives alone, for a missed object.

    `here` answers the same; it is empty where this package has no such option, on purpose. Where
    an older NumPy gives two empty sets another answer, that is `older`, and `until` the last
    version of NumPy that gives it.
    """

    call: str
    line: str
    here: str
    empty: str
    false_positives: str
    missed: str
    older: str = ""
    until: str = ""


@dataclass(frozen=True, eq=False)
class Fault:
    """An input for which a library gives a wrong answer, or a silent one where none is right.

    `given` makes the input. `gives` is what the library answers, `right` what this package does.
    """

    title: str
    given: str
    there: str
    here: str
    gives: str
    right: str


@dataclass(frozen=True, eq=False)
class Library:
    """A library, the lines that import it, and its rows.

    Without a package, it is what `imports` defines: a formula, written out after its source.
    """

    name: str
    package: str
    arrays: str
    imports: str
    rows: tuple[Row, ...] = ()
    edges: tuple[Edge, ...] = ()
    faults: tuple[Fault, ...] = ()


HERE = Library(
    "this package",
    "dice-course",
    "numpy",
    "",
    edges=(
        Edge("dice_score", "dice_score(x, y)", "dice_score(x, y)", "nan", "0", "0"),
        Edge("dice_loss", "dice_loss(p, g)", "dice_loss(p, g)", "0", "1", "1"),
    ),
)

BROADCAST = "x, y = np.ones((4, 4), bool), np.ones((1, 4), bool)"
BROADCAST_ERROR = "ValueError: target: expected shape (4, 4), that of prediction, got (1, 4)"
BYTES_ERROR = (
    "ValueError: prediction: expected a mask of 0 and 1, got 255; class labels need num_classes; "
    "black and white becomes a mask by prediction > 127; 8-bit probabilities are prediction / 255"
)
BYTES = "x, y = np.uint8([255, 255, 0, 0]), np.uint8([0, 255, 255, 0])"
VOID = "x, y = torch.tensor([[0, 1, 1]]), torch.tensor([[0, 1, 255]])"
VOID_ERROR = (
    "ValueError: target: expected labels from 0 to 1, got 255; num_classes=256 makes a class "
    "of it; other labels get new numbers; pixels that do not count need ignore_index=255"
)
HALF = "p = torch.ones(1, 1, 300, 300, dtype=torch.float16)"
RAW = "z, g = torch.full((1, 1, 2, 2), 3.0), torch.ones(1, 1, 2, 2)"
RAW_ERROR = (
    "ValueError: probabilities: expected probabilities in [0, 1], got 3.0; "
    "logits go through sigmoid or softmax first; 8-bit probabilities are probabilities / 255"
)

FLOAT_ERROR = (
    "TypeError: prediction: expected bool or integer values, got dtype torch.float32; "
    "probabilities become a mask by prediction >= 0.5 or go to soft_dice, "
    "whole numbers become integers by (prediction * 1.0).round().long()"
)

MONAI = Library(
    "MONAI",
    "monai",
    "torch",
    "import monai.losses, monai.metrics, torch",
    rows=(
        Row(
            "The defaults: one loss for each sample and class, then the mean.",
            "monai.losses.DiceLoss()(p, g)",
            "dice_loss(p, g, class_axis=1, batch_axis=0, eps_numerator=1e-5, eps_denominator=1e-5)",
            ("DiceLoss() → batch_axis=0, eps_numerator=1e-5, eps_denominator=1e-5",),
        ),
        Row(
            "Other epsilons, and no reduction.",
            'monai.losses.DiceLoss(smooth_nr=0, smooth_dr=1e-6, reduction="none")(p, g)',
            "dice_loss(p, g, class_axis=1, batch_axis=0, average=None, eps_denominator=1e-6)",
            ("smooth_dr=1e-6 → eps_denominator=1e-6", 'reduction="none" → average=None'),
        ),
        Row(
            "The samples of a batch added up first.",
            "monai.losses.DiceLoss(smooth_nr=0, smooth_dr=1e-6, batch=True)(p, g)",
            "dice_loss(p, g, class_axis=1, eps_denominator=1e-6)",
            ("batch=True → no batch_axis",),
        ),
        Row(
            "Sums of squares in the denominator.",
            "monai.losses.DiceLoss(smooth_nr=0, smooth_dr=1e-6, squared_pred=True)(p, g)",
            "dice_loss(p, g, class_axis=1, batch_axis=0, squared=True, eps_denominator=1e-6)",
            ("squared_pred=True → squared=True",),
        ),
        Row(
            "Logits and a class map, without the background.",
            "monai.losses.DiceLoss(\n"
            "    softmax=True, to_onehot_y=True, include_background=False)(z, y[:, None])",
            "dice_loss(softmax(z, class_axis=1), y, class_axis=1, batch_axis=0,\n"
            "          include_background=False, eps_numerator=1e-5, eps_denominator=1e-5)",
            (
                "softmax=True → softmax(z, class_axis=1)",
                "include_background=False → include_background=False",
            ),
        ),
        Row(
            "Logits of classes that may overlap.",
            "monai.losses.DiceLoss(sigmoid=True)(z, g)",
            "dice_loss(sigmoid(z), g, class_axis=1, batch_axis=0,\n"
            "          eps_numerator=1e-5, eps_denominator=1e-5)",
            ("sigmoid=True → sigmoid(z)",),
        ),
        Row(
            "A label that does not count.",
            "monai.losses.DiceLoss(\n"
            "    softmax=True, to_onehot_y=True, ignore_index=255)(z, v[:, None])",
            "dice_loss(softmax(z, class_axis=1), v, class_axis=1, batch_axis=0, ignore_index=255,\n"
            "          eps_numerator=1e-5, eps_denominator=1e-5)",
            ("ignore_index=255 → ignore_index=255",),
        ),
        Row(
            "Weights: MONAI multiplies and takes the plain mean, here they are shares of the mean.",
            "monai.losses.DiceLoss(weight=w)(p, g)",
            "w.mean() * dice_loss(p, g, class_axis=1, batch_axis=0, weights=w,\n"
            "                     eps_numerator=1e-5, eps_denominator=1e-5)",
            ("weight=w → weights=w",),
        ),
        Row(
            "A target of probabilities: the overlap is the smaller of the two.",
            "monai.losses.DiceLoss(soft_label=True, smooth_nr=0, smooth_dr=1e-6)(p, g)",
            'dice_loss(p, g, class_axis=1, batch_axis=0, intersection="min", eps_denominator=1e-6)',
            ('soft_label=True → intersection="min"',),
            layout="soft classes",
        ),
        Row(
            "IoU in place of Dice; its epsilons count half here.",
            "monai.losses.DiceLoss(jaccard=True)(p, g)",
            "overlap(p, g, class_axis=1, batch_axis=0).score(\n"
            '    formulas.iou, then=lambda iou: 1 - iou, average="macro",\n'
            "    eps_numerator=5e-6, eps_denominator=5e-6)",
            ("jaccard=True → formulas.iou",),
        ),
        Row(
            "Only the pixels of a mask. Version 1.5.2 still masks before the activation.",
            "monai.losses.MaskedDiceLoss(softmax=True)(z, g, m[:, None])",
            "dice_loss(softmax(z, class_axis=1), g, class_axis=1, batch_axis=0, mask=m,\n"
            "          eps_numerator=1e-5, eps_denominator=1e-5)",
            ("MaskedDiceLoss → mask=m",),
        ),
        Row(
            "Tversky loss.",
            "monai.losses.TverskyLoss(alpha=0.3, beta=0.7)(p, g)",
            "tversky_loss(p, g, false_positive_weight=0.3, false_negative_weight=0.7,\n"
            "             class_axis=1, batch_axis=0, eps_numerator=1e-5, eps_denominator=1e-5)",
            ("alpha=0.3 → false_positive_weight=0.3", "beta=0.7 → false_negative_weight=0.7"),
        ),
        Row(
            "Generalized Dice loss: one ratio of weighted sums. Its weights are single precision.",
            "monai.losses.GeneralizedDiceLoss()(p, g)",
            "generalized_dice_loss(p, g, class_axis=1, batch_axis=0,\n"
            "                      eps_numerator=1e-5, eps_denominator=1e-5)",
            ("GeneralizedDiceLoss → generalized_dice_loss",),
            tolerance=FLOAT32,
        ),
        Row(
            "Dice and cross entropy.",
            "monai.losses.DiceCELoss(softmax=True, to_onehot_y=True)(z, y[:, None])",
            "dice_ce_loss(z, y, class_axis=1, batch_axis=0,\n"
            "             eps_numerator=1e-5, eps_denominator=1e-5)",
            ("DiceCELoss → dice_ce_loss",),
        ),
        Row(
            "Scores: a sample without the class has none, whatever was predicted.",
            "monai.metrics.compute_dice(h, g)",
            "dice_score(x, y, num_classes=n, batch_axis=0, average=None)",
            tolerance=FLOAT32,
            apart={ABSENT: "False positives of an absent class score NaN there, 0 here."},
        ),
        Row(
            "Scores: two empty sets agree, false positives do not.",
            "monai.metrics.compute_dice(h, g, ignore_empty=False)",
            "dice_score(x, y, num_classes=n, batch_axis=0, average=None, empty=1)",
            ("ignore_empty=False → empty=1",),
            tolerance=FLOAT32,
        ),
        Row(
            "The mean over classes, then over samples.",
            "update(\n"
            '    monai.metrics.DiceMetric(num_classes=n, ignore_empty=False, reduction="mean"),\n'
            "    x[:, None], y[:, None]).aggregate()",
            "dice_score(x, y, num_classes=n, batch_axis=0, empty=1)",
            ('DiceMetric(…, reduction="mean") → batch_axis=0',),
            tolerance=FLOAT32,
        ),
    ),
    edges=(
        Edge(
            "DiceLoss",
            "monai.losses.DiceLoss()(p[None, None], g[None, None])",
            "dice_loss(p, g, eps_numerator=1e-5, eps_denominator=1e-5)",
            *("0", "1", "1"),
        ),
        Edge(
            "compute_dice",
            "monai.metrics.compute_dice(x[None, None], y[None, None])",
            "",
            *("nan", "nan", "0"),
        ),
    ),
    faults=(
        Fault(
            "Sums in half precision overflow.",
            HALF,
            "monai.losses.DiceLoss()(p, p)",
            "dice_loss(p, p)",
            "nan",
            "0",
        ),
        Fault(
            "Without epsilons, two empty sets make the loss NaN.",
            "p = torch.zeros(1, 1, 2, 2)",
            "monai.losses.DiceLoss(smooth_nr=0, smooth_dr=0)(p, p)",
            "dice_loss(p, p)",
            "nan",
            "0",
        ),
        Fault(
            "Logits are taken for probabilities.",
            RAW,
            "monai.losses.DiceLoss()(z, g)",
            "dice_loss(z, g)",
            "-0.5",
            RAW_ERROR,
        ),
        Fault(
            "A score of probabilities, not rounded, is 0 where they are 0.9 everywhere.",
            "p, y = torch.full((1, 1, 4, 4), 0.9), torch.ones(1, 1, 4, 4, dtype=torch.int64)",
            "monai.metrics.compute_dice(p, y)",
            "dice_score(p, y)",
            "0",
            FLOAT_ERROR,
        ),
        Fault(
            "Where no score is left to average, the mean says 0.",
            "x = y = torch.zeros(1, 1, 4, 4, dtype=torch.int64)",
            'update(monai.metrics.DiceMetric(reduction="mean"), x, y).aggregate()',
            "dice_score(x, y)",
            "0",
            "nan",
        ),
        Fault(
            "Shapes that differ are broadcast.",
            BROADCAST,
            "monai.metrics.compute_dice(\n"
            "    torch.tensor(x)[None, None], torch.tensor(y)[None, None])",
            "dice_score(x, y)",
            "1.6",
            BROADCAST_ERROR,
        ),
        Fault(
            "A label outside the classes is scored as one more wrong pixel.",
            VOID,
            "monai.metrics.compute_dice(x[None], y[None], num_classes=2)",
            "dice_score(x, y, num_classes=2, average=None)",
            "[1, 0.6667]",
            VOID_ERROR,
        ),
    ),
)

TORCHMETRICS = Library(
    "torchmetrics",
    "torchmetrics",
    "torch",
    "import torch, torchmetrics.functional as tm\n"
    "import torchmetrics.functional.detection, torchmetrics.functional.segmentation",
    rows=(
        Row(
            "The defaults with class maps: the mean over the classes, for each sample. Before "
            'version 1.9.0 the default is "micro": all classes, background included, added up.',
            'tm.segmentation.dice_score(x, y, num_classes=n, input_format="index")',
            "[dice_score(one_x, one_y, num_classes=n) for one_x, one_y in zip(x, y)]",
            ('input_format="index" → num_classes=n',),
            tolerance=FLOAT32,
        ),
        Row(
            "One score for each sample and class.",
            "tm.segmentation.dice_score(\n"
            '    x, y, num_classes=n, input_format="index", average="none")',
            "dice_score(x, y, num_classes=n, batch_axis=0, average=None)",
            ('average="none" → batch_axis=0, average=None',),
            tolerance=FLOAT32,
        ),
        Row(
            "The samples added up first.",
            "tm.segmentation.dice_score(\n"
            '    x, y, num_classes=n, input_format="index", aggregation_level="global")',
            "dice_score(x, y, num_classes=n)",
            ('aggregation_level="global" → no batch_axis',),
            tolerance=FLOAT32,
        ),
        Row(
            "Classes weighted by the size of their target.",
            "tm.segmentation.dice_score(\n"
            '    x, y, num_classes=n, input_format="index",\n'
            '    average="weighted", aggregation_level="global")',
            'dice_score(x, y, num_classes=n, average="weighted")',
            ('average="weighted" → average="weighted"',),
            tolerance=FLOAT32,
        ),
        Row(
            "All classes but the background added up.",
            "tm.segmentation.dice_score(\n"
            '    x, y, num_classes=n, input_format="index", average="micro",\n'
            '    include_background=False, aggregation_level="global")',
            'dice_score(x, y, num_classes=n, average="micro", include_background=False)',
            (
                'average="micro" → average="micro"',
                "include_background=False → include_background=False",
            ),
            tolerance=FLOAT32,
        ),
        Row(
            "Masks: the F1 score of a binary task.",
            'tm.f1_score(x, y, task="binary")',
            "dice_score(x, y, empty=0)",
            layout="mask",
            tolerance=FLOAT32,
        ),
        Row(
            "F1 of classification is Dice, pooled.",
            'tm.f1_score(x, y, task="multiclass", num_classes=n, average="none")',
            "dice_score(x, y, num_classes=n, average=None, empty=0)",
            ("f1_score → dice_score(…, empty=0)",),
            tolerance=FLOAT32,
        ),
        Row(
            "The Jaccard index is IoU, pooled.",
            'tm.jaccard_index(x, y, task="multiclass", num_classes=n, average="none")',
            "iou_score(x, y, num_classes=n, average=None, empty=0)",
            ("jaccard_index → iou_score(…, empty=0)",),
            tolerance=FLOAT32,
        ),
        Row(
            "Panoptic quality of one class of objects.",
            "tm.detection.panoptic_quality(\n"
            "    pairs(x), pairs(y), things={1}, stuffs={0}, return_per_class=True)[0, 0]",
            "panoptic_quality(x, y).quality",
            ("panoptic_quality → panoptic_quality",),
            layout="objects",
            tolerance=FLOAT32,
            apart={EMPTY: "No objects in either map score 0 there, NaN here."},
        ),
    ),
    edges=(
        Edge(
            "segmentation.dice_score",
            "tm.segmentation.dice_score(x[None, None].int(), y[None, None].int(), num_classes=1)",
            "dice_score(x, y)",
            *("nan", "0", "0"),
        ),
        Edge(
            "f1_score",
            'tm.f1_score(x, y, task="binary")',
            "dice_score(x, y, empty=0)",
            *("0", "0", "0"),
        ),
    ),
    faults=(
        Fault(
            "One channel of floats: the largest of one class is that class, everywhere.",
            "x, y = torch.zeros(1, 1, 4, 4), torch.ones(1, 1, 4, 4)",
            "tm.segmentation.dice_score(x, y, num_classes=1)",
            "dice_score(x, y)",
            "1",
            FLOAT_ERROR,
        ),
        Fault(
            "Masks of 0 and 255 wrap around in 8 bits. Half of each mask overlaps the other.",
            BYTES,
            "tm.segmentation.dice_score(\n"
            "    torch.tensor(x)[None, None], torch.tensor(y)[None, None], num_classes=1)",
            "dice_score(x, y)",
            "0.001961",
            BYTES_ERROR,
        ),
    ),
)

NO_LOSS = dict.fromkeys(
    (ABSENT, PIXEL),
    "A class absent from the target adds no loss there; its false positives do here.",
)

SMP = Library(
    "segmentation-models-pytorch",
    "segmentation-models-pytorch",
    "torch",
    'import torch\nwithout_init("segmentation_models_pytorch")\n'
    "import segmentation_models_pytorch.losses, segmentation_models_pytorch.metrics\n"
    "import segmentation_models_pytorch as smp",
    rows=(
        Row(
            "The defaults: pooled over the batch, the mean over the classes, no epsilon.",
            'smp.losses.DiceLoss("multiclass")(z, y)',
            "dice_loss(softmax(z, class_axis=1), y, class_axis=1)",
            ('DiceLoss("multiclass") → softmax(z, class_axis=1)',),
            apart=NO_LOSS,
        ),
        Row(
            "Its formula has no factor 2, so its epsilon counts twice here.",
            'smp.losses.DiceLoss("multiclass", smooth=1.0)(z, y)',
            "dice_loss(softmax(z, class_axis=1), y, class_axis=1,\n"
            "          eps_numerator=2, eps_denominator=2)",
            ("smooth=1.0 → eps_numerator=2, eps_denominator=2",),
            apart=NO_LOSS,
        ),
        Row(
            "A label that does not count.",
            'smp.losses.DiceLoss("multiclass", ignore_index=255)(z, v)',
            "dice_loss(softmax(z, class_axis=1), v, class_axis=1, ignore_index=255)",
            ("ignore_index=255 → ignore_index=255",),
            apart=NO_LOSS,
        ),
        Row(
            "IoU in place of Dice.",
            'smp.losses.JaccardLoss("multiclass")(z, y)',
            "overlap(softmax(z, class_axis=1), y, class_axis=1).score(\n"
            '    formulas.iou, then=lambda iou: 1 - iou, average="macro", empty=0)',
            ("JaccardLoss → formulas.iou",),
            apart=NO_LOSS,
        ),
        Row(
            "Tversky loss.",
            'smp.losses.TverskyLoss("multiclass", alpha=0.3, beta=0.7)(z, y)',
            "tversky_loss(softmax(z, class_axis=1), y, class_axis=1,\n"
            "             false_positive_weight=0.3, false_negative_weight=0.7)",
            ("alpha=0.3 → false_positive_weight=0.3", "beta=0.7 → false_negative_weight=0.7"),
            apart=NO_LOSS,
        ),
        Row(
            "One class: logits of the foreground.",
            'smp.losses.DiceLoss("binary")(z[None, None], g[None, None])',
            "dice_loss(sigmoid(z), g)",
            ('DiceLoss("binary") → sigmoid(z)',),
            layout="mask",
            apart={NO_TARGET: "An empty target has loss 0 there, 1 here."},
        ),
        Row(
            "Metrics: the samples added up first.",
            "smp.metrics.f1_score(\n"
            '    *smp.metrics.get_stats(x, y, "multiclass", num_classes=n),\n'
            '    reduction="macro", zero_division=1)',
            "dice_score(x, y, num_classes=n, empty=1)",
            ('reduction="macro" → no batch_axis', 'reduction="macro", zero_division=1 → empty=1'),
            tolerance=FLOAT32,
        ),
        Row(
            "Metrics: the samples apart.",
            "smp.metrics.f1_score(\n"
            '    *smp.metrics.get_stats(x, y, "multiclass", num_classes=n),\n'
            '    reduction="macro-imagewise", zero_division=1)',
            "dice_score(x, y, num_classes=n, batch_axis=0, empty=1)",
            ('reduction="macro-imagewise" → batch_axis=0',),
            tolerance=FLOAT32,
        ),
        Row(
            "Metrics: everything added up. `zero_division` is ignored here: 0/0 is NaN.",
            "smp.metrics.iou_score(\n"
            '    *smp.metrics.get_stats(x, y, "multiclass", num_classes=n), reduction="micro")',
            'iou_score(x, y, num_classes=n, average="micro")',
            ('reduction="micro" → average="micro"',),
            tolerance=FLOAT32,
        ),
    ),
    edges=(
        Edge(
            "DiceLoss",
            'smp.losses.DiceLoss("binary")(z[None, None], g[None, None])',
            "",
            *("0", "0", "1"),
        ),
        Edge(
            "f1_score",
            "smp.metrics.f1_score(*smp.metrics.get_stats(\n"
            '    x[None, None].long(), y[None, None].long(), "binary"), zero_division=1)',
            "dice_score(x, y, empty=1)",
            *("1", "0", "0"),
        ),
    ),
    faults=(
        Fault(
            "With class weights, `macro` divides by the number of classes twice: a perfect "
            "prediction of four classes scores a quarter.",
            "x = torch.tensor([[0, 1, 2, 3]])",
            "smp.metrics.f1_score(\n"
            '    *smp.metrics.get_stats(x, x, "multiclass", num_classes=4),\n'
            '    reduction="macro", class_weights=[1.0, 1.0, 1.0, 1.0])',
            "dice_score(x, x, num_classes=4, weights=[1.0, 1.0, 1.0, 1.0])",
            "0.25",
            "1",
        ),
        Fault(
            "With one thread, counts stop at 16,777,216, the first whole number to which single "
            "precision cannot add 1. Half of 33.5 million pixels are right.",
            "torch.set_num_threads(1)\n"
            "y = torch.ones(1, 2**25, dtype=torch.int32)\n"
            "x = (torch.arange(2**25, dtype=torch.int32) < 2**24).int()[None]",
            "smp.metrics.f1_score(\n"
            '    *smp.metrics.get_stats(x, y, "multiclass", num_classes=2),\n'
            '    reduction="none")[0, 1]',
            "dice_score(x, y, num_classes=2, average=None)[1]",
            "1",
            "0.6667",
        ),
        Fault(
            "Sums in half precision overflow.",
            HALF,
            'smp.losses.DiceLoss("binary", from_logits=False)(p, p)',
            "dice_loss(p, p)",
            "nan",
            "0",
        ),
        Fault(
            "Masks of 0 and 255 score above 1.",
            BYTES,
            "smp.metrics.f1_score(*smp.metrics.get_stats(\n"
            "    torch.tensor(x).long()[None, None],\n"
            '    torch.tensor(y).long()[None, None], "binary"))',
            "dice_score(x, y)",
            "127.5",
            BYTES_ERROR,
        ),
        Fault(
            "A label outside the classes is scored as one more wrong pixel.",
            VOID,
            "smp.metrics.f1_score(\n"
            '    *smp.metrics.get_stats(x, y, "multiclass", num_classes=2), reduction="none")',
            "dice_score(x, y, num_classes=2, average=None)",
            "[1, 0.6667]",
            VOID_ERROR,
        ),
    ),
)

NNUNET = Library(
    "nnU-Net",
    "nnunetv2",
    "torch",
    "import torch\n"
    "from nnunetv2.training.loss.compound_losses import DC_and_CE_loss\n"
    "from nnunetv2.training.loss.dice import MemoryEfficientSoftDiceLoss, SoftDiceLoss\n"
    'stand_in("batchgenerators.utilities.file_and_folder_operations")\n'
    'stand_in("nnunetv2.imageio.base_reader_writer", "nnunetv2.imageio.reader_writer_registry")\n'
    'stand_in("nnunetv2.imageio.simpleitk_reader_writer")\n'
    'stand_in("nnunetv2.utilities.plans_handling.plans_handler")\n'
    "from nnunetv2.evaluation.evaluate_predictions import compute_metrics",
    rows=(
        Row(
            "The loss that its trainer asks for where its planner leaves the samples apart: minus "
            "the score, without the background. (The defaults of the class itself are another "
            "epsilon, 1, and the background in.)",
            "MemoryEfficientSoftDiceLoss(\n"
            "    batch_dice=False, do_bg=False, smooth=1e-5, ddp=False)(p, y)",
            '-soft_dice(p, y, class_axis=1, batch_axis=0, average="macro",\n'
            "           include_background=False, eps_numerator=1e-5, eps_denominator=1e-5)",
            (
                "do_bg=False → include_background=False",
                "smooth=1e-5 → eps_numerator=1e-5, eps_denominator=1e-5",
            ),
            tolerance=FLOAT32,
        ),
        Row(
            "The samples of a batch added up first. Its planner asks for that in 2D, and in 3D at "
            "full resolution where it plans a low resolution, too.",
            "MemoryEfficientSoftDiceLoss(\n"
            "    batch_dice=True, do_bg=False, smooth=1e-5, ddp=False)(p, y)",
            '-soft_dice(p, y, class_axis=1, average="macro",\n'
            "           include_background=False, eps_numerator=1e-5, eps_denominator=1e-5)",
            ("batch_dice=True → no batch_axis",),
            tolerance=FLOAT32,
        ),
        Row(
            "Only the pixels of a mask.",
            "MemoryEfficientSoftDiceLoss(smooth=1e-5)(p, y, loss_mask=m[:, None])",
            '-soft_dice(p, y, class_axis=1, batch_axis=0, average="macro", mask=m,\n'
            "           eps_numerator=1e-5, eps_denominator=1e-5)",
            ("loss_mask → mask",),
            tolerance=FLOAT32,
        ),
        Row(
            "Dice and cross entropy; lower by 1 there, as Dice enters as minus the score.",
            "DC_and_CE_loss(\n"
            '    {"batch_dice": True, "smooth": 1e-5, "do_bg": False, "ddp": False},\n'
            "    {})(z, y[:, None])",
            "dice_ce_loss(z, y, class_axis=1, include_background=False,\n"
            "             eps_numerator=1e-5, eps_denominator=1e-5) - 1",
            ("DC_and_CE_loss → dice_ce_loss",),
            tolerance=FLOAT32,
        ),
        Row(
            "The score that its evaluation reports, as the files of each case go in: hard, without "
            "epsilon; each label's mean over the cases that have it in either map, and the mean "
            "of these but for the background.",
            "np.mean([np.nanmean([\n"
            '    compute_metrics(g_, p_, Arrays, [k])["metrics"][k]["Dice"]\n'
            "    for g_, p_ in zip(y, x)]) for k in range(1, n)])",
            "np.nanmean(dice_score(\n"
            "    x, y, num_classes=n, batch_axis=0, average=None)[:, 1:], axis=0).mean()",
            ("compute_metrics → batch_axis=0, average=None",),
        ),
    ),
    edges=(
        Edge(
            "compute_metrics",
            'compute_metrics(y, x, Arrays, [1])["metrics"][1]["Dice"]',
            "dice_score(x, y)",
            *("nan", "0", "0"),
        ),
        Edge(
            "SoftDiceLoss",
            "SoftDiceLoss(smooth=1e-5)(p[None, None], g[None, None])",
            "-soft_dice(p, g, eps_numerator=1e-5, eps_denominator=1e-5)",
            "-1",
            "-2.5e-06",
            "-2.5e-06",
        ),
    ),
    faults=(
        Fault(
            "Logits are taken for probabilities.",
            RAW,
            "SoftDiceLoss(smooth=0)(z, g)",
            "dice_loss(z, g)",
            "-1.5",
            RAW_ERROR,
        ),
    ),
)

KERAS = Library(
    "Keras",
    "keras",
    "torch",
    'import os\nos.environ["KERAS_BACKEND"] = "torch"\nimport keras, torch',
    rows=(
        Row(
            "The defaults add up samples, pixels and classes: name no axis here.",
            'keras.losses.Dice(dtype="float64")(g, p)',
            "dice_loss(p, g, eps_denominator=1e-7)",
            ("Dice() → no class_axis",),
            layout="classes last",
        ),
        Row(
            "The pixels as axes: one loss for each sample and class.",
            'keras.losses.Dice(axis=(1, 2), reduction=None, dtype="float64")(g, p)',
            "dice_loss(p, g, class_axis=-1, batch_axis=0, average=None, eps_denominator=1e-7)",
            (
                "axis=(1, 2) → class_axis=-1, batch_axis=0",
                "reduction=None → average=None",
            ),
            layout="classes last",
        ),
        Row(
            "Samples and pixels as axes: pooled over the batch, the mean over the classes.",
            'keras.losses.Dice(axis=(0, 1, 2), dtype="float64")(g, p)',
            "dice_loss(p, g, class_axis=-1, eps_denominator=1e-7)",
            ("axis=(0, 1, 2) → class_axis=-1",),
            layout="classes last",
            tolerance=FLOAT32,
        ),
        Row(
            "Tversky loss. What the two weigh is the reverse of what Keras documents; see below.",
            'keras.losses.Tversky(alpha=0.3, beta=0.7, axis=(1, 2), dtype="float64")(g, p)',
            "tversky_loss(p, g, false_negative_weight=0.3, false_positive_weight=0.7,\n"
            "             class_axis=-1, batch_axis=0, eps_denominator=1e-7)",
            ("alpha=0.3 → false_negative_weight=0.3", "beta=0.7 → false_positive_weight=0.7"),
            layout="classes last",
            tolerance=FLOAT32,
        ),
        Row(
            "Cross entropy of logits and class maps.",
            "keras.losses.SparseCategoricalCrossentropy(\n"
            '    from_logits=True, dtype="float64")(y, z)',
            "cross_entropy(z, y, class_axis=-1)",
            ("SparseCategoricalCrossentropy → cross_entropy",),
            layout="classes last",
            tolerance=FLOAT32,
        ),
    ),
    edges=(
        Edge(
            "losses.dice",
            "keras.losses.dice(g, p)",
            "dice_loss(p, g, eps_denominator=1e-7)",
            *("1", "1", "1"),
        ),
    ),
    faults=(
        Fault(
            "Tversky: `alpha`, documented as the weight of false positives, weighs false "
            "negatives. Here is a miss, and no false positive.",
            "p, g = torch.tensor([0.5, 0.0]), torch.tensor([1.0, 0.0])",
            "keras.losses.tversky(g, p, alpha=1.0, beta=0.0)",
            "tversky_loss(p, g, false_positive_weight=1.0, false_negative_weight=0.0)",
            "0.5",
            "0",
        ),
        Fault(
            "Shapes that differ are broadcast, and the loss is negative.",
            "p, g = torch.ones(4, 4), torch.ones(1, 4)",
            "keras.losses.dice(g, p)",
            "dice_loss(p, g)",
            "-0.6",
            "ValueError: target: expected shape (4, 4), that of probabilities, got (1, 4)",
        ),
        Fault(
            "Sums in half precision overflow.",
            HALF,
            "keras.losses.dice(p, p)",
            "dice_loss(p, p)",
            "nan",
            "0",
        ),
    ),
)

LEFT_OUT = dict.fromkeys(
    (ABSENT, NOWHERE, ONE_CLASS, PIXEL),
    "Classes that a sample lacks are left out of its mean there, and count here.",
)

KORNIA = Library(
    "kornia",
    "kornia",
    "torch",
    "import kornia.losses, torch",
    rows=(
        Row(
            "The defaults: all classes added up, for each sample.",
            "kornia.losses.dice_loss(z, y)",
            'dice_loss(softmax(z, class_axis=1), y, class_axis=1, batch_axis=0, average="micro",\n'
            "          eps_denominator=1e-8)",
            ('dice_loss(z, y) → average="micro"',),
        ),
        Row(
            "The mean over the classes.",
            'kornia.losses.dice_loss(z, y, average="macro")',
            "dice_loss(softmax(z, class_axis=1), y, class_axis=1, batch_axis=0,\n"
            "          eps_denominator=1e-8)",
            ('average="macro" → batch_axis=0',),
            apart=LEFT_OUT,
        ),
        Row(
            "Tversky loss.",
            "kornia.losses.tversky_loss(z, y, alpha=0.3, beta=0.7)",
            "tversky_loss(softmax(z, class_axis=1), y, class_axis=1, batch_axis=0,\n"
            "             false_positive_weight=0.3, false_negative_weight=0.7,\n"
            "             eps_denominator=1e-8)",
            ("alpha=0.3 → false_positive_weight=0.3", "beta=0.7 → false_negative_weight=0.7"),
            apart=LEFT_OUT,
        ),
    ),
    faults=(
        Fault(
            "A sample of which no pixel counts has loss 1, and a part in the mean.",
            "z, y = torch.zeros(1, 3, 4, 4), torch.full((1, 4, 4), -100)",
            "kornia.losses.dice_loss(z, y)",
            "dice_loss(softmax(z, class_axis=1), y, class_axis=1, batch_axis=0, ignore_index=-100)",
            "1",
            "0",
        ),
    ),
)

OPTAX = Library(
    "optax",
    "optax",
    "jax",
    'import jax, jax.numpy as jnp\njax.config.update("jax_enable_x64", True)\nimport optax.losses',
    rows=(
        Row(
            "The defaults: logits in, the mean over the classes. Its formula has no factor 2, so "
            "its epsilon, 1, counts twice here.",
            "optax.losses.dice_loss(z, g)",
            "dice_loss(softmax(z, class_axis=-1), g, class_axis=-1, batch_axis=0, average=None,\n"
            "          eps_numerator=2, eps_denominator=2).mean(axis=-1)",
            ("dice_loss(z, g) → softmax(z, class_axis=-1)",),
            layout="classes last",
        ),
        Row(
            "Probabilities in, another epsilon, no reduction.",
            'optax.losses.dice_loss(\n    p, g, apply_softmax=False, smooth=0.5, reduction="none")',
            "dice_loss(p, g, class_axis=-1, batch_axis=0, average=None,\n"
            "          eps_numerator=1, eps_denominator=1)",
            (
                "smooth=0.5 → eps_numerator=1, eps_denominator=1",
                'reduction="none" → average=None',
            ),
            layout="classes last",
        ),
        Row(
            "Tversky loss.",
            "optax.losses.dice_loss(p, g, alpha=0.3, beta=0.7, apply_softmax=False).mean()",
            "tversky_loss(p, g, false_positive_weight=0.3, false_negative_weight=0.7,\n"
            "             class_axis=-1, batch_axis=0, eps_numerator=1, eps_denominator=1)",
            ("alpha=0.3 → false_positive_weight=0.3", "beta=0.7 → false_negative_weight=0.7"),
            layout="classes last",
        ),
        Row(
            "Cross entropy.",
            "optax.losses.softmax_cross_entropy_with_integer_labels(z, y).mean()",
            "cross_entropy(z, y, class_axis=-1)",
            ("softmax_cross_entropy_with_integer_labels → cross_entropy",),
            layout="classes last",
        ),
    ),
    edges=(
        Edge(
            "losses.dice_loss",
            "optax.losses.dice_loss(z[None, ..., None], g[None, ..., None])",
            "dice_loss(p, g, eps_numerator=2, eps_denominator=2)",
            "0",
            "0.6667",
            "0.6667",
        ),
    ),
    faults=(
        Fault(
            "Sums in half precision overflow.",
            "p = jnp.ones((1, 300, 300, 1), jnp.float16)",
            "optax.losses.dice_loss(p, p, apply_softmax=False)",
            "dice_loss(p, p)",
            "nan",
            "0",
        ),
    ),
)

PYTORCH = Library(
    "PyTorch",
    "torch",
    "torch",
    "import torch\nimport torch.nn.functional as F",
    rows=(
        Row(
            "Cross entropy of logits and a class map.",
            "F.cross_entropy(z, y)",
            "cross_entropy(z, y, class_axis=1)",
        ),
        Row(
            "A weight for each class, in the sum and in what it is divided by.",
            "F.cross_entropy(z, y, weight=w)",
            "cross_entropy(z, y, class_axis=1, weights=w)",
            ("weight=w → weights=w",),
        ),
        Row(
            "A label that does not count.",
            "F.cross_entropy(z, v, ignore_index=255)",
            "cross_entropy(z, v, class_axis=1, ignore_index=255)",
            ("ignore_index=255 → ignore_index=255",),
        ),
        Row(
            "A target of probabilities.",
            "F.cross_entropy(z, g)",
            "cross_entropy(z, g, class_axis=1)",
            layout="soft classes",
        ),
        Row(
            "One logit for each pixel.",
            "F.binary_cross_entropy_with_logits(z, g)",
            "cross_entropy(z, g)",
            ("binary_cross_entropy_with_logits → no class_axis",),
            layout="mask",
        ),
    ),
    faults=(
        Fault(
            "Where no pixel counts, the mean is 0/0.",
            "z, y = torch.zeros(1, 3, 4), torch.full((1, 4), -100)",
            "F.cross_entropy(z, y)",
            "cross_entropy(z, y, class_axis=1, ignore_index=-100)",
            "nan",
            "0",
        ),
    ),
)

SKLEARN = Library(
    "scikit-learn",
    "scikit-learn",
    "numpy",
    "import sklearn.metrics as sk",
    rows=(
        Row(
            "F1 of flat labels is Dice.",
            "sk.f1_score(\n"
            "    y.ravel(), x.ravel(), labels=range(n), average=None, zero_division=nan)",
            "dice_score(x, y, num_classes=n, average=None)",
            ("labels=range(n) → num_classes=n", "average=None → average=None"),
        ),
        Row(
            "The mean over the classes.",
            'sk.f1_score(y.ravel(), x.ravel(), labels=range(n), average="macro", zero_division=0)',
            "dice_score(x, y, num_classes=n, empty=0)",
            ("zero_division=0 → empty=0",),
        ),
        Row(
            "The mean weighted by the size of the target.",
            'sk.f1_score(y.ravel(), x.ravel(), labels=range(n), average="weighted")',
            'dice_score(x, y, num_classes=n, average="weighted")',
            ('average="weighted" → average="weighted"',),
        ),
        Row(
            "All classes but the background added up.",
            "sk.f1_score(\n"
            "    y.ravel(), x.ravel(), labels=range(1, n),\n"
            '    average="micro", zero_division=nan)',
            'dice_score(x, y, num_classes=n, average="micro", include_background=False)',
            ("labels=range(1, n) → include_background=False",),
        ),
        Row(
            "The Jaccard score is IoU.",
            "sk.jaccard_score(\n"
            "    y.ravel(), x.ravel(), labels=range(n), average=None, zero_division=0)",
            "iou_score(x, y, num_classes=n, average=None, empty=0)",
            ("jaccard_score → iou_score",),
        ),
        Row(
            "The confusion matrix: rows are targets in both. The prediction comes first here.",
            "sk.confusion_matrix(y.ravel(), x.ravel(), labels=range(n))",
            "confusion_matrix(x, y, num_classes=n)",
            ("confusion_matrix → confusion_matrix",),
        ),
    ),
    edges=(
        Edge(
            "f1_score",
            "sk.f1_score(y.ravel(), x.ravel())",
            "dice_score(x, y, empty=0)",
            *("0", "0", "0"),
        ),
    ),
    faults=(
        Fault(
            "A label outside the classes becomes a class of its own, which scores 0.",
            "x, y = np.array([0, 1, 1]), np.array([0, 1, 255])",
            'sk.f1_score(y, x, average="macro")',
            "dice_score(x, y, num_classes=2)",
            "0.5556",
            VOID_ERROR,
        ),
    ),
)

SCIPY = Library(
    "SciPy",
    "scipy",
    "numpy",
    "import scipy.special\nimport scipy.spatial.distance as distance",
    rows=(
        Row(
            "The Dice dissimilarity of two masks.",
            "1 - distance.dice(x.ravel(), y.ravel())",
            "dice_score(x, y)",
            ("1 - distance.dice → dice_score",),
            layout="mask",
        ),
        Row(
            "The Jaccard distance of two masks.",
            "1 - distance.jaccard(x.ravel(), y.ravel())",
            "iou_score(x, y, empty=1)",
            ("1 - distance.jaccard → iou_score",),
            layout="mask",
        ),
        Row(
            "Bray-Curtis is soft Dice, the overlap being the smaller of the two.",
            "1 - distance.braycurtis(p.ravel(), g.ravel())",
            'soft_dice(p, g, intersection="min")',
            ('1 - distance.braycurtis → intersection="min"',),
            layout="soft mask",
        ),
        Row(
            "Softmax.",
            "scipy.special.softmax(z, axis=1)",
            "softmax(z, class_axis=1)",
            ("axis=1 → class_axis=1",),
        ),
        Row(
            "The logarithm of softmax, for logits in the thousands.",
            "scipy.special.log_softmax(1000 * z, axis=1)",
            "log_softmax(1000 * z, class_axis=1)",
        ),
        Row(
            "The sigmoid, for logits in the thousands.",
            "scipy.special.expit(1000 * z)",
            "sigmoid(1000 * z)",
            ("expit → sigmoid",),
        ),
    ),
    edges=(
        Edge(
            "1 - distance.dice",
            "1 - distance.dice(x.ravel(), y.ravel())",
            "dice_score(x, y)",
            *("nan", "0", "0"),
        ),
    ),
    faults=(
        Fault(
            "Masks of 0 and 255 score above 1.",
            BYTES,
            "1 - distance.dice(x, y)",
            "dice_score(x, y)",
            "127.5",
            BYTES_ERROR,
        ),
    ),
)

MEDPY = Library(
    "MedPy",
    "medpy",
    "numpy",
    "import medpy.metric",
    rows=(
        Row(
            "Two masks; for two empty ones see below.",
            "medpy.metric.dc(x, y)",
            "dice_score(x, y)",
            ("dc → dice_score",),
            layout="mask",
        ),
        Row(
            "Their IoU; two empty masks score 1.",
            "medpy.metric.jc(x, y)",
            "iou_score(x, y, empty=1)",
            ("jc → iou_score",),
            layout="mask",
        ),
    ),
    edges=(
        Edge(
            "dc",
            "medpy.metric.dc(x, y)",
            "dice_score(x, y)",
            *("nan", "0", "0"),
            older="1",
            until="2.2.6",
        ),
        Edge("jc", "medpy.metric.jc(x, y)", "iou_score(x, y, empty=1)", "1", "0", "0"),
    ),
    faults=(
        Fault(
            "Two empty masks score NaN from NumPy 2.3 on, with a warning. Up to NumPy 2.2 they "
            "score 1, as its source means it, which catches an error that is no longer raised.",
            "x = y = np.zeros((2, 2), bool)",
            "medpy.metric.dc(x, y)",
            "dice_score(x, y, empty=1)",
            "nan",
            "1",
        ),
        Fault(
            "All labels but 0 count as one mask: 1 and 2 agree in full.",
            "x, y = np.array([1, 1]), np.array([2, 2])",
            "medpy.metric.dc(x, y)",
            "dice_score(x, y)",
            "1",
            "ValueError: target: expected a mask of 0 and 1, got 2; class labels need num_classes; "
            "pixels that do not count need ignore_index=2",
        ),
        Fault(
            "Shapes that differ are broadcast.",
            BROADCAST,
            "medpy.metric.dc(x, y)",
            "dice_score(x, y)",
            "1.6",
            BROADCAST_ERROR,
        ),
    ),
)

SIMPLEITK = Library(
    "SimpleITK",
    "simpleitk",
    "numpy",
    "import SimpleITK as sitk",
    rows=(
        Row(
            "Two masks.",
            "measures(x, y).GetDiceCoefficient()",
            "dice_score(x, y)",
            layout="mask",
            apart={EMPTY: "Two empty masks score infinity there, NaN here."},
        ),
        Row(
            "Class maps, one label at a time; 0 is background.",
            "[measures(x, y).GetDiceCoefficient(k) for k in range(1, n)]",
            "dice_score(x, y, num_classes=n, average=None, empty=0)[1:]",
        ),
        Row(
            "The Jaccard coefficient is IoU.",
            "measures(x, y).GetJaccardCoefficient()",
            "iou_score(x, y)",
            layout="mask",
            apart={EMPTY: "Two empty masks score the largest float there, NaN here."},
        ),
    ),
    edges=(
        Edge(
            "GetDiceCoefficient",
            "measures(x, y).GetDiceCoefficient()",
            "dice_score(x, y, empty=np.inf)",
            *("inf", "0", "0"),
        ),
    ),
    faults=(
        Fault(
            "Two empty masks score infinity.",
            "x = y = np.zeros((2, 2), bool)",
            "measures(x, y).GetDiceCoefficient()",
            "dice_score(x, y)",
            "inf",
            "nan",
        ),
    ),
)

SURFACE_DISTANCE = Library(
    "surface-distance",
    "surface-distance",
    "numpy",
    "import surface_distance",
    rows=(
        Row(
            "Two masks, the target first.",
            "surface_distance.compute_dice_coefficient(y, x)",
            "dice_score(x, y)",
            ("compute_dice_coefficient(y, x) → dice_score(x, y)",),
            layout="mask",
            apart={EMPTY: "Two empty masks are an error there, with NumPy 2."},
        ),
    ),
    edges=(
        Edge(
            "compute_dice_coefficient",
            "surface_distance.compute_dice_coefficient(y, x)",
            "dice_score(x, y)",
            *("error", "0", "0"),
            older="nan",
            until="1.26.4",
        ),
    ),
    faults=(
        Fault(
            "Two empty masks ask for a name that NumPy 2 no longer has.",
            "x = y = np.zeros((2, 2), bool)",
            "surface_distance.compute_dice_coefficient(y, x)",
            "dice_score(x, y)",
            "AttributeError: `np.NaN` was removed in the NumPy 2.0 release. Use `np.nan` instead.",
            "nan",
        ),
        Fault(
            "Shapes that differ are broadcast.",
            BROADCAST,
            "surface_distance.compute_dice_coefficient(y, x)",
            "dice_score(x, y)",
            "1.6",
            BROADCAST_ERROR,
        ),
    ),
)

MISEVAL = Library(
    "miseval",
    "miseval",
    "numpy",
    'without_init("miseval")\nfrom miseval.dice import calc_DSC_Enhanced, calc_DSC_Sets\n'
    "from miseval.jaccard import calc_IoU_Sets",
    rows=(
        Row(
            "Class maps, one class at a time, the target first; two empty sets score 1.",
            "[calc_DSC_Enhanced(y, x, c=k) for k in range(n)]",
            "dice_score(x, y, num_classes=n, average=None, empty=1)",
            ("calc_DSC_Enhanced → empty=1",),
        ),
        Row(
            "The same; two empty sets score 0.",
            "[calc_DSC_Sets(y, x, c=k) for k in range(n)]",
            "dice_score(x, y, num_classes=n, average=None, empty=0)",
            ("calc_DSC_Sets → empty=0",),
        ),
        Row(
            "Their IoU.",
            "[calc_IoU_Sets(y, x, c=k) for k in range(n)]",
            "iou_score(x, y, num_classes=n, average=None, empty=0)",
            ("calc_IoU_Sets → iou_score",),
        ),
    ),
    edges=(
        Edge(
            "calc_DSC_Enhanced",
            "calc_DSC_Enhanced(y, x)",
            "dice_score(x, y, empty=1)",
            *("1", "0", "0"),
        ),
        Edge(
            "calc_DSC_Sets",
            "calc_DSC_Sets(y, x)",
            "dice_score(x, y, empty=0)",
            *("0", "0", "0"),
        ),
    ),
    faults=(
        Fault(
            "Shapes that differ are broadcast.",
            BROADCAST,
            "calc_DSC_Sets(y, x)",
            "dice_score(x, y)",
            "1.6",
            BROADCAST_ERROR,
        ),
        Fault(
            "Foreground of 255 is not looked for: one mask, twice, scores 0.",
            "x = y = np.uint8([0, 255])",
            "calc_DSC_Sets(y, x)",
            "dice_score(x, y)",
            "0",
            BYTES_ERROR,
        ),
    ),
)

NUMPY = Library(
    "plain NumPy",
    "numpy",
    "numpy",
    "import numpy as np",
    rows=(
        Row(
            "The formula, written out for two masks.",
            "2 * (x & y).sum() / (x.sum() + y.sum())",
            "dice_score(x, y)",
            layout="mask",
        ),
        Row(
            "The same for probabilities.",
            "1 - 2 * (p * g).sum() / (p.sum() + g.sum())",
            "dice_loss(p, g, empty=nan)",
            layout="mask",
        ),
        Row(
            "One mask for each class.",
            "np.moveaxis(np.eye(n)[y], -1, 1)",
            "one_hot(y, n, class_axis=1)",
        ),
    ),
    edges=(
        Edge(
            "2 * (x & y).sum() / (x.sum() + y.sum())",
            "2 * (x & y).sum() / (x.sum() + y.sum())",
            "dice_score(x, y)",
            *("nan", "0", "0"),
        ),
    ),
    faults=(
        Fault(
            "Products of masks of 0 and 255 wrap around in 8 bits.",
            BYTES,
            "2 * (x * y).sum() / (x.sum() + y.sum())",
            "dice_score(x, y)",
            "0.001961",
            BYTES_ERROR,
        ),
        Fault(
            "So does a dot product, even of 0 and 1: 256 pixels that agree in full.",
            "x = np.ones(256, np.uint8)",
            "2 * np.dot(x, x) / (x.sum() + x.sum())",
            "dice_score(x, x)",
            "0",
            "1",
        ),
        Fault(
            "Single precision with the classes last stops adding at 16,777,216.",
            "p = np.ones((2**25, 2), np.float32)",
            "p.sum(axis=0)",
            "overlap(p, p, class_axis=1).prediction",
            "[16777216, 16777216]",
            "[33554432, 33554432]",
        ),
        Fault(
            "Half precision ends at 65,504.",
            "p = np.ones(70_000, np.float16)",
            "p.sum()",
            "overlap(p, p).prediction",
            "inf",
            "70000",
        ),
        Fault(
            "The exponentials of large logits overflow.",
            "z = np.array([0.0, 1000.0])",
            "np.exp(z) / np.exp(z).sum()",
            "softmax(z, class_axis=0)",
            "[0, nan]",
            "[0, 1]",
        ),
        Fault(
            "An ignore label of −1 becomes the last class.",
            "y = np.array([0, -1])",
            "np.eye(3)[y]",
            "one_hot(y, 3, class_axis=-1)",
            "[[1, 0, 0], [0, 0, 1]]",
            "ValueError: labels: expected labels from 0 to 2, got -1",
        ),
    ),
)

VOID_COUNTS = (
    "Void pixels are of no class in the target, but what is predicted there counts as wrong."
)
VOID_MAP = (
    "z = torch.tensor([1000.0, -1000.0]).reshape(1, 2, 1, 1).expand(1, 2, 1, 4)\n"
    "y = torch.tensor([[[0, 0, 255, 255]]])"
)

TRANSFORMERS = Library(
    "transformers",
    "transformers",
    "torch",
    'import torch\nwithout_init("transformers")\nwithout_init("transformers.loss")\n'
    'stand_in("transformers.utils")\n'
    "import transformers.loss.loss_for_object_detection as detr",
    rows=(
        Row(
            "The loss of DETR and its relatives, and of MaskFormer and Mask2Former, which have "
            "copies of it: each mask by itself, after a sigmoid; the sum over the masks, divided "
            "by a number that the caller gives.",
            "detr.dice_loss(\n"
            "    z.flatten(0, 1).flatten(1), g.flatten(0, 1).flatten(1), num_boxes=len(z) * n)",
            "dice_loss(sigmoid(z), g, class_axis=1, batch_axis=0,\n"
            "          eps_numerator=1, eps_denominator=1)",
            (
                "detr.dice_loss → eps_numerator=1, eps_denominator=1",
                "num_boxes=len(z) * n → batch_axis=0",
            ),
        ),
    ),
    edges=(
        Edge(
            "detr.dice_loss",
            "detr.dice_loss(z.flatten()[None], g.flatten()[None], num_boxes=1)",
            "dice_loss(p, g, eps_numerator=1, eps_denominator=1)",
            *("0", "0.8", "0.8"),
        ),
    ),
)

SAM = Library(
    "SAM 2",
    "",
    "torch",
    "import torch\n\n"
    "def sam_loss(z, g, num_objects):\n"
    "    p, g = z.sigmoid().flatten(1), g.flatten(1)\n"
    "    score = (2 * (p * g).sum(-1) + 1) / (p.sum(-1) + g.sum(-1) + 1)\n"
    "    return (1 - score).sum() / num_objects",
    rows=(
        Row(
            "The formula of DETR, one mask by itself.",
            "sam_loss(z.flatten(0, 1), g.flatten(0, 1), num_objects=len(z) * n)",
            "dice_loss(sigmoid(z), g, class_axis=1, batch_axis=0,\n"
            "          eps_numerator=1, eps_denominator=1)",
            (
                "sam_loss → eps_numerator=1, eps_denominator=1",
                "num_objects=len(z) * n → batch_axis=0",
            ),
        ),
    ),
    edges=(
        Edge(
            "sam_loss",
            "sam_loss(z[None], g[None], num_objects=1)",
            "dice_loss(p, g, eps_numerator=1, eps_denominator=1)",
            *("0", "0.8", "0.8"),
        ),
    ),
)

MMSEG = Library(
    "mmsegmentation",
    "mmsegmentation",
    "torch",
    'import torch\nwithout_init("mmseg")\nwithout_init("mmseg.models")\n'
    'without_init("mmseg.models.losses")\nstand_in("mmengine.fileio", "mmseg.registry")\n'
    "import mmseg.models.losses.dice_loss as mmseg_loss",
    rows=(
        Row(
            "The defaults: a sigmoid, squares in the denominator, and all classes of a sample "
            "added up. Each of the two sizes gets an epsilon of 0.001.",
            "mmseg_loss.DiceLoss()(z, y)",
            'dice_loss(sigmoid(z), g, class_axis=1, batch_axis=0, average="micro", squared=True,\n'
            "          eps_denominator=0.002)",
            (
                'DiceLoss() → average="micro", squared=True, eps_denominator=0.002',
                "(z, y) → sigmoid(z)",
            ),
            tolerance=FLOAT32,
        ),
        Row(
            "A softmax, and no squares.",
            "mmseg_loss.DiceLoss(use_sigmoid=False, naive_dice=True)(z, y)",
            "dice_loss(softmax(z, class_axis=1), y, class_axis=1, batch_axis=0,\n"
            '          average="micro", eps_numerator=0.001, eps_denominator=0.001)',
            (
                "use_sigmoid=False → softmax(z, class_axis=1)",
                "naive_dice=True → eps_numerator=0.001, eps_denominator=0.001",
            ),
        ),
        Row(
            "Its `ignore_index` leaves out a class, not the pixels of a label.",
            "mmseg_loss.DiceLoss(ignore_index=0)(z, y)",
            'dice_loss(sigmoid(z), g, class_axis=1, batch_axis=0, average="micro", squared=True,\n'
            "          include_background=False, eps_denominator=0.002)",
            ("ignore_index=0 → include_background=False",),
            tolerance=FLOAT32,
        ),
    ),
    edges=(
        Edge(
            "DiceLoss",
            "mmseg_loss.DiceLoss()(z[None, None], g[None, None])",
            "dice_loss(p, g, squared=True, eps_denominator=0.002)",
            *("1", "1", "1"),
        ),
    ),
    faults=(
        Fault(
            VOID_COUNTS,
            VOID_MAP,
            "mmseg_loss.DiceLoss(ignore_index=255)(z, y)",
            "dice_loss(softmax(z, class_axis=1), y, class_axis=1, ignore_index=255)",
            "0.3336",
            "0",
        ),
    ),
)

FASTAI = Library(
    "fastai",
    "fastai",
    "torch",
    'import torch\nwithout_init("fastai")\n'
    'stand_in("fastprogress", "fastprogress.fastprogress", "pandas", "pandas.api")\n'
    'stand_in("pandas.api.types", "requests")\n'
    "import fastai.losses",
    rows=(
        Row(
            "The defaults: one loss for each sample and class, and their sum.",
            "fastai.losses.DiceLoss()(z, y)",
            "dice_loss(softmax(z, class_axis=1), y, class_axis=1, batch_axis=0, average=None,\n"
            "          eps_numerator=1e-6, eps_denominator=1e-6).sum()",
            ("DiceLoss() → eps_numerator=1e-6, eps_denominator=1e-6",),
            tolerance=FLOAT32,
        ),
        Row(
            "The mean of them.",
            'fastai.losses.DiceLoss(reduction="mean")(z, y)',
            "dice_loss(softmax(z, class_axis=1), y, class_axis=1, batch_axis=0,\n"
            "          eps_numerator=1e-6, eps_denominator=1e-6)",
            ('reduction="mean" → batch_axis=0',),
            tolerance=FLOAT32,
        ),
        Row(
            "Sums of squares in the denominator.",
            'fastai.losses.DiceLoss(reduction="mean", square_in_union=True)(z, y)',
            "dice_loss(softmax(z, class_axis=1), y, class_axis=1, batch_axis=0, squared=True,\n"
            "          eps_numerator=1e-6, eps_denominator=1e-6)",
            ("square_in_union=True → squared=True",),
            tolerance=FLOAT32,
        ),
    ),
    edges=(
        Edge(
            "DiceLoss",
            'fastai.losses.DiceLoss(reduction="none")(\n'
            "    torch.stack([-z, z])[None], y[None].long())[0, 1]",
            "dice_loss(p, g, eps_numerator=1e-6, eps_denominator=1e-6)",
            *("0", "1", "1"),
        ),
    ),
    faults=(
        Fault(
            VOID_COUNTS,
            VOID_MAP,
            'fastai.losses.DiceLoss(reduction="none")(z, y)[0, 0]',
            "dice_loss(\n"
            "    softmax(z, class_axis=1), y, class_axis=1, average=None, ignore_index=255)[0]",
            "0.3333",
            "0",
        ),
    ),
)

LIBRARIES = (
    *(HERE, MONAI, TORCHMETRICS, SMP, NNUNET, TRANSFORMERS, SAM, MMSEG, FASTAI, KERAS, SKLEARN),
    *(KORNIA, OPTAX, PYTORCH, SCIPY, MEDPY, SIMPLEITK, SURFACE_DISTANCE, MISEVAL, NUMPY),
)
