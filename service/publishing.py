"""Owns where what a done job made takes its place: among test sets, among runs, in its folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from profiles.jobs import Job, JobKind
from service.work import TEST_SET, run_file

JOBS = "jobs"
"""The folder of what came of jobs, in the home: one folder each, by the job's number."""


def folder_of(home: Path, id: int) -> Path:
    """Give the folder of what came of a job."""
    return home / JOBS / str(id)


def publish(home: Path, job: Job, out: Path) -> None:
    """Put what came of a job, which it wrote to `out`, in its place by one rename.

    Raises:
        ShelfError: if a test set or run of this name has come meanwhile, or the disk refuses it.
        OSError: if the disk refuses the folder of the job.
    """
    from evaluation import Shelf

    shelf, given = Shelf(home), job.arguments
    if job.kind is JobKind.CONVERT:
        shelf.put(out / TEST_SET, shelf.free(given["name"]))
    elif job.kind is JobKind.RUN:
        shelf.put(out / run_file(given["run"]), shelf.free_run(given["test_set"], given["run"]))
    else:
        place = folder_of(home, job.id)
        shutil.rmtree(place, ignore_errors=True)
        out.rename(place)
