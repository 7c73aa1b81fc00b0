"""What every end-to-end test may ask for."""

import os

import pytest

from lab import Lab, need_root


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes so long that only DDUMP_LONG=1 runs it")


def pytest_collection_modifyitems(config, items):
    # the longest waits begin first: at the end nobody is left alone with one
    items.sort(key=lambda item: "test_worker_patience" not in item.nodeid)
    if os.environ.get("DDUMP_LONG") == "1":
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture
def lab(tmp_path):
    """A laboratory of network namespaces, removed with all that runs in it at the end."""
    need_root()
    lab = Lab(tmp_path)
    yield lab
    lab.close()
