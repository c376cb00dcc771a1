import pytest
from tests.postgres.deploying import Shop


@pytest.fixture
def shop(tmp_path, every_server, database):
    shop = Shop(tmp_path, database.dsn)
    yield shop
    shop.close()
