"""Training recipes, TOML: every field of ``pretrain.config.Config`` by name."""
