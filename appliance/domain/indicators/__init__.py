"""The indicators: from the journal to declared figures, each with its definition and its entries."""
