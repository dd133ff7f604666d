"""What several rooms of the tests share: the backends, and a clean slate of process-wide defaults."""

from __future__ import annotations

import signal

import hypothesis
import pytest

import tinygraph as tg
from tinygraph import backends, defaults

# Shapes and graphs are drawn the same way in every run, so that a red test stays red; compiling is slow
# enough on a busy machine to trip hypothesis' deadline, which is a timing assertion.
hypothesis.settings.register_profile("tinygraph", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("tinygraph")


@pytest.fixture(scope="session", params=list(backends.BACKENDS))
def backend(request):
    """Each backend in turn; one that cannot be used here is skipped, and the report says why."""
    device = next(device for device in tg.devices() if device.backend == request.param)
    if not device.usable:
        pytest.skip(device.detail)
    return backends.get(request.param)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """Machine code is kept in a folder of this run, not in the user's."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c():
    """Ctrl-C interrupts; what a shell has started in the background would ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def _same_defaults(monkeypatch):
    """A test that sets the float type or the seed leaves no trace."""
    monkeypatch.setattr(defaults, "_floatx", defaults._floatx)
    monkeypatch.setattr(defaults, "_seed", defaults._seed)
    monkeypatch.setattr(defaults, "_draws", defaults._draws)
