"""The model at work: a verified folder, an ONNX Runtime session with one KV buffer, and the token loop."""
