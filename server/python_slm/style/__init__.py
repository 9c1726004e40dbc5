"""Style beyond ruff: conventions that a profile fixes or a team's own code shows. One file a rule, in ``catalog``."""
