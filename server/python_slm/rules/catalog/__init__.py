"""One file a rule: its docstring is its documentation, its VALID and INVALID examples are its tests."""
