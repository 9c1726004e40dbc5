"""The playground: a page with an editor, and who may ask for it. ``assets`` is built from ``client/playground``."""
