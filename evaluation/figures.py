"""Owns how the figures of a report are written: digits, signs, chances, intervals."""

from __future__ import annotations

from collections.abc import Callable

_RARE = 0.001


def interval(low: float | None, high: float | None, told: Callable[[float], str]) -> str:
    """Write two bounds, each as `told` writes it; nothing where they are not known."""
    if low is None or high is None:
        return ""
    return f"{told(low)} … {told(high)}" if told is signed else f"{told(low)}–{told(high)}"


def points(value: float) -> str:
    """Write one digit: 12.5."""
    return f"{value:.1f}"


def fine(value: float) -> str:
    """Write four digits: .0083, −.0002, for what is small by nature."""
    text = f"{abs(value):.4f}"
    sign = "−" if value < 0 and float(text) else ""
    return sign + (text[1:] if text.startswith("0.") else text)


def number(value: float) -> str:
    """Write three digits: .083, 1.000."""
    text = f"{value:.3f}"
    return text[1:] if text.startswith("0.") else text


def signed(value: float) -> str:
    """Write three digits with their sign: +.083, −.012."""
    sign = "−" if value < 0 else "+"
    return sign + number(abs(value))


def chance(value: float | None) -> str:
    """Write a p value: .012, or <.001; nothing where there is none."""
    if value is None:
        return ""
    return "<.001" if value < _RARE else number(value)
