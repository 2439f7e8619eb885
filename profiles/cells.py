"""Owns the writing of a cell of an XLSX sheet: a value with its type, a text never as a formula."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

MOST_CELL = 32_767
"""How many UTF-16 units a cell may hold."""

_FIRST_DAY = date(1900, 3, 1)
_NO_SIGNS = str.maketrans("", "", "\ufffe\uffff")

Value = str | float | date | bool | None


def write_cell(
    sheet: Any, row: int, column: int, value: Value, *, day: Any = None, look: Any = None
) -> None:
    """Write a value: truths, numbers, days and texts as such; nothing for None and no text.

    Days before 1 March 1900 are texts, for Excel counts a 29 February 1900.

    Args:
        sheet: a worksheet of xlsxwriter.
        row: counted from 0.
        column: counted from 0.
        value: what is written; a text must be one that `holds`.
        day: the format of days.
        look: the format of everything else.
    """
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value, look)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, look)
    elif isinstance(value, date) and value >= _FIRST_DAY:
        sheet.write_datetime(row, column, datetime.combine(value, time()), day)
    else:
        sheet.write_string(row, column, str(value), look)


def holds(text: str) -> bool:
    """Tell whether a cell can hold a text as it is."""
    fits = len(text.encode("utf-16-le")) // 2 <= MOST_CELL
    return fits and "\ufffe" not in text and "\uffff" not in text


def cut(text: str) -> str:
    """Make a text one that a cell can hold: its beginning, without signs that no sheet has."""
    plain = text.translate(_NO_SIGNS)
    return plain.encode("utf-16-le")[: 2 * MOST_CELL].decode("utf-16-le", "ignore")
