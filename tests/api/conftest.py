import pytest

from tests.api.shop import ShopFront


@pytest.fixture
def front() -> ShopFront:
    return ShopFront()
