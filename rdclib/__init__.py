"""Results-driven contracting workbooks: the library behind the notebooks."""
