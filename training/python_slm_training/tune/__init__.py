"""Teaching a trained model tasks: adapters on a frozen or 4-bit base, full fine-tuning, distillation, preferences."""
