"""Behind this door: array libraries, memory, speed and bad input. No score or loss is defined here.

`arrange` checks what comes and brings it into one layout: samples, classes, pixels. Of that
`Pair`, `add_pixels` adds what a formula gives for the pixels, piece by piece, and `each_pixel`
keeps it for every pixel; `add_counts` adds what a formula gives for the counts of two class maps.
A formula takes the prediction, the masks or probabilities of the target, and which pixels count,
all of one piece; at a pixel that does not count the first two are 0. It need not know how the
pieces are cut: NumPy's stay in the cache, PyTorch forgets what is between a piece and its sums
and finds it anew for the derivative, Dask's are its chunks. `arrays` has what libraries spell
differently, `checks` the errors.
"""

from dice.engine.counts import add_counts as add_counts
from dice.engine.counts import count_objects as count_objects
from dice.engine.counts import count_pairs as count_pairs
from dice.engine.layout import Pair as Pair
from dice.engine.layout import arrange as arrange
from dice.engine.pieces import add_pixels as add_pixels
from dice.engine.pieces import each_pixel as each_pixel
