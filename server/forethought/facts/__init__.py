"""Facts about symbols, computed from the index without a model."""
