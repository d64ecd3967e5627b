"""The citizen's way: a town's public page, the payment page, its result and the receipt."""
