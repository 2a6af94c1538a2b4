"""When a fit has arrived, and how far it may go: the same for the batched engine and the compiled one."""

from __future__ import annotations

PATIENCE = 12  # iterations of a whole batch; who needs more goes on with the stragglers of all batches
MAX_ITERATIONS = 120
TOLERANCE = 1e-9  # predicted relative fall of chi-square at which a fit has arrived
ROUGH = 1e-6  # the same for fits that only lead to others, or are only compared with them
MAX_STEP = 0.5  # a center or a width moves by at most this part of the width, a form by this
ROUNDING = 1e-14  # fall of chi-square, in parts of the data's sum of squares, that is rounding
ALIKE = 1e-5  # relative difference of chi-square below which two ends are one minimum
MAX_DAMPING = 1e9
SUSPECT_SNR2 = 25.0  # (height / standard error)^2 below which a second start is tried
