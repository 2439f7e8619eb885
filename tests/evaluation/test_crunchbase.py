"""A made-up Crunchbase folder: who asks, who is right, and who may not be listed."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from evaluation import ConversionError, convert_crunchbase, load, popularity_run
from profiles import PartnerKind

CUT, UNTIL = date(2010, 1, 1), date(2010, 12, 31)

Rows = list[dict[str, str]]


def company(name: str, category: str = "biotech", state: str = "CA", year: str = "2006.0") -> dict:
    return {
        "permalink": f"/company/{name}", "name": name.title(), "category_code": category,
        "status": "operating", "country_code": "USA", "state_code": state, "region": "SF Bay",
        "city": "Oakland", "founded_year": year,
    }  # fmt: skip


def invested(name: str, investor: str, day: str) -> dict[str, str]:
    return {
        "company_name": name, "investor_name": investor, "funded_when": day,
        "permalink": f"/company/{name}",
    }  # fmt: skip


COMPANIES = [company(f"c{i}") for i in range(6)] + [company("bare", "", "", "")]
PAST = [invested(f"c{i}", "Big Fund", f"2009-01-0{i + 1}") for i in range(5)]
PAST += [invested(f"c{i}", "Other & Sons", f"2008-01-0{i + 1}") for i in range(5)]
PAST += [invested("c0", "Small Fund", "2009-05-01")]
LATER = [
    invested("c5", "Big Fund", "2010-03-01"),
    invested("c5", "Other & Sons", "2010-02-01"),
    invested("c5", "Small Fund", "2010-02-01"),  # too few earlier investments
    invested("c0", "Big Fund", "2010-04-01"),  # had invested before
    invested("bare", "Big Fund", "2010-12-31"),
    invested("c1", "Big Fund", "2011-01-01"),  # after the last day
    invested("nowhere", "Big Fund", "2010-02-01"),
    invested("c2", "Big Fund", ""),
]
BOUGHT = [
    {"company_permalink": "/company/c0", "acquirer_permalink": "/company/c1", "acquired_at": day}
    for day in ("2009-07-01", "2010-02-01", "")
]


def write(folder: Path, tables: dict[str, Rows]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, rows in tables.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    tables = {"companies.csv": COMPANIES, "investments.csv": PAST + LATER + PAST[:1],
              "acquisitions.csv": BOUGHT}  # fmt: skip
    return write(tmp_path / "source", tables)


def lines(out: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / name).read_text(encoding="utf-8").splitlines()]


def test_a_company_asks_for_investors_that_it_had_no_money_of(source: Path, tmp_path: Path) -> None:
    convert_crunchbase(source, tmp_path / "out", cut=CUT, until=UNTIL)
    read = load(tmp_path / "out")
    assert {query.id: query.date for query in read.queries} == {
        "bare": date(2010, 12, 31),
        "c5": date(2010, 2, 1),
    }
    assert read.qrels == {
        "bare": {"investor-big-fund": 1},
        "c5": {"investor-big-fund": 1, "investor-other-sons": 1},
    }
    assert read.candidates_of("c5") == {"investor-big-fund", "investor-other-sons"}


def test_what_is_known_lies_before_the_cut(source: Path, tmp_path: Path) -> None:
    convert_crunchbase(source, tmp_path / "out", cut=CUT, until=UNTIL)
    read = load(tmp_path / "out")
    assert len(read.ties) == 11 + 1
    assert all(tie.valid_from and tie.valid_from < CUT for tie in read.ties)
    fund = read.partners["investor-big-fund"]
    assert (fund.kind, fund.sectors) == (PartnerKind.INVESTOR, ("bio",))
    assert read.startups["c5"].region == "US-CA"
    assert read.startups["c5"].founded == 2006
    assert read.startups["bare"].summary is not None
    assert read.startups["bare"].summary.en == "Bare is a company, at Oakland."
    run = popularity_run(read, depth=9)
    assert run.rankings["c5"] == (("investor-big-fund", 5.0), ("investor-other-sons", 5.0))
    said = "\n".join(read.notes)
    assert "investments without a day or an investor, left out: 1" in said
    assert "investments in companies that are not in the table, left out: 1" in said
    assert "acquisitions without a day, left out: 1" in said
    assert "2 of 3 investors with at least 5" in said


def test_the_same_source_gives_the_same_bytes_and_replaces_what_was_there(
    source: Path, tmp_path: Path
) -> None:
    for name in ("a", "b", "a"):
        convert_crunchbase(source, tmp_path / name, cut=CUT, until=UNTIL)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_an_investor_with_enough_earlier_investments_later_is_still_none(
    source: Path, tmp_path: Path
) -> None:
    rows = [invested(f"c{i}", "Small Fund", f"2010-01-0{i + 1}") for i in range(5)]
    with (source / "investments.csv").open("a", encoding="utf-8", newline="") as stream:
        csv.DictWriter(stream, list(rows[0])).writerows(rows)
    convert_crunchbase(source, tmp_path / "out", cut=CUT, until=UNTIL)
    assert "investor-small-fund" not in load(tmp_path / "out").candidates_of("c5")


@pytest.mark.parametrize(
    ("cut", "until", "said"),
    [(CUT, date(2009, 1, 1), "before the cut"), (date(2011, 6, 1), date(2011, 7, 1), "No company")],
)
def test_days_without_a_query_are_refused(
    source: Path, tmp_path: Path, cut: date, until: date, said: str
) -> None:
    with pytest.raises(ConversionError, match=said):
        convert_crunchbase(source, tmp_path / "out", cut=cut, until=until)
    assert not (tmp_path / "out").exists()


def test_missing_files_and_columns_and_other_folders_are_refused(
    source: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(ConversionError, match="no test set"):
        convert_crunchbase(source, tmp_path / "mine", cut=CUT, until=UNTIL)
    write(source, {"investments.csv": [{"permalink": "/company/c1"}]})
    with pytest.raises(
        ConversionError, match=r"investments\.csv, line 1, investor_name: The column is missing"
    ):
        convert_crunchbase(source, tmp_path / "out", cut=CUT, until=UNTIL)
    (source / "companies.csv").unlink()
    with pytest.raises(ConversionError, match=r"companies\.csv cannot be read"):
        convert_crunchbase(source, tmp_path / "out", cut=CUT, until=UNTIL)


def test_a_quote_that_is_never_closed_is_refused(source: Path, tmp_path: Path) -> None:
    """Read leniently, it would swallow all rows behind it."""
    path = source / "investments.csv"
    path.write_text(path.read_text().replace("Big Fund", '"Big Fund', 1))
    with pytest.raises(ConversionError, match=r"investments\.csv cannot be read"):
        convert_crunchbase(source, tmp_path / "out", cut=CUT, until=UNTIL)


def test_it_says_how_much_was_written(source: Path, tmp_path: Path) -> None:
    written = convert_crunchbase(source, tmp_path / "out", cut=CUT, until=UNTIL)
    read = load(tmp_path / "out")
    counts = (len(read.startups), len(read.partners), len(read.ties), len(read.queries))
    assert (written.startups, written.partners, written.ties, written.queries) == counts
