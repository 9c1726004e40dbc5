"""What the product does with the model, one file a task."""
