"""Findings in the forms that people, scripts and continuous integration read; one file a form."""
