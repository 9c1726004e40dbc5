"""Corpus → the index that ``python_slm.provenance`` asks where a suggestion was copied from."""
