"""Owns rules as staff write them: a line for each field, a blank line between two rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from flask_babel import gettext

from profiles import FieldError, InvalidRecord
from profiles.rules import NAMING, Rule
from service.describing import field_name
from service.language import LANGUAGES

_LINE = re.compile(r"\s*([a-z_]{1,20})\s*:\s*(.*)", re.DOTALL)
_TEXT = "reason"
_FIELDS = {*Rule.model_fields} - {_TEXT} | {f"{_TEXT}_{part}" for part in LANGUAGES}


def written(rules: Sequence[Mapping[str, Any]]) -> str:
    """Write stored rules as `read_rules` reads them; a line that goes on begins with two spaces."""
    return "\n\n".join("\n".join(_lines(rule)) for rule in rules)


def read_rules(text: str) -> list[dict[str, object]]:
    """Read what staff have written; the schema alone tells whether these are rules.

    Raises:
        InvalidRecord: if a line is no field with its value, or says one again.
    """
    unfolded = re.sub(r"\n {2,}(?=\S)", "\f", text.replace("\r\n", "\n")).strip("\n")
    blocks = [block for block in re.split(r"\n\s*\n", unfolded) if block.strip()]
    return [_read(number, block) for number, block in enumerate(blocks)]


def _lines(rule: Mapping[str, Any]) -> Iterator[str]:
    for field, value in rule.items():
        if field == _TEXT:
            for part in LANGUAGES:
                if value.get(part):
                    yield f"{field}_{part}: " + value[part].replace("\n", "\n  ")
        else:
            yield f"{field}: {' '.join(value) if isinstance(value, list) else value}"


def _read(number: int, block: str) -> dict[str, object]:
    rule: dict[str, Any] = {}
    for line in filter(str.strip, block.split("\n")):
        found = _LINE.fullmatch(line)
        if found is None or found[1] not in _FIELDS:
            _refuse(number, "rule_line", line)
        field, value = found[1], found[2].strip().replace("\f", "\n")
        if field in rule:
            _refuse(number, "rule_line_twice", line, field)
        rule[field] = value.split() if field in NAMING else value
    texts = {part: rule.pop(f"{_TEXT}_{part}", "") for part in LANGUAGES}
    return rule | ({_TEXT: texts} if any(texts.values()) else {})


def _refuse(number: int, code: str, line: str, field: str = "") -> NoReturn:
    name = f"rules.{number}.{field}" if field else f"rules.{number}"
    raise InvalidRecord([FieldError(name, code, line.strip())])


@dataclass(frozen=True, slots=True)
class RuleError:
    """What is wrong with a rule: which rule and which field of it are named beside the error."""

    error: FieldError
    ids: Sequence[str]

    def rule(self, lang: str) -> str:
        """Say the rule that is broken in `lang`, and where."""
        return f"{self._place} – {self.error.rule(lang)}"

    def remedy(self, lang: str) -> str:
        """Say the remedy in `lang`."""
        return self.error.remedy(lang)

    @property
    def _place(self) -> str:
        _, number, *rest = self.error.field.split(".")
        called = str(int(number) + 1)
        if int(number) < len(self.ids) and self.ids[int(number)]:
            called += f" ({self.ids[int(number)]})"
        told = gettext("Rule %(called)s", called=called)
        return f"{told}, {field_name(rest[0])}" if rest else told


def located(error: FieldError, text: str) -> FieldError | RuleError:
    """Give an error of a rule with the place of that rule in a text; any other as it is."""
    if not error.field.startswith("rules."):
        return error
    return RuleError(error, _ids_in(text))


def _ids_in(text: str) -> list[str]:
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip("\n"))
    found = [re.search(r"^\s*id\s*:\s*(\S{1,60})", block, re.MULTILINE) for block in blocks]
    return [one[1] if one else "" for one in found]
