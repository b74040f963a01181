"""A Qt binding that drops references to None is found by trying, and the reader is warned."""

from __future__ import annotations

import pytest

pytestmark = [
    pytest.mark.qt,
    # napari 0.9 declares its models in a way that pydantic has deprecated, on import only.
    pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated"),
]


def test_a_binding_that_uses_up_none_is_told_apart_and_warned_of(monkeypatch):
    from napari_medseg.panels import binding

    said, counts = [], iter([1000, 1000 - 100, 1000, 1000 + 3])
    monkeypatch.setattr(binding, "show_warning", said.append)
    monkeypatch.setattr(binding.sys, "getrefcount", lambda _nothing: next(counts))
    binding.warn_of_leaking_binding()
    assert len(said) == 1
    assert "save often" in said[0]
    binding.warn_of_leaking_binding()
    assert len(said) == 1
