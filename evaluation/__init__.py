"""How good are the matches: test sets, runs, measures, baselines, reports."""

from evaluation.baselines import (
    bm25_run,
    dense_run,
    popularity_run,
    random_run,
    region_run,
    rule_run,
)
from evaluation.bootstrap import clustered_interval, clustered_intervals
from evaluation.comparing import Comparison, compare_runs
from evaluation.cordis import convert
from evaluation.crunchbase import convert_crunchbase
from evaluation.dataset import Query, TestSet
from evaluation.errors import (
    ConversionError,
    DatasetError,
    LeakError,
    MeasureError,
    RunError,
    RunFileError,
)
from evaluation.exposure import Exposure, exposure_of
from evaluation.folder import SYSTEMS, compare_folder, evaluate_folder, write_runs
from evaluation.gate import Decision, Guard, decide, digest_of, gate_folder
from evaluation.gate_tables import gate_tables
from evaluation.html import as_html, write_report
from evaluation.loading import load
from evaluation.measures import DEFAULT, depth_of, evaluate, parse_measures
from evaluation.paired import holm, randomisation_test
from evaluation.report import Report, report_on
from evaluation.run_files import read_run, read_runs
from evaluation.runs import Qrels, Run, read_qrels, write_qrels, write_run
from evaluation.scoring import Difference, Figure
from evaluation.slices import FEWEST_CLUSTERS, slices_of
from evaluation.store_source import convert_store
from evaluation.system import dari_run
from evaluation.tables import as_tables, comparison_tables
from evaluation.turning import turn

__all__ = [
    "DEFAULT",
    "FEWEST_CLUSTERS",
    "SYSTEMS",
    "Comparison",
    "ConversionError",
    "DatasetError",
    "Decision",
    "Difference",
    "Exposure",
    "Figure",
    "Guard",
    "LeakError",
    "MeasureError",
    "Qrels",
    "Query",
    "Report",
    "Run",
    "RunError",
    "RunFileError",
    "TestSet",
    "as_html",
    "as_tables",
    "bm25_run",
    "clustered_interval",
    "clustered_intervals",
    "compare_folder",
    "compare_runs",
    "comparison_tables",
    "convert",
    "convert_crunchbase",
    "convert_store",
    "dari_run",
    "decide",
    "dense_run",
    "depth_of",
    "digest_of",
    "evaluate",
    "evaluate_folder",
    "exposure_of",
    "gate_folder",
    "gate_tables",
    "holm",
    "load",
    "parse_measures",
    "popularity_run",
    "random_run",
    "randomisation_test",
    "read_qrels",
    "read_run",
    "read_runs",
    "region_run",
    "report_on",
    "rule_run",
    "slices_of",
    "turn",
    "write_qrels",
    "write_report",
    "write_run",
    "write_runs",
]
