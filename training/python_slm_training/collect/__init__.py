"""Gather Python files with their provenance: one ``*.jsonl.zst`` a source, one JSON object a file."""
