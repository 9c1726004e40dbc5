"""Refactorings: edits that leave what the code does alone, each verified before it is offered, or refused: why."""
