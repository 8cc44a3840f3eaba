"""Every store's fake under one roof."""

from tests.fakes.documents import FakeDocumentRegister
from tests.fakes.keys import FakeCheckouts, FakeOrderArchive, FakePaymentRefs, FakeSentMail
from tests.fakes.stock import FakeCatalogue, FakeCoupons, FakeInventory, Shop
from tests.fakes.views import FakeEventLog, FakeOrderHeads, FakeOrderViews

__all__ = [
    "FakeCatalogue",
    "FakeCheckouts",
    "FakeCoupons",
    "FakeDocumentRegister",
    "FakeEventLog",
    "FakeInventory",
    "FakeOrderArchive",
    "FakeOrderHeads",
    "FakeOrderViews",
    "FakePaymentRefs",
    "FakeSentMail",
    "Shop",
]
