"""Docstrings from the facts of the code: write what is missing, find what no longer agrees, mend it without a model.

``facts`` reads a definition, ``entries`` finds the lines of an existing docstring's sections, ``differences`` compares
the two, ``write`` composes and updates, ``stale`` turns it all into findings with edits.
"""
