"""Refactorings that change several files, by rope (an extra, because of its licence: LGPL) in a process of its own.

rope reads files as they are saved, holds the interpreter for up to a minute on a large project, and trips over code
that it does not understand; whoever asks it can kill it. Nothing here writes: an answer is edits, file by file.
"""
