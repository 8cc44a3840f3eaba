"""What a sandbox finds again in a data file, also in one that an older sandbox wrote."""

from pathlib import Path

from sandbox.documents import DocumentStore
from sandbox.razorpay.balance import Adjustment
from sandbox.razorpay.ledger import Ledger

OLD_DISPUTE = {
    "id": "disp_00000000000000",
    "amount": 1_000,
    "currency": "INR",
    "payment_id": "pay_00000000000000",
    "created_at": 1_790_000_000,
    "respond_by": 1_790_600_000,
    "closed_at": None,
}


def test_what_an_older_sandbox_kept_and_this_one_does_not_is_left(tmp_path: Path) -> None:
    store = DocumentStore(tmp_path / "old.sqlite")
    store.put("dispute", "disp_00000000000000", OLD_DISPUTE)
    store.close()

    ledger = Ledger(DocumentStore(tmp_path / "old.sqlite"))

    dispute = ledger.dispute("disp_00000000000000")
    assert (dispute.amount, dispute.status, dispute.deducted) == (1_000, "open", 0)
    ledger.close()


def test_adjustments_are_known_again(tmp_path: Path) -> None:
    ledger = Ledger(DocumentStore(tmp_path / "new.sqlite"))
    adjustment = Adjustment(
        id="adj_00000000000000",
        amount=-1_000,
        currency="INR",
        created_at=1_790_000_000,
        description="Dispute lost",
        dispute_id="disp_00000000000000",
    )
    ledger.save(adjustment)
    ledger.close()

    again = Ledger(DocumentStore(tmp_path / "new.sqlite"))

    assert again.adjustments == {adjustment.id: adjustment}
    again.close()
