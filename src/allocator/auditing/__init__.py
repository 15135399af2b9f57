"""Parts of the audit that belong to no single decision block; none of them knows pulp, a solver or the model."""
