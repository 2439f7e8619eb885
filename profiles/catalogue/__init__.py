"""The catalogue that ships with Dari: partners, programmes and ties of the setting."""

from profiles.catalogue.citing import citation
from profiles.catalogue.loading import Catalogue, load_catalogue

__all__ = ["Catalogue", "citation", "load_catalogue"]
