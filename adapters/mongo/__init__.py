"""The stores in MongoDB: catalogue, stock, keys, the event log and the views of orders."""
