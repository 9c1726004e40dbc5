"""The language server: a session of documents, a worker for the model, and one file a feature."""
