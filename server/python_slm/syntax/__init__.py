"""The open buffer as blocks that parse on their own, however broken the rest is."""
