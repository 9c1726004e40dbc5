"""A small calibration of bug findings."""

from __future__ import annotations

from python_slm.bugs.calibration import Calibration, KindCalibration, Linear


def tiny_calibration(number: str, *kinds: str, on: bool = True, threshold: float = 0.5) -> Calibration:
    """One that goes by one number alone: 0.9 where it is 1 or more, 0.1 where it is 0 or less."""
    linear = Linear({number: (0.5, 0.5, 4.0)}, 0.0)
    kind = KindCalibration(linear, linear, ((-4.0, 0.1), (4.0, 0.9)), threshold, on)
    return Calibration(dict.fromkeys(kinds, kind), {"pairs": 3, "fitted_on": 2})
