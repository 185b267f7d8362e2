"""Losses in training: one forward and one backward pass with PyTorch, beside other libraries.

`python benchmarks/training.py --cuda` measures on a graphics card, and writes the record.
"""

import sys
from collections.abc import Callable
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from statistics import median
from typing import Any

from peers import smp_module
from timing import Function, extra_memory, measure, ratio

from dice import dice_ce_loss, dice_loss

Loss = Callable[[Any, Any], Any]
SIZES = {
    "cpu": ((2, 20, 512, 1024), (2, 4, 64, 64, 64)),
    "cuda": ((2, 20, 1024, 2048), (2, 4, 128, 128, 128)),
}


def dice_losses() -> dict[str, Loss]:
    """Of probabilities and a class map; both samples pooled."""
    monai = import_module("monai.losses").DiceLoss(to_onehot_y=True, batch=True)
    smp = smp_module("losses.dice").DiceLoss("multiclass", from_logits=False)
    return {
        "dice": lambda p, y: dice_loss(p, y, class_axis=1),
        "dice, unchecked": lambda p, y: dice_loss(p, y, class_axis=1, check_values=False),
        "MONAI": lambda p, y: monai(p, y[:, None]),
        "SMP": smp,
        "nnU-Net": nnunet_dice,
    }


def combined_losses() -> dict[str, Loss]:
    """Dice loss plus cross entropy, of logits and a class map."""
    entropy = import_module("torch.nn.functional").cross_entropy
    monai = import_module("monai.losses").DiceCELoss(to_onehot_y=True, softmax=True, batch=True)
    smp = smp_module("losses.dice").DiceLoss("multiclass")
    return {
        "dice": lambda z, y: dice_ce_loss(z, y, class_axis=1),
        "dice, unchecked": lambda z, y: dice_ce_loss(z, y, class_axis=1, check_values=False),
        "MONAI": lambda z, y: monai(z, y[:, None]),
        "SMP": lambda z, y: smp(z, y) + entropy(z, y),
        "nnU-Net": lambda z, y: nnunet_dice(z.softmax(1), y) + entropy(z, y),
    }


def nnunet_dice(p: Any, y: Any) -> Any:
    """The arithmetic of nnU-Net's MemoryEfficientSoftDiceLoss, written anew from its source."""
    torch = import_module("torch")
    axes = (0, *range(2, p.ndim))
    with torch.no_grad():
        masks = torch.zeros(p.shape, dtype=torch.bool, device=p.device)
        masks.scatter_(1, y[:, None], 1)
        target = masks.sum(axes)
    shared, size = (p * masks).sum(axes), p.sum(axes)
    return 1 - ((2 * shared + 1e-5) / (target + size + 1e-5).clip(1e-8)).mean()


def training_rows(quick: bool = False, device: str = "cpu") -> list[dict[str, Any]]:
    """Time and memory of a training step's loss; none without PyTorch and its libraries."""
    if not all(map(find_spec, ("torch", "monai", "segmentation_models_pytorch"))):
        return []
    return [
        _row(name, size, losses(), quick, device)
        for size in (SIZES[device][1:] if quick else SIZES[device])
        for name, losses in (("dice_loss", dice_losses), ("dice_ce_loss", combined_losses))
    ]


def _row(
    name: str, size: tuple[int, ...], losses: dict[str, Loss], quick: bool, device: str
) -> dict[str, Any]:
    torch = import_module("torch")
    generator = torch.Generator().manual_seed(20)
    values = torch.randn(size, generator=generator).to(device)
    if name == "dice_loss":
        values = values.softmax(1)
    labels = torch.randint(0, size[1], (size[0], *size[2:]), generator=generator)
    labels = labels.sort(-1).values.to(device)  # runs, as in an image

    def step(loss: Loss) -> Any:
        leaf = values.detach().requires_grad_()
        loss(leaf, labels).backward()
        if device == "cuda":
            torch.cuda.synchronize()
        return leaf.grad

    functions = {key: (lambda loss=loss: step(loss)) for key, loss in losses.items()}
    expected = functions["dice"]()
    difference = {
        key: float(f"{(function() - expected).abs().max() / expected.abs().max():.1e}")
        for key, function in functions.items()
    }
    peak = _extra_memory_of_card if device == "cuda" else extra_memory
    memory = {  # the process is seen to take more at times, never less: the least of three
        key: round(min(peak(function) for _ in range(3)), 1) for key, function in functions.items()
    }
    times = measure(functions, 1 if quick else 6)
    row = {
        "case": f"{name}, {'×'.join(map(str, size))}",
        "mib_of_logits": round(values.nbytes / 2**20, 1),
        "milliseconds": round(1000 * median(t for t in times["dice"] if t == t), 3),
        "ratios": {k: float(f"{ratio(times[k], times['dice']):.3g}") for k in functions},
        "extra_mib": memory,
        "largest_difference_of_gradients": difference,
    }
    print(row["case"], row["milliseconds"], "ms", row["ratios"], row["extra_mib"], flush=True)
    return row


def _extra_memory_of_card(function: Function) -> float:
    """Peak memory beside the inputs, in MiB: what PyTorch holds on the card."""
    cuda = import_module("torch").cuda
    before = cuda.memory_allocated()
    cuda.reset_peak_memory_stats()
    function()
    return float(cuda.max_memory_allocated() - before) / 2**20


def record_of_card() -> dict[str, Any]:
    """Measure on a graphics card."""
    torch = import_module("torch")
    if not torch.cuda.is_available():
        sys.exit("no graphics card that PyTorch can use")
    return {
        "date": date.today().isoformat(),
        "card": torch.cuda.get_device_name(),
        "torch": torch.__version__,
        "training": training_rows(device="cuda"),
    }


if __name__ == "__main__":
    if "--cuda" in sys.argv:
        from report import write_card

        write_card(record_of_card())
    else:
        training_rows()
