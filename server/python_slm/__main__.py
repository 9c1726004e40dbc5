"""``python -m python_slm`` is ``slm``."""

from python_slm.cli import main

main(prog_name="slm")
