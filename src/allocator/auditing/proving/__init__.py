"""Check a written proof: nothing here knows pulp, a solver or the model of the project; it reads files and counts."""
