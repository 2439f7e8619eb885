"""Who is near: encoder, FAISS, BM25, history, and the follower of the change log."""

from index.codes import FIELDS, NO, UNKNOWN, YES
from index.encoder import Encoder, EncoderError, load_encoder
from index.filters import Facts, Filters, facts_of
from index.follower import Follower, MissingVectors
from index.fusion import FACET_PAIRS, WEIGHTS, fuse
from index.history import History
from index.lexical import LexicalIndex, tokenise
from index.listing import Listing
from index.loading import ImportReport, import_file
from index.middles import Middles
from index.names import NameIndex, Names
from index.passages import PASSAGE_VERSION, document, passages, subject_passage
from index.retriever import Candidate, Query, Retriever, evidence_for, with_evidence
from index.search_index import SearchIndex
from index.shelf import Asked, Listed
from index.snapshot import SnapshotError, discard
from index.terms import Term, read_terms
from index.vectors import Selection, VectorIndex
from index.verification import Difference, Verification, verify
from index.writer import Writer, vector_space

__all__ = [
    "FACET_PAIRS",
    "FIELDS",
    "NO",
    "PASSAGE_VERSION",
    "UNKNOWN",
    "WEIGHTS",
    "YES",
    "Asked",
    "Candidate",
    "Difference",
    "Encoder",
    "EncoderError",
    "Facts",
    "Filters",
    "Follower",
    "History",
    "ImportReport",
    "LexicalIndex",
    "Listed",
    "Listing",
    "Middles",
    "MissingVectors",
    "NameIndex",
    "Names",
    "Query",
    "Retriever",
    "SearchIndex",
    "Selection",
    "SnapshotError",
    "Term",
    "VectorIndex",
    "Verification",
    "Writer",
    "discard",
    "document",
    "evidence_for",
    "facts_of",
    "fuse",
    "import_file",
    "load_encoder",
    "passages",
    "read_terms",
    "subject_passage",
    "tokenise",
    "vector_space",
    "verify",
    "with_evidence",
]
