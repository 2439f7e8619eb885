"""Test sets come as ZIPs from anybody: what is hostile in them is refused by name."""

from __future__ import annotations

import io
import os
import shutil
import stat
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from evaluation import LeakError, Received, RunFileError, Shelf, ShelfError
from evaluation import shelf as module

EXAMPLE = Path("docs/examples/test-set")


def example(**changed: bytes | None) -> dict[str, bytes]:
    files = {path.name: path.read_bytes() for path in EXAMPLE.iterdir()}
    renamed = {name.replace("_", "."): data for name, data in changed.items()}
    return {name: data for name, data in {**files, **renamed}.items() if data is not None}


def packed(files: Mapping[str, bytes], folder: str = "") -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(f"{folder}{name}", data)
    made.seek(0)
    return made


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def left(shelf: Shelf) -> list[str]:
    return sorted(path.name for path in shelf.sets.iterdir()) if shelf.sets.exists() else []


@pytest.mark.parametrize("folder", ["", "set/"])
def test_a_test_set_is_kept_whole(shelf: Shelf, folder: str) -> None:
    found = shelf.add("mine", packed(example(), folder))
    assert len(found.queries) == 16
    assert [one.name for one in shelf.all()] == ["mine"]
    assert shelf.all()[0].size == sum(map(len, example().values()))
    assert left(shelf) == ["mine"]
    with pytest.raises(ShelfError, match="already"):
        shelf.add("mine", packed(example()))
    shelf.drop("mine")
    assert left(shelf) == []


def refused(shelf: Shelf, given: io.BytesIO) -> str:
    with pytest.raises(ShelfError) as error:
        shelf.add("mine", given)
    assert left(shelf) == []
    assert error.value.told("ko") != error.value.told("en")
    return error.value.code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../dataset.json", "zip_path"),
        ("/etc/dataset.json", "zip_path"),
        ("a/../../dataset.json", "zip_path"),
        ("C:\\dataset.json", "zip_path"),
        ("a\\dataset.json", "zip_path"),
        ("a/b/dataset.json", "zip_stranger"),
        ("evil.py", "zip_stranger"),
        ("\x1b[31mdataset.json", "zip_path"),
    ],
)
def test_paths_that_lead_elsewhere_and_strangers_are_refused(
    shelf: Shelf, name: str, code: str
) -> None:
    assert refused(shelf, packed({**example(), name: b"{}"})) == code


def test_a_link_is_refused(shelf: Shelf) -> None:
    made = packed(example(dataset_json=None))
    with zipfile.ZipFile(made, "a") as archive:
        link = zipfile.ZipInfo("dataset.json")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    made.seek(0)
    assert refused(shelf, made) == "zip_link"


def test_a_bomb_is_stopped_while_it_unpacks(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FREE", 1 << 16)
    bomb = packed(example(startups_jsonl=b" " * (32 << 20)))
    assert len(bomb.getvalue()) < 1 << 17
    assert refused(shelf, bomb) == "zip_bomb"


def test_a_zip_that_lies_about_its_sizes_is_refused(shelf: Shelf) -> None:
    honest = packed(example(startups_jsonl=b" " * (4 << 20))).getvalue()
    size = (4 << 20).to_bytes(4, "little")
    assert honest.count(size) == 2
    lying = io.BytesIO(honest.replace(size, (10).to_bytes(4, "little")))
    assert refused(shelf, lying) == "zip_broken"


def test_a_whole_set_may_be_no_larger_than_the_bound(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 1_000)
    assert refused(shelf, packed(example())) == "zip_bomb"


def test_what_is_no_zip_of_one_test_set_is_refused(shelf: Shelf) -> None:
    assert refused(shelf, io.BytesIO(b"no zip")) == "zip_broken"
    assert refused(shelf, io.BytesIO(packed(example()).getvalue()[:-200])) == "zip_broken"
    with pytest.raises(ShelfError) as caught:
        shelf.add("mine", io.BytesIO(b"no zip"))
    assert "zip file" not in " ".join(caught.value.told("ko"))
    assert refused(shelf, packed(example(dataset_json=None))) == "zip_empty"
    assert refused(shelf, packed({f"{n}.txt": b"" for n in range(101)})) == "zip_members"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("dataset.json", b"{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("dataset.json", b"{}")
    assert refused(shelf, made) == "zip_twice"
    both = {**example(), **{f"b/{name}": data for name, data in example().items()}}
    assert refused(shelf, packed(both)) == "zip_twice"


def test_an_encrypted_member_is_refused(shelf: Shelf) -> None:
    raw = bytearray(packed(example()).getvalue())
    entry = raw.index(b"PK\x01\x02")
    raw[entry + 8] |= 1
    assert refused(shelf, io.BytesIO(bytes(raw))) == "zip_secret"


def test_a_leak_is_told_by_its_name_in_both_languages(shelf: Shelf) -> None:
    tie = b'{"startup": "s1", "partner": "p1", "date": "2031-01-01", "kind": "collaboration"}\n'
    with pytest.raises(LeakError) as leaky:
        shelf.add("mine", packed(example(ties_jsonl=tie)))
    assert "a tie after the cut" in leaky.value.told("en")[0]
    assert "기준일 이후의 관계" in leaky.value.told("ko")[0]
    assert left(shelf) == []


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "Große", "x" * 61, "a b", "A"])
def test_a_name_that_fits_no_folder_is_refused(shelf: Shelf, name: str) -> None:
    with pytest.raises(ShelfError, match="cannot be the name"):
        shelf.add(name, packed(example()))
    with pytest.raises(ShelfError, match="no test set"):
        shelf.folder(name)


