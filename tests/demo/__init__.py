"""Tests of the demo company. A package, so that the company is made once for all of them."""
