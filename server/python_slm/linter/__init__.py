"""ruff, of any buffer: fed the shadow of what is half typed, its findings brought back to the text."""
