"""Makes the modules that tests share (``plans``, ``worlds``) importable from the folders below."""
