"""The demonstration: a made-up cohort, and the stories that are played with it."""

from service.demo.loading import load

__all__ = ["load"]
