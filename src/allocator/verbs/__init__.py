"""Questions that are answered by solving a scenario more than once; each returns labelled tables."""
