"""Settings as clients list them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from python_slm.cli import main
from python_slm.errors import SettingsError
from python_slm.settings import Settings
from python_slm.settings_schema import configuration, settings


def nested(name: str, value: object) -> object:
    for part in reversed(name.split(".")):
        value = {part: value}
    return value


@pytest.mark.parametrize("setting", list(settings()), ids=lambda one: one.name)
def test_every_setting_is_described_and_takes_its_default(setting: Any) -> None:
    assert setting.description.endswith((".", ")"))
    assert Settings.from_dict(nested(setting.name, setting.schema["default"])) == Settings()


@pytest.mark.parametrize("setting", [one for one in settings() if "minimum" in one.schema], ids=lambda one: one.name)
def test_the_minimum_that_clients_know_is_the_one_that_holds(setting: Any) -> None:
    Settings.from_dict(nested(setting.name, setting.schema["minimum"]))
    with pytest.raises(SettingsError, match="below the minimum"):
        Settings.from_dict(nested(setting.name, setting.schema["minimum"] - 1))


def test_an_extension_contributes_them_under_our_name() -> None:
    found = configuration()["python-slm.completion.eagerness"]
    assert found["enum"] == ["quiet", "balanced", "eager"]
    assert found["markdownDescription"].startswith("How likely it must be")


def test_the_command_finds_settings_by_word() -> None:
    done = CliRunner().invoke(main, ["settings", "deadline"])
    assert done.exit_code == 0
    assert "completion.deadlineMs: integer = 750" in done.output
    assert "temperature" not in done.output


def test_the_command_prints_what_an_extension_contributes() -> None:
    done = CliRunner().invoke(main, ["settings", "--format", "vscode"])
    assert json.loads(done.output) == configuration()
