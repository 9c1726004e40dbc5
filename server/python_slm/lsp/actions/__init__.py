"""What can be done at a place of a file, one file a sort of action. Plain functions: ``code_actions`` speaks LSP."""
