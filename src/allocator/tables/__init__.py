"""Parts of the result tables: one year of a solved model, and its rules and accounts."""
