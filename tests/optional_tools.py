"""Programs and packages that only some tests need."""

import importlib.util
import shutil

import pytest

EXIFTOOL = shutil.which("exiftool") or ""
needs_exiftool = pytest.mark.skipif(
    not EXIFTOOL, reason="needs exiftool, an independent reader and writer of metadata"
)
needs_c2pa = pytest.mark.skipif(
    importlib.util.find_spec("c2pa") is None, reason="needs c2pa-python (the extra credentials)"
)
needs_av = pytest.mark.skipif(
    importlib.util.find_spec("av") is None, reason="needs PyAV (the extra film)"
)
needs_pyarrow = pytest.mark.skipif(
    importlib.util.find_spec("pyarrow") is None, reason="needs pyarrow, which writes Parquet"
)
