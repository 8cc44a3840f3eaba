"""Products."""

from collections import Counter
from collections.abc import Sequence

from fastapi import APIRouter

from api.dependencies import Dependencies, Deps
from api.problems.catalogue import NOT_FOUND, SERVICE_UNAVAILABLE
from api.problems.openapi import problems
from api.problems.problem import Problem
from api.schemas.catalogue import ProductBody, ProductList
from domain.catalogue import Product, indian_day

router = APIRouter(tags=["catalogue"])


@router.get("/products", responses=problems(SERVICE_UNAVAILABLE))
async def list_products(deps: Deps) -> ProductList:
    """List everything on sale, with the units that can be ordered now."""
    products = await deps.catalogue.products()
    return ProductList(products=await _with_stock(deps, products))


@router.get("/products/{sku}", responses=problems(NOT_FOUND, SERVICE_UNAVAILABLE))
async def get_product(sku: str, deps: Deps) -> ProductBody:
    """Show one product."""
    found = (await deps.catalogue.snapshot([sku], None)).products
    if not found:
        raise Problem(NOT_FOUND, "there is no such product: take SKUs from GET /products")
    return (await _with_stock(deps, found))[0]


async def _with_stock(deps: Dependencies, products: Sequence[Product]) -> list[ProductBody]:
    available: Counter[str] = Counter()
    for level in await deps.catalogue.stock([product.sku for product in products]):
        available[level.sku] += level.available
    today = indian_day(deps.clock.now())
    return [ProductBody.of(product.as_of(today), available[product.sku]) for product in products]
