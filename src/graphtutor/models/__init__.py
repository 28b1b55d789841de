"""What a base model is: registry, the embedded nano model."""
