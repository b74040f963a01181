"""ITK's MorphologicalContourInterpolator in a process of its own, asked through its pipes.

It ends the process at exit where numba and edt are loaded too, and it needs packages that medseg
does not: run it with a Python that has `itk` and `itk-morphologicalcontourinterpolation`.

Each line read is a request as JSON: {"load": path of an .npz with masks}, {"fill": name} or
{"save": path}; each line written is the answer: {"seconds": ..., "busy": ...}, by the clock and
in processor time of all its threads.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np


def main() -> None:
    """Answer requests until the pipe closes."""
    masks: dict[str, Any] = {}
    filled: dict[str, Any] = {}
    for line in sys.stdin:
        request = json.loads(line)
        seconds = busy = 0.0
        if "load" in request:
            with np.load(request["load"]) as archive:
                masks = {name: archive[name] for name in archive.files}
            fill(next(iter(masks.values())))  # ITK loads its wrapping on the first call
        elif "fill" in request:
            filled[request["fill"]], seconds, busy = fill(masks[request["fill"]])
        else:
            np.savez_compressed(request["save"], **filled)
        print(json.dumps({"seconds": seconds, "busy": busy}), flush=True)


def fill(mask: Any) -> tuple[Any, float, float]:
    """The mask filled between its slices, and what the filter alone took: clock, processor."""
    import itk  # noqa: PLC0415 - only where this process runs

    image = itk.image_from_array(np.ascontiguousarray(mask))
    start, begun = time.perf_counter(), time.process_time()
    interpolator = itk.MorphologicalContourInterpolator.New(image)
    interpolator.SetAxis(2)  # ITK counts axes from the columns
    interpolator.Update()
    seconds, busy = time.perf_counter() - start, time.process_time() - begun
    return itk.array_from_image(interpolator.GetOutput()), seconds, busy


if __name__ == "__main__":
    main()
