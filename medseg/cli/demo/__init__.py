"""`medseg demo`: the whole story, from scanner files to a signed and exported mask."""

from medseg.cli.demo.story import demo

__all__ = ["demo"]
