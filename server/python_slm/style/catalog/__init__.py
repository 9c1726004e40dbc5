"""One file a rule of style; being there is all that a rule needs."""
