"""One file a refactoring: its examples are its tests, and there is no list to add it to."""
