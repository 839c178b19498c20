"""Owns the control catalog: 55 controls in five stages and three tracks, as data with a schema and laws."""

from ztassess.catalog.building import Framework, Index, Vendor
from ztassess.catalog.check_laws import check_problems
from ztassess.catalog.errors import CatalogError
from ztassess.catalog.loader import load_catalog, load_index
from ztassess.catalog.problems import catalog_problems

__all__ = [
    "CatalogError",
    "Framework",
    "Index",
    "Vendor",
    "catalog_problems",
    "check_problems",
    "load_catalog",
    "load_index",
]
