"""The shipped model: manifest, ONNX graph, tokenizer and model card, found with ``importlib.resources``."""
