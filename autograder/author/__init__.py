"""notebooks/*.py → source/, release/, notebooks/*.ipynb and references; leak and drift checks."""
