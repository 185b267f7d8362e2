"""Print the ratios that `make bench` has just measured beside the stored ones, as Markdown.

A ratio is the time of another library by ours: below 1, it is the faster one.
"""

import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
RECORD = "benchmarks/results/speed.json"


def ratios(record: str) -> dict[tuple[str, str, str], float]:
    """Return the ratio of each row and library."""
    return {
        (row["task"], row["case"], library): ratio
        for row in json.loads(record)["rows"]
        for library, ratio in row["ratios"].items()
    }


def table(before: str, now: str) -> str:
    """Return a line for each ratio that either record has."""
    old, new = ratios(before), ratios(now)
    lines = ["| task | case | library | record | now |", "|---|---|---|---:|---:|"]
    for key in old | new:
        figures = (f"{found[key]:.3g}" if key in found else "" for found in (old, new))
        lines.append(f"| {' | '.join([*key, *figures])} |")
    return "\n".join(lines)


if __name__ == "__main__":
    shown = ["git", "show", f"HEAD:{RECORD}"]
    stored = subprocess.run(shown, cwd=ROOT, check=True, capture_output=True).stdout.decode()
    print(table(stored, (ROOT / RECORD).read_text("utf8")))
