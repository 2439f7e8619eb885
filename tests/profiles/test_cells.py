"""Cells of an XLSX sheet: each value with its type, and no text that a sheet would compute."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from profiles.cells import MOST_CELL, cut, holds, write_cell


def read_back(*values: Any) -> list[Any]:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        for row, value in enumerate(values):
            write_cell(sheet, row, 0, value, day=day)
        sheet.write_string(len(values), 0, "end")
    stream.seek(0)
    column = openpyxl.load_workbook(stream).active["A"]
    return [cell.value for cell in column][:-1]


def test_values_keep_their_types() -> None:
    found = read_back(True, 3, 2.5, date(2026, 11, 30), "text", None, "")
    assert found == [True, 3, 2.5, datetime(2026, 11, 30), "text", None, None]


def test_days_that_excel_cannot_count_are_texts() -> None:
    assert read_back(date(1900, 2, 28), date(1900, 3, 1)) == ["1900-02-28", datetime(1900, 3, 1)]


@pytest.mark.parametrize("text", ['=HYPERLINK("x")', "+1", "@a", "https://a.example", "00123"])
def test_no_text_is_a_formula_a_number_or_a_link(text: str) -> None:
    assert read_back(text) == [text]


def test_a_text_is_cut_to_what_a_cell_holds() -> None:
    for text in ("가" * 40_000, "😀" * 20_000, "a\ufffeb\uffff"):
        assert not holds(text)
        assert holds(cut(text))
    assert cut("😀" * 20_000) == "😀" * (MOST_CELL // 2)
    assert cut("짧은 글") == "짧은 글"
