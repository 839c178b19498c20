"""Values and judgment of the product: pure Python, standard library only, no I/O, no clock."""
