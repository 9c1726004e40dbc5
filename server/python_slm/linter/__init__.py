"""What ruff finds, as findings: of a file that is half typed, too."""
