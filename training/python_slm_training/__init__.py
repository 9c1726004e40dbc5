"""From code to model: collect, curate, tokenize, pretrain, export, evaluate. Needs ``python-slm[train]``."""
