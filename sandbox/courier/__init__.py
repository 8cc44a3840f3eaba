"""A faithful Shiprocket: the courier aggregator as the order service sees it over HTTP.

Served under `/v1/external`:

- auth: login, logout; account/details/wallet-balance; settings/company: pickup, addpickup
  (pickup locations `Pune`, `Bengaluru` and `Delhi` are there from the start);
- orders: create/adhoc, create/return, list, show, cancel, cancel/shipment/awbs, address/update,
  address/pickup, print/invoice;
- courier: serviceability, assign/awb, generate/pickup, generate/label, generate/label-invoice,
  track by AWB, by many AWBs, by shipment, by the seller's order id;
- manifests: generate, print; shipments/create: forward-shipment, return-shipment;
- ndr: all, one, action.

How it is driven: `routes.control` (scripts, single steps, switches), `sandbox.control` (faults,
clock, evidence), and the page at `/`. Who goes where: `network`. What happens: `movement.journeys`.

Where the provider's documents are silent, this is our reading:

- a cancelled AWB cancels its order too, and the freight comes back to the wallet;
- an order that has been picked up is not cancelled (400); its AWB's cancellation turns it home;
- the way home costs the freight once more;
- a webhook that was not answered with 200 is tried again until newer news replaces it.
"""
