"""The report of a table of cases: its numbers, its words, and what it refuses."""

import csv
import re
from math import nan
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from dice.course.report import TEXTS, counter, known, report, shown

EXAMPLE = list(csv.DictReader(TEXTS["example"]))
PRICE = {"hd95": 60}


def table(*columns, names="dice"):
    rows = zip(*columns, strict=True)
    keys = names.split()
    return [{"patient": f"p{k}", **dict(zip(keys, row, strict=True))} for k, row in enumerate(rows)]


def test_numbers_are_those_of_numpy():
    values = np.random.default_rng(0).uniform(0.4, 1, 40)
    found = report(table(values)).numbers["dice"]
    assert found["mean"] == pytest.approx(values.mean())
    quarters = [found[name] for name in ("lowest", "q1", "median", "q3", "highest")]
    assert quarters == pytest.approx(np.percentile(values, [0, 25, 50, 75, 100]))
    assert (found["scored"], found["failed"], found["empty"]) == (40, 0, 0)


@pytest.mark.parametrize(("name", "statistic"), [("", np.mean), ("median ", np.median)])
def test_intervals_are_those_of_scipy_within_chance(name, statistic):
    values = np.random.default_rng(1).uniform(0.4, 1, 60) ** 2
    found = report(table(values), times=5000).numbers["dice"]
    theirs = stats.bootstrap([values], statistic, method="percentile", rng=3, n_resamples=5000)
    ends = found[f"{name}low"], found[f"{name}high"]
    assert ends == pytest.approx(theirs.confidence_interval, abs=0.02 if name else 0.005)


def test_the_counter_looks_drawn():
    drawn = counter(2000, 40)
    assert stats.kstest(drawn.ravel(), "uniform").pvalue > 0.01
    assert abs(np.corrcoef(drawn[:, :-1].ravel(), drawn[:, 1:].ravel())[0, 1]) < 0.02
    assert stats.kstest(drawn.mean(axis=1), stats.norm(0.5, 12**-0.5 / 40**0.5).cdf).pvalue > 0.01
    signs = counter(2000, 40, 2**31) < 0.5
    assert abs(signs.mean() - 0.5) < 0.01 and np.abs(np.corrcoef(signs.T) - np.eye(40)).max() < 0.1


def test_failed_and_empty_cases_count_as_said():
    d = [0.9, 0.7, "failed", None, nan, "", "empty", 0.8]
    found = report(table(d)).numbers["dice"]
    assert found["mean"] == pytest.approx(2.4 / 7)
    assert (found["scored"], found["failed"], found["empty"]) == (7, 4, 1)
    assert report(table(d), failed={"dice": None}).numbers["dice"]["mean"] == pytest.approx(0.8)
    some = report(table(d), failed={"dice": None}, empty={"dice": 1}).numbers["dice"]
    assert some["mean"] == pytest.approx(0.85) and some["failed"] == 4
    said = report(table(d), failed={"dice": None}, empty={"dice": 1}).methods
    assert "Failed cases: Dice left out. Cases with two empty masks: Dice counted as 1." in said
    assert "Failed cases: none. Cases with two empty masks: none." in report(table([0.5])).methods


def test_a_rule_holds_for_all_columns_of_its_measure_or_for_one():
    rows = table(["failed", 0.5], ["failed", 0.5], [3, ""], names="dice dice_b HD95")
    found = report(rows, failed={"dice": 0.1, "dice_b": 0.3, "hd95": 9}).numbers
    means = [found[name]["mean"] for name in ("dice", "dice_b", "HD95")]
    assert means == pytest.approx([0.3, 0.4, 6])
    assert "HD95 counted as 9 mm" in report(rows, failed={"hd95": 9}).methods


def test_cases_of_a_patient_are_averaged_first():
    rows = [{"patient": 0, "dice": 0.9}] * 3 + [{"patient": 1, "dice": 0.1}]
    found = report(rows)
    assert found.numbers["dice"]["mean"] == pytest.approx(0.5)
    assert found.numbers["dice"]["scored"] == 2 and "4 cases of 2 patients" in found.methods


