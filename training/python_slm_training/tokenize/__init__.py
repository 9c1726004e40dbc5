"""Text → tokens: train the byte-level BPE, then encode a corpus into shards."""
