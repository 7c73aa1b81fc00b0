"""What every end-to-end test may ask for."""

import pytest

from lab import Lab, need_root


@pytest.fixture
def lab(tmp_path):
    """A laboratory of network namespaces, removed with all that runs in it at the end."""
    need_root()
    lab = Lab(tmp_path)
    yield lab
    lab.close()
