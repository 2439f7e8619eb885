"""How good are the matches: test sets, runs, measures, baselines, reports."""

from evaluation.baselines import bm25_run, popularity_run, random_run
from evaluation.bootstrap import clustered_interval
from evaluation.cordis import convert
from evaluation.dataset import Query, TestSet
from evaluation.errors import ConversionError, DatasetError, MeasureError, RunError
from evaluation.folder import evaluate_folder
from evaluation.loading import load
from evaluation.measures import DEFAULT, depth_of, evaluate, parse_measures
from evaluation.report import Figure, Report, as_tables, report_on
from evaluation.runs import Qrels, Run, read_qrels, read_run, write_qrels, write_run
from evaluation.system import dari_run

__all__ = [
    "DEFAULT",
    "ConversionError",
    "DatasetError",
    "Figure",
    "MeasureError",
    "Qrels",
    "Query",
    "Report",
    "Run",
    "RunError",
    "TestSet",
    "as_tables",
    "bm25_run",
    "clustered_interval",
    "convert",
    "dari_run",
    "depth_of",
    "evaluate",
    "evaluate_folder",
    "load",
    "parse_measures",
    "popularity_run",
    "random_run",
    "read_qrels",
    "read_run",
    "report_on",
    "write_qrels",
    "write_run",
]
