"""Bugs that no linter finds, put into real code: one file a sort of bug, ``inject`` for all of them."""

from python_slm_training.tasks.bugs.inject import KINDS, Mutant, inject, mutants
from python_slm_training.tasks.bugs.recognise import kind_of

__all__ = ["KINDS", "Mutant", "inject", "kind_of", "mutants"]
