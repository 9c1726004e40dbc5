"""From raw files to a corpus: filter, mask, decontaminate, deduplicate, split; what was dropped is counted."""
