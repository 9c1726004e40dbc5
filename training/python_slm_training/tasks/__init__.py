"""Task data from code alone: infilling, docstrings, bugs and fixes, refactorings, explanations, labels, edits."""
