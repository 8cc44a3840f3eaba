import re

import pytest

from domain import errors
from domain.errors import (
    REFUSALS,
    CommandRefused,
    FieldError,
    InvalidCart,
    OrderError,
    OutOfStock,
    ServiceUnavailable,
)

REFUSAL_CLASSES = OrderError.__subclasses__()
FAILURE_CLASSES = ServiceUnavailable.__subclasses__()


def test_a_refusal_is_never_a_failure_and_both_stand_in_the_tree() -> None:
    tree = set(re.findall(r"^[├└]── (\w+)", errors.__doc__ or "", flags=re.MULTILINE))
    named = {cls.__name__ for cls in [*REFUSAL_CLASSES, *FAILURE_CLASSES]}
    assert tree == named
    assert not set(REFUSAL_CLASSES) & set(FAILURE_CLASSES)


@pytest.mark.parametrize("cls", REFUSAL_CLASSES, ids=lambda cls: cls.__name__)
def test_every_refusal_is_known_by_its_class_name(cls: type[OrderError]) -> None:
    assert cls.__name__ in REFUSALS


@pytest.mark.parametrize("cls", FAILURE_CLASSES, ids=lambda cls: cls.__name__)
def test_a_failure_is_never_mistaken_for_a_refusal(cls: type[ServiceUnavailable]) -> None:
    assert cls.__name__ not in REFUSALS


def test_a_refusal_speaks_to_the_person_who_caused_it() -> None:
    assert str(OutOfStock(["TEE", "MUG"])) == "out of stock: TEE, MUG"
    wrong = [FieldError(field="items", message="the cart is empty", remedy="send one")]
    assert str(InvalidCart(wrong)) == "items: the cart is empty"
    assert InvalidCart(wrong).errors == tuple(wrong)


def test_a_refused_command_keeps_the_kind_of_refusal_beside_its_reason() -> None:
    refused = CommandRefused("ShipmentTooLate", "the courier has it")
    assert (refused.type, str(refused)) == ("ShipmentTooLate", "the courier has it")