def test_whole_units_are_drawn():
    """Patients of a hospital are alike: only the draw of hospitals has the spread in it."""
    random = np.random.default_rng(5)
    level = np.repeat(random.uniform(0.5, 0.9, 8), 10)
    rows = table(
        level + random.normal(0, 0.02, 80), np.repeat(list("abcdefgh"), 10), names="dice hospital"
    )
    by = {unit: report(rows, unit=unit).numbers["dice"] for unit in ("patient", "hospital")}
    width = {unit: found["high"] - found["low"] for unit, found in by.items()}
    assert width["hospital"] > 2 * width["patient"]
    assert by["hospital"]["mean"] == by["patient"]["mean"]


def test_two_models_are_compared_in_pairs():
    random = np.random.default_rng(2)
    one = random.uniform(0.3, 0.8, 12)
    two = one + random.normal(0.01, 0.02, 12)
    rows = table(two, one, names="dice dice_b")
    found = report(rows, compare=("dice", "dice_b"), times=20_000)
    d = found.numbers["dice minus dice_b"]
    exact = stats.permutation_test(
        [two - one], np.mean, permutation_type="samples", n_resamples=1e4
    )
    assert d["mean"] == pytest.approx((two - one).mean())
    assert d["p"] == pytest.approx(exact.pvalue, abs=0.003) and 0.005 < d["p"] < 0.02
    assert "paired permutation test (20000 random changes of sign" in found.methods
    assert "paired" not in report(rows).methods and "p" not in found.numbers["dice"]


def test_a_pair_is_one_of_cases_also_where_a_patient_has_several():
    """What one column leaves out is left out of the other: a false alarm is not half counted."""
    rows = [dict(zip(["patient", "dice", "dice_b"], row, strict=True)) for row in (
        ("a", "empty", 0), ("a", 0.8, 0.7), ("b", 0.7, 0.7), ("b", 0.9, 0.5), ("c", "empty", 0.3),
    )]  # fmt: skip
    d = report(rows, compare=("dice", "dice_b")).numbers["dice minus dice_b"]
    assert d["mean"] == pytest.approx((0.1 + 0.4 / 2) / 2) and d["scored"] == 2


def test_what_is_stated_stands_in_the_paragraph_and_the_rest_in_brackets():
    stated = {name: f"<{name}>" for name in TEXTS["stated"]}
    told = report(EXAMPLE, failed=PRICE, **stated)
    assert all(words in told.methods for words in stated.values()) and "[" not in told.methods
    assert not any("bracket" in note for note in told.notes)
    part = report(EXAMPLE, failed=PRICE, library="dice-course 0.1.0")
    assert part.notes[0].startswith("To fill in, in brackets: classes, reference")
    assert part.methods.count("[") == len(stated) - 1
    assert "tolerance" not in str(report(table([0.5])))


def test_few_units_are_told():
    assert "hospital, the fewest are 3:" in report(EXAMPLE, failed=PRICE, unit="hospital").notes[-1]
    assert not any("fewest" in note for note in report(table(np.linspace(0, 1, 40))).notes)


def test_the_example_prints_as_one_paragraph_each_and_fits_a_phone():
    text = str(report(EXAMPLE, failed=PRICE, compare=("dice", "dice_b")))
    assert max(map(len, text.splitlines())) <= 45
    assert "Dice: mean 0.765" in " ".join(text.split()) and text.count("\n\n") == 3


def test_headers_may_have_units_and_a_mark_of_the_file():
    rows = [{"\ufeffpatient": "a", " HD95 (mm)": "3"}, {"\ufeffpatient": "b", " HD95 (mm)": ""}]
    found = report(rows, failed={"hd95": 5})
    assert found.numbers["HD95 (mm)"]["mean"] == 4 and "HD95 (mm): mean 4.00" in found.results


def test_a_data_frame_is_read():
    frame = pd.DataFrame({"patient": ["a", "b", "c"], "dice": [0.5, nan, None], "x": ["", "", ""]})
    assert report(frame).numbers["dice"]["failed"] == 2


