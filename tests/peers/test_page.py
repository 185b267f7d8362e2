"""The page about the peers says what the record says, and the record what the table says."""

import json

from .page import PAGE, RECORD, imports_of, page, text_of
from .table import LIBRARIES


def test_the_page_is_made_from_the_record() -> None:
    assert PAGE.read_text("utf8") == page(json.loads(RECORD.read_text("utf8")))


def test_the_record_is_that_of_the_table() -> None:
    record = json.loads(RECORD.read_text("utf8"))
    assert [entry["name"] for entry in record["libraries"]] == [peer.name for peer in LIBRARIES]
    for stored, library in zip(record["libraries"], LIBRARIES, strict=True):
        assert stored["imports"] == imports_of(library)
        for kind in ("rows", "edges", "faults"):
            for entry, row in zip(stored[kind], getattr(library, kind), strict=True):
                assert text_of(row).items() <= entry.items(), f"run `make peers`: {entry}"
        for row in stored["rows"]:
            assert row["answer"] or row["layout"] == "objects", "what a chapter shows"


def test_what_several_libraries_share_is_said_once() -> None:
    text = PAGE.read_text("utf8")
    for section in text.split("\n## "):
        for reason in {
            why for library in LIBRARIES for row in library.rows for why in row.apart.values()
        }:
            assert section.count(reason) <= 1, reason
    for title in {fault.title for library in LIBRARIES for fault in library.faults}:
        assert text.count(f"**{title}**") == 1, title


def test_options_stand_in_the_lines() -> None:
    for library in LIBRARIES:
        for row in library.rows:
            for option in row.options:
                there, here = option.split(" → ")
                assert has(row.there, there), f"{there} is not in: {row.there}"
                assert here.startswith("no ") != has(row.here, here.removeprefix("no ")), option


def test_calls_stand_in_the_lines() -> None:
    for library in LIBRARIES:
        for edge in library.edges:
            assert edge.call in edge.line


def has(line: str, option: str) -> bool:
    """Whether the words of an option stand in a line, in their order; dots stand for others."""
    at = 0
    for part in option.rstrip(")").split("…"):
        for word in part.removesuffix("()").split(", "):
            at = line.find(word.strip(" ,("), at)
            if at < 0:
                return False
    return True
