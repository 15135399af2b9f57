"""The decision blocks: one folder each, with its input, its model and its audit; they meet only in ledgers."""
