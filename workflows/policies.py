"""Task queues, timeouts and retry policies, each with its reason."""

from datetime import timedelta

from temporalio.common import RetryPolicy

ORDERS_QUEUE = "orders"
PAYMENTS_QUEUE = "payments"
DELIVERY_QUEUE = "delivery"
INVOICING_QUEUE = "invoicing"
NOTIFICATIONS_QUEUE = "notifications"
SCHEDULES_QUEUE = "schedules"

LOCAL_CALL = timedelta(milliseconds=1500)
LOCAL_RETRY = RetryPolicy(
    initial_interval=timedelta(milliseconds=100), backoff_coefficient=2, maximum_attempts=3
)
"""Rides out a write conflict or a dropped connection, for five seconds at the most.

A local activity holds its workflow task open, and one that keeps retrying fills the history. The
attempts are counted because the schedule-to-close timeout alone did not end the retries (tried).
"""

LOCAL_MAIL_RETRY = RetryPolicy(maximum_attempts=1)
"""A slow mail relay must not delay the order; the remote activity has all the time it needs."""

UNTIL_DONE = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    maximum_interval=timedelta(minutes=2),
    backoff_coefficient=2,
)
"""No limit: money, stock and events are owed until done. Two minutes bound the wait afterwards."""

ONE_CALL = timedelta(seconds=30)
"""One attempt at a service: above each adapter's own timeouts, below anybody's patience."""

BOOKING_CALL = timedelta(seconds=90)
"""Booking makes up to ten calls to the courier when the first couriers refuse."""

PAYMENT_GRACE = timedelta(minutes=12)
"""Razorpay settles a silent attempt within about ten minutes (late authorisation)."""

MOST_GRACES = 5
"""An attempt still open after this hour keeps no stock: its money comes late, or never."""

MOST_LATE_LOOKS = 3
"""Razorpay voids what nobody captures within five days; three late windows are longer than that."""

LEAST_LATE_PAUSE = timedelta(seconds=30)
"""Between two late looks, however short the window for late payments is set."""

PARCEL_SILENCE = timedelta(days=2)
"""Courier webhooks are hints: after this long without an end, the courier is asked."""

SILENT_LOOKS = 3
"""After this many looks without a change a person has to find out where the parcel is."""

REFUND_SILENCE = timedelta(hours=12)
"""A pending refund whose webhook does not come is asked for."""

REMITTANCE_POLL = timedelta(days=1)
"""COD money arrives eight days after delivery; there is no webhook for it."""

REMITTANCE_OVERDUE = timedelta(days=14)
"""Eight days are usual; after two weeks a person asks for it."""

REMITTANCE_PATIENCE = timedelta(days=7)
"""For so long the courier is given to pay the rest after ops decided to wait for it."""

ATTENTION_REMINDER = timedelta(days=1)
"""An attention that nobody answers is raised again each day."""

HOLD_AGE = timedelta(days=1)
"""Only the workflow releases a hold; one that is this old is asked about."""

SWEEP = timedelta(minutes=10)
"""One round of housekeeping looks at a few hundred orders, each with a query of up to 3 seconds."""

LAST_CALL = timedelta(seconds=1)
"""Between the last effect and the end of the run; parts them into two workflow tasks."""

QUESTION = timedelta(minutes=5)
"""What the providers are asked on a schedule is asked again by the next round."""

A_FEW_TIMES = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_attempts=4
)
"""For such questions: rides out a bad moment, not an outage."""

WATCH_BEGINS_WITHIN = timedelta(days=1)
"""The first round takes up orders whose money could still come this long ago."""