def test_columns_that_measure_nothing_are_left_out():
    rows = [row | {"note": "x", "fold": 3, "scanner": "S", "volume": 12.5} for row in EXAMPLE]
    assert [*report(rows, failed=PRICE).numbers] == ["dice", "hd95", "nsd", "dice_b", "volume"]


WRONG = [
    ({}, {}, r"column hd95, row 5, patient p04: 'failed' does not count; .*failed=\{'hd95': 374\}"),
    ({"dice": "0,82"}, PRICE, r"column dice, row 2, patient p01: '0,82' .*write a number from 0"),
    ({"dice": "82.4"}, PRICE, "82.4 does not count; .*percentage is divided by 100"),
    ({"hd95": "inf"}, PRICE, "column hd95, row 2, patient p01: 'inf' does not count"),
    ({"hd95": -1}, PRICE, "-1.0 does not count; write millimeters"),
    ({"patient": ""}, PRICE, "row 2: a row has a patient"),
    ({"dice": "?"}, PRICE, r"'\?' does not count"),
]


@pytest.mark.parametrize(("change", "failed", "words"), WRONG)
def test_errors_name_column_row_and_way_out(change, failed, words):
    rows = [EXAMPLE[0] | change, *EXAMPLE[1:]]
    with pytest.raises(ValueError, match=words):
        report(rows, failed=failed)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"unit": "clinic"}, "column clinic: not in the table; there are patient, hospital"),
        ({"compare": ("dice", "dice_c")}, "column dice_c: not in the table; there are dice, hd95"),
        ({"failed": {"hd": 1}}, "nothing is called 'hd'; there are classes, dice"),
        ({"resampling": "x"}, "nothing is called 'resampling'"),
    ],
)
def test_options_that_name_nothing_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        report(EXAMPLE, **{"failed": PRICE} | options)


def test_a_table_without_rows_and_a_patient_of_two_hospitals_are_refused():
    with pytest.raises(ValueError, match="column patient: not in the table; there are no rows"):
        report([])
    rows = [{"patient": "a", "hospital": h, "dice": 1} for h in "AB"]
    with pytest.raises(ValueError, match=r"column hospital, row 3: .* a patient one unit"):
        report(rows, unit="hospital")


def test_nobody_scored_is_said():
    assert "Dice: no patient scored." in report(table(["empty", "empty"])).results


def test_a_half_is_rounded_up():
    assert [shown(0.0625, 3), shown(-0.001, 3), shown(0.1235, 3)] == ["0.063", "-0.001", "0.124"]


def test_the_words_have_a_value_for_each_place():
    """A place without a value would stop the report; a value without a place is never told."""
    text = " ".join([*TEXTS["methods"].values(), *TEXTS["texts"].values()])
    places = set(re.findall(r"\{([\w ]+)\}", text))
    assert {*TEXTS["stated"], *TEXTS["numbers"], "scored", "failed", "empty", "unit"} <= places


def test_the_page_shows_what_the_code_prints(capsys):
    page = (Path(__file__).parents[2] / "book" / "report.md").read_text("utf8")
    pairs = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", page, re.S)
    names = {}
    for code, printed in pairs:
        exec(code, names)
        assert capsys.readouterr().out == printed
    assert len(pairs) == 3
    for patient, hospital, dice, hd95 in re.findall(
        r"^\| (p\d+) \| (\w) \| (\S+) \| (\S+) \|", page, re.M
    ):
        assert any(
            line.startswith(f"{patient},{hospital},{dice},{hd95},") for line in TEXTS["example"]
        )


def test_a_measure_is_known_by_its_letters_too():
    """Two models in the columns dice1 and dice2 are two Dice scores, and are checked as such."""
    assert known("dice1")["key"] == "dice" and known("Dice2")["most"] == 1
    assert known("nsd2")["key"] == "nsd" and known("hd95_b")["key"] == "hd95"
    with pytest.raises(ValueError, match="dice1"):
        report([{"patient": "a", "dice1": "91"}])


def test_patients_who_are_not_scored_do_not_make_many():
    """45 patients in the table, and 15 in the mean: that is few."""
    rows = table([*np.linspace(0.5, 1, 15), *30 * ["empty"]])
    assert "the fewest are 15:" in report(rows).notes[-1]
