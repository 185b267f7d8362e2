"""The glossary: each entry names the chapter that explains its word first."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENTRIES = (ROOT / "book" / "glossary.md").read_text("utf8").partition("{glossary}\n")[2]
ENTRIES = ENTRIES.removesuffix("```\n").strip().split("\n\n")

# What chapters write where the entry has a longer name.
ALSO = {
    "binary segmentation": "binary", "F-beta score": r"F_\beta", "ignore index": "ignore",
    "calibration": "calibrated", "macro average": "macro", "micro average": "micro",
    "one-hot encoding": "one-hot", "pooling": "pooled", "reduction": "which mean",
    "squared denominator": "squared form", "stuff and things": "stuff",
    "volume bias": "bias in volume", "weighted average": "weighted",
}  # fmt: skip


def chapters():
    """What each chapter says, by number; the first, of 15 minutes, explains little."""
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))[1:]:
        cells = json.loads(path.read_text("utf8"))["cells"]
        texts = ["".join(c["source"]) for c in cells if c["cell_type"] == "markdown"]
        yield int(path.name[:2]), "\n".join(texts)


CHAPTERS = dict(chapters())


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.partition("\n")[0])
def test_an_entry_names_the_chapter_that_explains_its_word_first(entry):
    names = re.findall(r"^(?! )(.+)$", entry, re.M)
    names += [ALSO[name] for name in names if name in ALSO]
    word = "|".join(re.escape(name).replace(r"\ ", r"\s") for name in names)
    [(number, link)] = re.findall(r"\[Chapter (\d+)\]\(\.\./notebooks/(\d\d)_", entry)
    assert int(number) == int(link)
    text = CHAPTERS[int(number)]
    assert re.search(rf"(?<!\w)(?:{word})", text, re.I), "is not in its chapter"
    bold = re.compile(rf"\*\*(?:{word})\b[^*\n]*\*\*", re.I)
    set_off = re.compile(rf"(?:\*|\| |^#.* )(?:[\w-]+ )?(?:{word})", re.I | re.M)
    explained = [n for n, text in CHAPTERS.items() if bold.search(text)]
    assert not explained or explained[0] >= int(number), "is set in bold in an earlier chapter"
    assert not explained or set_off.search(text), "is set off in a later chapter only"


def test_entries_are_in_the_order_of_the_alphabet():
    first = [entry.partition("\n")[0].lower().replace("á", "a") for entry in ENTRIES]
    assert first == sorted(first)
    assert len(first) >= 85
