"""From plan files to checked values: YAML layers, CSV tables, references, and the way back to files."""
