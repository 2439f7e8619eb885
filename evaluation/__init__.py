"""How good are the matches: test sets, runs, measures, baselines, reports."""

from evaluation.agreement import FEWEST_UNITS, Alpha, NoAlpha, agreement
from evaluation.baselines import (
    bm25_run,
    dense_run,
    knn_run,
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
    ShelfError,
)
from evaluation.examples import Examples, examples
from evaluation.exposure import Exposure, exposure_of
from evaluation.folder import SYSTEMS, compare_folder, evaluate_folder, write_runs
from evaluation.gate import Decision, Guard, decide, digest_of, gate_folder, slice_name
from evaluation.gate_tables import gate_tables
from evaluation.html import as_html, write_report
from evaluation.judged import (
    JudgedPair,
    Outcome,
    judgements_csv,
    outcome_of,
    write_outcome,
)
from evaluation.loading import load
from evaluation.measures import DEFAULT, depth_of, evaluate, parse_measures
from evaluation.messages import in_language
from evaluation.paired import holm, randomisation_test
from evaluation.past import windows
from evaluation.pooling import generator_of, pool, shuffled
from evaluation.received import Received
from evaluation.reliability import Reliability, reliability_of
from evaluation.report import Report, report_on
from evaluation.run_files import read_run, read_runs
from evaluation.runs import Qrels, Reason, Run, qrels_text, read_qrels, write_qrels, write_run
from evaluation.scoring import Difference, Figure
from evaluation.shelf import Shelf, Shelved
from evaluation.slices import FEWEST_CLUSTERS, slices_of
from evaluation.store_runs import POOLED, pooled_run, sample, store_runs, systems
from evaluation.store_source import convert_store
from evaluation.summary import summary_of
from evaluation.system import dari_run, dari_runs
from evaluation.tables import as_tables, comparison_tables, heading
from evaluation.teaching import Trained, train_folder
from evaluation.turning import turn
from evaluation.writing import Written

__all__ = [
    "DEFAULT",
    "FEWEST_CLUSTERS",
    "FEWEST_UNITS",
    "POOLED",
    "SYSTEMS",
    "Alpha",
    "Comparison",
    "ConversionError",
    "DatasetError",
    "Decision",
    "Difference",
    "Examples",
    "Exposure",
    "Figure",
    "Guard",
    "JudgedPair",
    "LeakError",
    "MeasureError",
    "NoAlpha",
    "Outcome",
    "Qrels",
    "Query",
    "Reason",
    "Received",
    "Reliability",
    "Report",
    "Run",
    "RunError",
    "RunFileError",
    "Shelf",
    "ShelfError",
    "Shelved",
    "TestSet",
    "Trained",
    "Written",
    "agreement",
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
    "dari_runs",
    "decide",
    "dense_run",
    "depth_of",
    "digest_of",
    "evaluate",
    "evaluate_folder",
    "examples",
    "exposure_of",
    "gate_folder",
    "gate_tables",
    "generator_of",
    "heading",
    "holm",
    "in_language",
    "judgements_csv",
    "knn_run",
    "load",
    "outcome_of",
    "parse_measures",
    "pool",
    "pooled_run",
    "popularity_run",
    "qrels_text",
    "random_run",
    "randomisation_test",
    "read_qrels",
    "read_run",
    "read_runs",
    "region_run",
    "reliability_of",
    "report_on",
    "rule_run",
    "sample",
    "shuffled",
    "slice_name",
    "slices_of",
    "store_runs",
    "summary_of",
    "systems",
    "train_folder",
    "turn",
    "windows",
    "write_outcome",
    "write_qrels",
    "write_report",
    "write_run",
    "write_runs",
]
