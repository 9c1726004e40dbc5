"""Commands of the training side; each is imported only when it is used."""
