"""Panoptica in a process of its own, asked through its pipes: it pins numpy below 2.3.

It computes of each pair what medseg does. Each line read is the path of an .npz with the masks `a`
(the reference) and `b`, or empty to evaluate them once more; each line written is the answer as
JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

SPACING_MM = (2.5, 0.7, 0.7)


def main() -> None:
    """Answer until the pipe closes."""
    from panoptica import (  # noqa: PLC0415 - only where this process runs
        ConnectedComponentsInstanceApproximator,
        InputType,
        Metric,
        NaiveThresholdMatching,
        Panoptica_Evaluator,
        disable_citation_reminder,
    )

    answers, sys.stdout = sys.stdout, sys.stderr  # it talks on the standard output
    disable_citation_reminder()
    evaluator = Panoptica_Evaluator(
        expected_input=InputType.SEMANTIC,
        instance_approximator=ConnectedComponentsInstanceApproximator(),
        instance_matcher=NaiveThresholdMatching(matching_threshold=0.1),
        instance_metrics=[
            Metric[name] for name in ("DSC", "IOU", "ASSD", "HD", "HD95", "NSD", "RVD")
        ],
    )
    masks: dict[str, Any] = {}
    for line in sys.stdin:
        if line.strip():
            with np.load(line.strip()) as archive:
                masks = {name: archive[name].astype(np.uint8) for name in "ab"}
            answer = {}
        else:
            found = evaluator.evaluate(masks["b"], masks["a"], voxelspacing=SPACING_MM)["ungrouped"]
            answer = {name: float(getattr(found, name)) for name in ("tp", "fp", "fn", "sq", "pq")}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
