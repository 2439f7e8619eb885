"""Trains the static text encoder that Dari ships."""

from index.training.corpus import Corpus, HeldOut, Source, read_corpus
from index.training.model import TrainingPlan, save_model, train_model
from index.training.vocabulary import train_tokenizer

__all__ = [
    "Corpus",
    "HeldOut",
    "Source",
    "TrainingPlan",
    "read_corpus",
    "save_model",
    "train_model",
    "train_tokenizer",
]
