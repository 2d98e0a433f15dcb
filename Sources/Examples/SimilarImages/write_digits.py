"""Writes scikit-learn's handwritten digits for similar-images, and what NumPy finds nearest to each of them.

    write_digits.py DIRECTORY [digits.csv.gz]

- digits.npy: 1797 images, a row of 8 x 8 uint8 for each, grey levels from 0 to 16
- digits-labels.npy: which digits they are
- digits-nearest.npy, digits-scores.npy: the six rows that are nearest to each, and their squared distances

The images are taken from the file that is named, or from scikit-learn if it is installed. Exits with 69 if they cannot
be had.
"""
import importlib.util
import os
import sys

import numpy

directory, *named = sys.argv[1:]
package = importlib.util.find_spec("sklearn")
# Only its file is needed: importing scikit-learn asks for SciPy, which is large.
installed = [os.path.join(os.path.dirname(package.origin), "datasets/data/digits.csv.gz")] if package else []
path = next(filter(os.path.exists, named + installed), None)
if path is None:
    print(
        "there are no handwritten digits, which scikit-learn carries: run `python3 -m pip install scikit-learn`, or "
        "`make examples` where PyPI can be reached", file=sys.stderr)
    sys.exit(69)

table = numpy.loadtxt(path, delimiter=",", dtype="uint8")
images, labels = table[:, :-1], table[:, -1]
# Whole numbers of this size are exact in a float64.
values = images.astype("f8")
squares = (values * values).sum(1)
distances = squares[:, None] + squares - 2 * values @ values.T
nearest = numpy.argsort(distances, axis=1, kind="stable")[:, :6]
for name, array in [
    ("digits", images), ("digits-labels", labels), ("digits-nearest", nearest.astype("int64")),
    ("digits-scores", numpy.take_along_axis(distances, nearest, axis=1)),
]:
    numpy.save(os.path.join(directory, name + ".npy"), numpy.ascontiguousarray(array))
