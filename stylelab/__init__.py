"""Neural style transfer, one idea a module: see the notebooks for the course that stands on it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
