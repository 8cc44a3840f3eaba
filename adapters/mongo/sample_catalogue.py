"""The shop that development, demo and tests begin with.

Rates are those since 22 September 2025; two products show what they bore before. `SAREE-KAN-MAR`
lies in Bengaluru alone and `QUILT-JPR-D` everywhere but there, so a cart with both needs two
warehouses.
"""

from datetime import date
from typing import Final

from domain.catalogue import Coupon, Product, StockLevel, TaxChange, Warehouse

GST_2_0: Final = date(2025, 9, 22)
"""Rates of 12 and 28 % ended: most became 5 and 18 %, some 0 or 40 % (56th GST Council)."""

WAREHOUSES: Final = (
    Warehouse(
        code="PNQ",
        name="Pune Fulfilment Centre",
        gstin="27AAKCR4821M1ZX",
        address="Gate 4, Logistics Park, Chakan Road",
        city="Pune",
        state="Maharashtra",
        pincode="411001",
        pickup_location="Pune",
    ),
    Warehouse(
        code="BLR",
        name="Bengaluru Fulfilment Centre",
        gstin="29AAKCR4821M1ZT",
        address="12, Industrial Layout, Old Madras Road",
        city="Bengaluru",
        state="Karnataka",
        pincode="560001",
        pickup_location="Bengaluru",
    ),
    Warehouse(
        code="DEL",
        name="Delhi Fulfilment Centre",
        gstin="07AAKCR4821M1ZZ",
        address="Plot 88, Okhla Phase II",
        city="New Delhi",
        state="Delhi",
        pincode="110001",
        pickup_location="Delhi",
    ),
)
"""The first one supplies the tax split of a quote until the lines are allocated."""

PRODUCTS: Final = (
    Product(
        sku="BOTTLE-CU-1L",
        name="Copper water bottle, 1 litre",
        price_paise=899_00,
        gst_rate=12,
        hsn="741810",
        weight_g=320,
        description="Hammered pure copper with a leak-proof lid.",
        tax_changes=(TaxChange(valid_from=GST_2_0, gst_rate=5, hsn="741810"),),
    ),
    Product(
        sku="COFFEE-FIL-500",
        name="Filter coffee, 80:20, 500 g",
        price_paise=449_00,
        gst_rate=5,
        hsn="090121",
        weight_g=540,
        description="Chikmagalur arabica and robusta with chicory, medium roast.",
    ),
    Product(
        sku="COOKER-SS-5L",
        name="Stainless steel pressure cooker, 5 litres",
        price_paise=2_799_00,
        gst_rate=5,
        hsn="732393",
        weight_g=2_900,
        description="Outer lid, induction base, spare gasket.",
    ),
    Product(
        sku="EARBUD-ANC-WHT",
        name="Wireless earbuds with noise cancelling, white",
        price_paise=3_499_00,
        gst_rate=18,
        hsn="851830",
        weight_g=180,
        description="32 hours with the case, USB-C.",
    ),
    Product(
        sku="KURTA-LIN-M",
        name="Linen kurta, indigo, M",
        price_paise=1_499_00,
        gst_rate=5,
        hsn="620590",
        weight_g=290,
        description="Mandarin collar, side pockets.",
    ),
    Product(
        sku="LAMP-DESK-LED",
        name="LED desk lamp, dimmable",
        price_paise=1_899_00,
        gst_rate=18,
        hsn="940521",
        weight_g=1_150,
        description="Three colour temperatures, USB port in the foot.",
    ),
    Product(
        sku="MAT-YOGA-6",
        name="Yoga mat, 6 mm, sea green",
        price_paise=1_199_00,
        gst_rate=5,
        hsn="950691",
        weight_g=1_050,
        description="Natural rubber with a cotton strap.",
    ),
    Product(
        sku="NOTEBOOK-A5-3",
        name="Exercise notebooks, A5, pack of three",
        price_paise=299_00,
        gst_rate=12,
        hsn="482020",
        weight_g=480,
        description="Ruled, 160 pages each, recycled paper.",
        tax_changes=(TaxChange(valid_from=GST_2_0, gst_rate=0, hsn="482020"),),
    ),
    Product(
        sku="QUILT-JPR-D",
        name="Jaipuri quilt, hand block print, double",
        price_paise=2_499_00,
        gst_rate=5,
        hsn="940440",
        weight_g=1_600,
        description="Cotton voile, reversible.",
    ),
    Product(
        sku="SAREE-KAN-MAR",
        name="Kanjivaram silk saree, maroon",
        price_paise=8_999_00,
        gst_rate=5,
        hsn="500720",
        weight_g=750,
        description="Handwoven, with blouse piece.",
    ),
    Product(
        sku="SNEAKER-RUN-9",
        name="Running shoes, grey, UK 9",
        price_paise=3_999_00,
        gst_rate=18,
        hsn="640411",
        weight_g=780,
        description="Knit upper, 8 mm drop.",
    ),
    Product(
        sku="TEE-BLK-M",
        name="Cotton T-shirt, black, M",
        price_paise=599_00,
        gst_rate=5,
        hsn="610910",
        weight_g=180,
        description="180 gsm combed cotton, regular fit.",
    ),
)

_UNITS: Final = 5_000
_ONLY_IN: Final = {"SAREE-KAN-MAR": ("BLR",), "QUILT-JPR-D": ("PNQ", "DEL")}

STOCK: Final = tuple(
    StockLevel(sku=product.sku, warehouse=warehouse.code, available=_UNITS)
    for product in PRODUCTS
    for warehouse in WAREHOUSES
    if warehouse.code in _ONLY_IN.get(product.sku, (warehouse.code,))
)
"""What the warehouses are first filled with."""

COUPONS: Final = (
    Coupon(
        code="WELCOME10",
        percent_off=10,
        valid_from=date(2025, 1, 1),
        valid_until=date(2035, 12, 31),
        budget_paise=50_000_00,
    ),
    Coupon(
        code="EXPIRED10",
        percent_off=10,
        valid_from=date(2024, 1, 1),
        valid_until=date(2024, 12, 31),
        budget_paise=50_000_00,
    ),
    Coupon(
        code="USEDUP10",
        percent_off=10,
        valid_from=date(2025, 1, 1),
        valid_until=date(2035, 12, 31),
        budget_paise=1_000_00,
        granted_paise=1_000_00,
    ),
)