def test_runs_are_kept_beside_a_set_if_they_can_be_scored(shelf: Shelf, tmp_path: Path) -> None:
    shelf.sets.mkdir()
    shutil.copytree(EXAMPLE, shelf.sets / "mine")
    query = (EXAMPLE / "qrels.txt").read_text().split()[0]
    partner = (EXAMPLE / "qrels.txt").read_text().split()[2]
    line = f"{query} Q0 {partner} 1 2.5 theirs\n".encode()
    received = Received(shelf.sets.parent)
    brought = received.keep_run("mine", "theirs", io.BytesIO(line))
    found = received.checked_run(brought, "mine", tmp_path / "theirs.run", depth=10)
    assert {query: [one for one, _ in ranked] for query, ranked in found.rankings.items()} == {
        query: [partner]
    }
    kept = shelf.free_run("mine", "theirs")
    shelf.put(tmp_path / "theirs.run", kept)
    assert shelf.runs("mine") == [kept]
    assert shelf.run("mine", "theirs").read_bytes() == line
    with pytest.raises(ShelfError, match="already"):
        received.keep_run("mine", "theirs", io.BytesIO(line))
    other = received.keep_run("mine", "others", io.BytesIO(b"nobody Q0 p 1 2.5 x\n"))
    with pytest.raises(RunFileError, match=r"others\.run, line 1: .*query"):
        received.checked_run(other, "mine", tmp_path / "others.run", depth=10)
    with pytest.raises(ShelfError, match="not here any more"):
        received.checked_run(".brought-gone.run", "mine", tmp_path / "gone.run", depth=10)
    with pytest.raises(ShelfError, match="no run file"):
        shelf.run("mine", "../theirs")
    for path in received.all():
        os.utime(path, (0, 0))
    received.forget(())
    assert left(shelf) == ["mine"]
    shelf.drop_run("mine", "theirs")
    assert shelf.runs("mine") == []


def test_a_set_that_an_operator_linked_is_only_unlinked(shelf: Shelf, tmp_path: Path) -> None:
    own = tmp_path / "elsewhere"
    shutil.copytree(EXAMPLE, own)
    shelf.sets.mkdir()
    (shelf.sets / "mine").symlink_to(own)
    shelf.drop("mine")
    assert (own / "dataset.json").exists()
    assert left(shelf) == []


def test_what_a_killed_upload_left_goes_after_an_hour(shelf: Shelf) -> None:
    for name, age in ((".adding-old", 7_200), (".adding-new", 60)):
        folder = shelf.sets / name
        folder.mkdir(parents=True)
        os.utime(folder, (time.time() - age, time.time() - age))
    shelf.add("mine", packed(example()))
    assert left(shelf) == [".adding-new", "mine"]
