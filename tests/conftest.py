"""What tests share: one browser for the built pages, one thread for sums, two devices for JAX."""

import os

import chromium
import pytest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small arrays only wait for other threads
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"  # JAX reads it at its import


@pytest.fixture(scope="session")
def browser():
    if chromium.PROGRAM is None:
        stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        stop(f"{chromium.MISSING} to open the pages")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = chromium.launch(playwright)
        yield started
        started.close()
