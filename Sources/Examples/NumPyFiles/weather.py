"""Writes the readings of a year, three float32 for each day, or checks what numpy-files has made of them.

    weather.py write|check weather.npy
"""
import sys

import numpy

deed, path = sys.argv[1:]
days, readings = numpy.ogrid[:365, :3]
written = ((days * 7 % 31) / 2 + readings * (1 + days % 5)).astype("float32")
if deed == "write":
    numpy.save(path, written)
else:
    expected = numpy.vstack([written - numpy.float32(0.5), [[3, 9.5, 14], [4, 10, 15.5]]]).astype("float32")
    found = numpy.load(path)
    assert found.dtype == "float32" and numpy.array_equal(found, expected), (found.dtype, found.shape)
    print(f"NumPy finds {found.shape[0]} days, the highest reading {found.max()}")
