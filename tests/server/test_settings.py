"""Settings as clients send them: nested, snake_case or camelCase, and whatever else."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_slm.errors import SettingsError
from python_slm.settings import CompletionSettings, ModelSettings, Settings

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=12,
)
names = [field.name for kind in (Settings, ModelSettings, CompletionSettings) for field in dataclasses.fields(kind)]
plausible = st.dictionaries(
    st.sampled_from(["model", "completion"]),
    st.dictionaries(st.sampled_from(names), json_values, max_size=4) | json_values,
)
valid = st.fixed_dictionaries(
    {},
    optional={
        "model": st.fixed_dictionaries(
            {},
            optional={
                "path": st.text(max_size=9),
                "device": st.sampled_from(["auto", "cpu", "cuda"]),
                "threads": st.integers(0, 512),
            },
        ),
        "completion": st.fixed_dictionaries(
            {},
            optional={
                "enable": st.booleans(),
                "deadline_ms": st.integers(1, 10**6),
                "prompt_tokens": st.integers(16, 10**6),
                "max_new_tokens": st.integers(1, 10**6),
                "multiline": st.booleans(),
                "suggestions": st.integers(1, 99),
                "temperature": st.integers(0, 3) | st.floats(0, 3),
            },
        ),
    },
)


def camel(values: Any) -> Any:
    """The same settings as an editor spells them."""
    if not isinstance(values, dict):
        return values
    return {re.sub("_([a-z])", lambda match: match[1].upper(), key): camel(value) for key, value in values.items()}


@given(json_values | plausible)
def test_anything_at_all_gives_settings_or_a_settings_error(values: object) -> None:
    try:
        settings = Settings.from_dict(values)
    except SettingsError as error:
        assert str(error)  # noqa: PT017 - either outcome is fine, a third is not
    else:
        assert Settings.from_dict(dataclasses.asdict(settings)) == settings


@given(valid)
def test_valid_settings_are_taken_over_and_the_rest_keeps_its_defaults(values: dict[str, dict[str, Any]]) -> None:
    expected = dataclasses.asdict(Settings())
    for section, entries in values.items():
        expected[section] |= entries
    assert dataclasses.asdict(Settings.from_dict(values)) == expected


@given(valid)
def test_camel_case_means_the_same(values: dict[str, dict[str, Any]]) -> None:
    assert Settings.from_dict(camel(values)) == Settings.from_dict(values)


GROUPS = "completion, context, diagnostics, history, model, project, trace"


@pytest.mark.parametrize("values", [None, {}, {"model": None}, {"completion": {}}])
def test_nothing_said_is_the_defaults(values: object) -> None:
    assert Settings.from_dict(values) == Settings()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "settings: expected an object, got list"),
        ({"model": 3}, "model: expected an object, got int"),
        ({"modle": {}}, f"modle: no such setting; known here: {GROUPS}"),
        ({"model": {"thread": 1}}, "model.thread: no such setting; known here: device, path, threads"),
        ({"model": {"threads": True}}, "model.threads: expected int, got True"),
        ({"model": {"threads": -1}}, "model.threads: -1 is below the minimum, 0"),
        ({"model": {"device": "gpu"}}, "model.device: 'gpu' is not one of 'auto', 'cpu', 'cuda'"),
        ({"completion": {"deadlineMs": "9"}}, "completion.deadline_ms: expected int, got '9'"),
        ({"completion": {"promptTokens": 15}}, "completion.prompt_tokens: 15 is below the minimum, 16"),
        ({"completion": {"enable": 1}}, "completion.enable: expected bool, got 1"),
        ({"completion": {"temperature": -0.5}}, "completion.temperature: -0.5 is below the minimum, 0"),
        ({"completion": {"temperature": float("nan")}}, "completion.temperature: expected a finite number, got nan"),
    ],
)
def test_an_error_says_what_where_and_the_way_out(values: object, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_dict(values)
    assert str(caught.value) == message


def test_severities_are_an_object_of_known_words() -> None:
    settings = Settings.from_dict({"diagnostics": {"severity": {"F401": "hint"}}})
    assert settings.diagnostics.severity == {"F401": "hint"}
    with pytest.raises(SettingsError, match=r"severity\.F401: 'loud' is not one of 'error'"):
        Settings.from_dict({"diagnostics": {"severity": {"F401": "loud"}}})
    with pytest.raises(SettingsError, match="expected an object"):
        Settings.from_dict({"diagnostics": {"severity": "hint"}})
