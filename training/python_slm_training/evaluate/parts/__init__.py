"""The parts of an evaluation, one a file: each measures every contestant that can take it and says what it found."""
