"""Tables of printed texts that fit a phone, which shows 45 characters in a line."""

from collections.abc import Iterable, Mapping


def grid(columns: Mapping[str, Iterable[str]], rows: Iterable[str]) -> str:
    """Set columns of texts side by side, under their headings; each row begins with its name.

    The last word of a heading stands below the others: a heading is seldom wider than its texts.

    Examples
    --------
    >>> print(grid({"CE": ["0.78", "0.00"], "weighted CE": ["0.69", "0.09"]}, ["0.3 %", "0.1 %"]))
                 weighted
             CE        CE
    0.3 %  0.78      0.69
    0.1 %  0.00      0.09
    """
    above, below = zip(*(heading.rpartition(" ")[::2] for heading in columns), strict=True)
    lines = [("", *above), ("", *below), *zip(rows, *columns.values(), strict=True)]
    first, *widths = (max(map(len, texts)) for texts in zip(*lines, strict=True))
    return "\n".join(
        name.ljust(first) + "".join(map("  {:>{}}".format, texts, widths)).rstrip()
        for name, *texts in lines
        if any(texts)
    )
