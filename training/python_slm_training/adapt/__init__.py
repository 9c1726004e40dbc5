"""One command from a repository to a model of its own: curate, split, train, measure, register."""
